/** A grey picture at one size, and its places that tell a motion: where it changes from pixel to pixel. */

/** Blocks along each side: each gives the same number of places at most, so that one rich spot does not outweigh the rest. */
const COLUMNS = 10;
const ROWS = 6;
/** Squared change, grey levels a pixel, below which a place tells nothing but noise … */
const LEAST_CHANGE = 0.5 ** 2;
/** … or which is this much less than the greatest of its block. */
const PART_OF_GREATEST = 0.25;
/** No block has more of a say than this share of all: one rich spot may be an object that moves by itself. */
const MOST_OF_ALL = 0.05;

/** Of a sum of 16 parts of 4 bytes each. */
const SMOOTHED = 1 / 64;

/** Places of a level whose blocks give so many. */
export function placesOf(mostInBlock: number): number {
  return COLUMNS * ROWS * mostInBlock;
}

export class Level {
  readonly width: number;
  readonly height: number;
  readonly grey: Float32Array;
  readonly #sums: Uint16Array;
  /** Squared change of each pixel, (grey levels a pixel)². */
  readonly #changes: Float32Array;
  readonly #mostInBlock: number;
  /** How many places there are; then, for each of them: where, the change along x and y, and its value. */
  count = 0;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly changeX: Float32Array;
  readonly changeY: Float32Array;
  readonly value: Float32Array;
  /** How much it counts, up to 1. */
  readonly weight: Float32Array;
  /** Of each block: its last place + 1, and all that it tells: the sum of squared changes. */
  readonly #ends = new Uint16Array(COLUMNS * ROWS);
  readonly #tells = new Float32Array(COLUMNS * ROWS);
  /** Mean size of the change at the places, grey levels a pixel. */
  meanChange = 0;

  /** @param mostInBlock places that a block gives at most */
  constructor(width: number, height: number, mostInBlock: number) {
    [this.width, this.height] = [width, height];
    this.#mostInBlock = mostInBlock;
    const places = () => new Float32Array(placesOf(mostInBlock));
    [this.x, this.y, this.changeX, this.changeY] = [places(), places(), places(), places()];
    [this.value, this.weight] = [places(), places()];
    this.grey = new Float32Array(width * height);
    this.#sums = new Uint16Array(width * height);
    this.#changes = new Float32Array(width * height);
  }

  /**
   * Takes in a picture twice as large, a little smoothed: between pixels it is then as good as linear. Sums of four bytes
   * are less coarse than one byte, whose steps would be taken for edges in a smooth sky.
   */
  load(picture: Uint8Array): void {
    const { width, height, grey } = this;
    const source = this.#sums;
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0, from = 4 * y * width; x < width; x++, from += 2) {
        const upper = (picture[from] ?? 0) + (picture[from + 1] ?? 0);
        source[at++] = upper + (picture[from + 2 * width] ?? 0) + (picture[from + 2 * width + 1] ?? 0);
      }
    }
    for (let y = 0; y < height; y++) {
      const up = y > 0 ? -width : 0;
      const down = y < height - 1 ? width : 0;
      const last = (y + 1) * width - 1;
      // Sums of a column of three, moved along the row.
      let here = column(source, y * width, up, down);
      let before = here;
      for (let at = y * width; at < last; at++) {
        const after = column(source, at + 1, up, down);
        grey[at] = ((before + (here << 1) + after) | 0) * SMOOTHED;
        before = here;
        here = after;
      }
      grey[last] = (before + 3 * here) * SMOOTHED;
    }
    this.#findPlaces();
  }

  /** Takes in the picture of a level twice as large. */
  halve({ grey: fine, width: fineWidth }: Level): void {
    const { width, height, grey } = this;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = 2 * y * fineWidth + 2 * x;
        const top = (fine[at] ?? 0) + (fine[at + 1] ?? 0);
        grey[y * width + x] = (top + (fine[at + fineWidth] ?? 0) + (fine[at + fineWidth + 1] ?? 0)) / 4;
      }
    }
    this.#findPlaces();
  }

  #findPlaces(): void {
    this.count = 0;
    const [stepX, stepY] = [(this.width - 4) / COLUMNS, (this.height - 4) / ROWS];
    for (let row = 0; row < ROWS; row++) {
      for (let column = 0; column < COLUMNS; column++) {
        const [left, right] = [2 + Math.floor(column * stepX), 2 + Math.floor((column + 1) * stepX)];
        const [top, bottom] = [2 + Math.floor(row * stepY), 2 + Math.floor((row + 1) * stepY)];
        this.#findIn(left, right, top, bottom);
        this.#ends[row * COLUMNS + column] = this.count;
      }
    }
    this.#weigh();
    let sum = 0;
    for (let k = 0; k < this.count; k++) sum += Math.sqrt((this.changeX[k] ?? 0) ** 2 + (this.changeY[k] ?? 0) ** 2);
    this.meanChange = this.count > 0 ? sum / this.count : 0;
  }

  #weigh(): void {
    const tells = this.#tells.fill(0);
    for (let block = 0, k = 0; block < tells.length; block++) {
      for (; k < (this.#ends[block] ?? 0); k++) {
        tells[block] = (tells[block] ?? 0) + (this.changeX[k] ?? 0) ** 2 + (this.changeY[k] ?? 0) ** 2;
      }
    }
    let most = Number.POSITIVE_INFINITY;
    // As the greatest are cut, so is the sum of all.
    for (let round = 0; round < 4; round++) {
      let all = 0;
      for (const one of tells) all += Math.min(one, most);
      most = MOST_OF_ALL * all;
    }
    let greatest = 0;
    for (const one of tells) if (one > 0) greatest = Math.max(greatest, Math.min(1, most / one));
    for (let block = 0, k = 0; block < tells.length; block++) {
      const weight = Math.min(1, most / (tells[block] ?? 0)) / greatest;
      for (; k < (this.#ends[block] ?? 0); k++) this.weight[k] = weight;
    }
  }

  #findIn(left: number, right: number, top: number, bottom: number): void {
    const { width } = this;
    const changes = this.#changes;
    const greatest = this.#change(left, right, top, bottom);
    const least = Math.max(LEAST_CHANGE, PART_OF_GREATEST * greatest);
    if (greatest < least) return;
    // Every so many-th: they are spread over the block.
    let more = this.#mostInBlock;
    for (let phase = 0; phase < 2; phase++) {
      for (let y = top; y < bottom && more > 0; y++) {
        const row = y * width;
        for (let x = left + ((y + phase) & 1); x < right && more > 0; x += 2) {
          if ((changes[row + x] ?? 0) < least) continue;
          this.#add(x, y);
          more--;
        }
      }
    }
  }

  /** Finds the squared changes of a block. @returns the greatest */
  #change(left: number, right: number, top: number, bottom: number): number {
    const { grey, width } = this;
    const changes = this.#changes;
    let greatest = 0;
    for (let y = top; y < bottom; y++) {
      const end = y * width + right;
      for (let at = y * width + left; at < end; at++) {
        const changeX = (grey[at + 1] ?? 0) - (grey[at - 1] ?? 0);
        const changeY = (grey[at + width] ?? 0) - (grey[at - width] ?? 0);
        const change = (changeX * changeX + changeY * changeY) / 4;
        changes[at] = change;
        if (change > greatest) greatest = change;
      }
    }
    return greatest;
  }

  #add(x: number, y: number): void {
    const at = y * this.width + x;
    const k = this.count++;
    this.x[k] = x;
    this.y[k] = y;
    this.changeX[k] = ((this.grey[at + 1] ?? 0) - (this.grey[at - 1] ?? 0)) / 2;
    this.changeY[k] = ((this.grey[at + this.width] ?? 0) - (this.grey[at - this.width] ?? 0)) / 2;
    this.value[k] = this.grey[at] ?? 0;
  }
}

/**
 * A pixel with those above and below, the middle one twice. Kept a whole number throughout, which takes a third of the time.
 * @param up, down to the pixels above and below, from there; 0 at the border
 */
function column(source: Uint16Array, at: number, up: number, down: number): number {
  return ((source[at + up] ?? 0) + ((source[at] ?? 0) << 1) + (source[at + down] ?? 0)) | 0;
}
