/** A grey picture at one size, and its places that tell a motion: where it changes from pixel to pixel. */

/** Blocks along each side: each gives up to so many places, so that one rich spot does not outweigh the rest. */
const COLUMNS = 10;
const ROWS = 6;
const MOST_IN_BLOCK = 16;
const PLACES = COLUMNS * ROWS * MOST_IN_BLOCK;
/** Squared change, grey levels a pixel, below which a place tells nothing but noise … */
const LEAST_CHANGE = 0.5 ** 2;
/** … or which is this much less than the greatest of its block. */
const PART_OF_GREATEST = 0.25;

export class Level {
  readonly width: number;
  readonly height: number;
  readonly grey: Float32Array;
  /** How many places there are; then, for each of them: where, the change along x and y, and its value. */
  count = 0;
  readonly x = new Float32Array(PLACES);
  readonly y = new Float32Array(PLACES);
  readonly changeX = new Float32Array(PLACES);
  readonly changeY = new Float32Array(PLACES);
  readonly value = new Float32Array(PLACES);
  /** Mean size of the change at the places, grey levels a pixel. */
  meanChange = 0;

  constructor(width: number, height: number) {
    [this.width, this.height] = [width, height];
    this.grey = new Float32Array(width * height);
  }

  /** Takes a picture in, a little smoothed: between pixels it is then as good as linear. */
  load(source: Uint8Array): void {
    const { width, height, grey } = this;
    for (let y = 0; y < height; y++) {
      const [up, row, down] = [Math.max(0, y - 1) * width, y * width, Math.min(height - 1, y + 1) * width];
      // Sums of a column of three, moved along the row.
      let before = column(source, up, row, down, 0);
      let here = before;
      for (let x = 0; x < width; x++) {
        const after = column(source, up, row, down, Math.min(width - 1, x + 1));
        grey[row + x] = (before + 2 * here + after) / 16;
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
      }
    }
    let sum = 0;
    for (let k = 0; k < this.count; k++) sum += Math.sqrt((this.changeX[k] ?? 0) ** 2 + (this.changeY[k] ?? 0) ** 2);
    this.meanChange = this.count > 0 ? sum / this.count : 0;
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
    const end = this.count + MOST_IN_BLOCK;
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

function column(source: Uint8Array, up: number, row: number, down: number, x: number): number {
  return (source[up + x] ?? 0) + 2 * (source[row + x] ?? 0) + (source[down + x] ?? 0);
}
