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

/** Places of a level whose blocks give so many. */
export function placesOf(mostInBlock: number): number {
  return COLUMNS * ROWS * mostInBlock;
}

export class Level {
  readonly width: number;
  readonly height: number;
  readonly grey: Float32Array;
  readonly #sums: Uint16Array;
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
      const [up, row, down] = [Math.max(0, y - 1) * width, y * width, Math.min(height - 1, y + 1) * width];
      // Sums of a column of three, moved along the row.
      let before = column(source, up, row, down, 0);
      let here = before;
      for (let x = 0; x < width; x++) {
        const after = column(source, up, row, down, Math.min(width - 1, x + 1));
        grey[row + x] = (before + 2 * here + after) / 64;
        before = here;
        here = after;
      }
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
    let greatest = 0;
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const change = this.#change(x, y);
        if (change > greatest) greatest = change;
      }
    }
    const least = Math.max(LEAST_CHANGE, PART_OF_GREATEST * greatest);
    if (greatest < least) return;
    // Every so many-th: they are spread over the block.
    const end = this.count + this.#mostInBlock;
    for (let phase = 0; phase < 2; phase++) {
      for (let y = top; y < bottom && this.count < end; y++) {
        for (let x = left + ((y + phase) % 2); x < right && this.count < end; x += 2) {
          if (this.#change(x, y) >= least) this.#add(x, y);
        }
      }
    }
  }

  #change(x: number, y: number): number {
    const at = y * this.width + x;
    const changeX = (this.grey[at + 1] ?? 0) - (this.grey[at - 1] ?? 0);
    const changeY = (this.grey[at + this.width] ?? 0) - (this.grey[at - this.width] ?? 0);
    return (changeX * changeX + changeY * changeY) / 4;
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

function column(source: Uint16Array, up: number, row: number, down: number, x: number): number {
  return (source[up + x] ?? 0) + 2 * (source[row + x] ?? 0) + (source[down + x] ?? 0);
}
