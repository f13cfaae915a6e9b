/** The discrete Fourier transform of small pictures whose sides are powers of two, 4 or more: in place, radix 2 (Cooley and Tukey 1965). */

/** Samples of one side, and what the transform along it needs. */
class Side {
  readonly length: number;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  /** Pairs, one after the other. */
  readonly #swaps: Uint8Array;

  constructor(length: number) {
    this.length = length;
    const angles = Array.from({ length: length / 2 }, (_, k) => (-2 * Math.PI * k) / length);
    this.#cos = Float64Array.from(angles, Math.cos);
    this.#sin = Float64Array.from(angles, Math.sin);
    this.#swaps = Uint8Array.from(swapsOf(length).flat());
  }

  /** Transforms the samples at `from`, `from + step`, … */
  run(re: Float64Array, im: Float64Array, from: number, step: number): void {
    for (let pair = 0; pair < this.#swaps.length; pair += 2) {
      const i = from + (this.#swaps[pair] ?? 0) * step;
      const j = from + (this.#swaps[pair + 1] ?? 0) * step;
      swap(re, i, j);
      swap(im, i, j);
    }
    this.#mergeFours(re, im, from, step);
    for (let half = 4; half < this.length; half *= 2) this.#merge(re, im, from, step, half);
  }

  /** The first two merges in one: they turn by quarters, which takes no multiplication. */
  #mergeFours(re: Float64Array, im: Float64Array, from: number, step: number): void {
    for (let a = from; a < from + this.length * step; a += 4 * step) {
      const b = a + step;
      const c = b + step;
      const d = c + step;
      const sumRe = (re[a] ?? 0) + (re[b] ?? 0);
      const sumIm = (im[a] ?? 0) + (im[b] ?? 0);
      const lessRe = (re[a] ?? 0) - (re[b] ?? 0);
      const lessIm = (im[a] ?? 0) - (im[b] ?? 0);
      const otherRe = (re[c] ?? 0) + (re[d] ?? 0);
      const otherIm = (im[c] ?? 0) + (im[d] ?? 0);
      const turnedRe = (im[c] ?? 0) - (im[d] ?? 0);
      const turnedIm = (re[d] ?? 0) - (re[c] ?? 0);
      re[a] = sumRe + otherRe;
      im[a] = sumIm + otherIm;
      re[b] = lessRe + turnedRe;
      im[b] = lessIm + turnedIm;
      re[c] = sumRe - otherRe;
      im[c] = sumIm - otherIm;
      re[d] = lessRe - turnedRe;
      im[d] = lessIm - turnedIm;
    }
  }

  #merge(re: Float64Array, im: Float64Array, from: number, step: number, half: number): void {
    const { length } = this;
    const cosines = this.#cos;
    const sines = this.#sin;
    const turn = length / (2 * half);
    for (let first = 0; first < length; first += 2 * half) {
      for (let k = 0; k < half; k++) {
        const cos = cosines[k * turn] ?? 1;
        const sin = sines[k * turn] ?? 0;
        const a = from + (first + k) * step;
        const b = a + half * step;
        const partRe = (re[b] ?? 0) * cos - (im[b] ?? 0) * sin;
        const partIm = (re[b] ?? 0) * sin + (im[b] ?? 0) * cos;
        re[b] = (re[a] ?? 0) - partRe;
        im[b] = (im[a] ?? 0) - partIm;
        re[a] = (re[a] ?? 0) + partRe;
        im[a] = (im[a] ?? 0) + partIm;
      }
    }
  }
}

export class Fourier {
  readonly #rows: Side;
  readonly #columns: Side;

  /** @param width, height powers of two, 4 or more */
  constructor(width: number, height: number) {
    this.#rows = new Side(width);
    this.#columns = new Side(height);
  }

  /** @param re, im the samples row by row; replaced by their spectrum */
  transform(re: Float64Array, im: Float64Array): void {
    const [width, height] = [this.#rows.length, this.#columns.length];
    for (let y = 0; y < height; y++) this.#rows.run(re, im, y * width, 1);
    for (let x = 0; x < width; x++) this.#columns.run(re, im, x, width);
  }
}

function swap(values: Float64Array, i: number, j: number): void {
  const first = values[i] ?? 0;
  values[i] = values[j] ?? 0;
  values[j] = first;
}

/** Pairs of places that change places before the first merge: those whose bits are in reverse order. */
function swapsOf(length: number): [number, number][] {
  const bits = Math.log2(length);
  const reversed = (i: number) => {
    let back = 0;
    for (let bit = 0; bit < bits; bit++) back |= ((i >> bit) & 1) << (bits - 1 - bit);
    return back;
  };
  return Array.from({ length }, (_, i): [number, number] => [i, reversed(i)]).filter(([i, j]) => i < j);
}
