/**
 * Shifts that may lead from one small grey picture to the next: phase correlation (Kuglin and Hines 1975). Finds shifts
 * of up to a third of the picture, whole pixels of a coarse grid; which of them is right is for others to judge.
 */
import { Fourier } from './fft.ts';
import type { Level } from './level.ts';

const WIDTH = 64;
const HEIGHT = 32;
/** The strongest peaks of the correlation that are looked into. */
const PEAKS = 3;
/** For each frequency the place of the opposite one. */
const OPPOSITE = Uint16Array.from({ length: WIDTH * HEIGHT }, (_, k) => {
  return ((HEIGHT - Math.floor(k / WIDTH)) % HEIGHT) * WIDTH + ((WIDTH - (k % WIDTH)) % WIDTH);
});

interface Shift {
  /** Shares of the width and of the height, + right and down. */
  readonly x: number;
  readonly y: number;
}

export class PhaseCorrelation {
  readonly #fourier = new Fourier(WIDTH, HEIGHT);
  readonly #window = hann();
  /** The first picture as real parts, the second as imaginary ones: one transform is enough for both. */
  readonly #re = new Float64Array(WIDTH * HEIGHT);
  readonly #im = new Float64Array(WIDTH * HEIGHT);
  readonly #crossRe = new Float64Array(WIDTH * HEIGHT);
  readonly #crossIm = new Float64Array(WIDTH * HEIGHT);

  /** @returns shifts from one picture to the other, the most likely first */
  shifts(from: Level, to: Level): Shift[] {
    this.#load(from, this.#re);
    this.#load(to, this.#im);
    this.#fourier.transform(this.#re, this.#im);
    this.#correlate();
    return this.#peaks();
  }

  /** The picture on the coarse grid, without its mean, faded out towards the edges. */
  #load({ grey, width, height }: Level, into: Float64Array): void {
    const stepX = width / WIDTH;
    const stepY = height / HEIGHT;
    let mean = 0;
    for (let y = 0; y < HEIGHT; y++) {
      const row = Math.floor((y + 0.5) * stepY) * width;
      for (let x = 0; x < WIDTH; x++) {
        const value = grey[row + Math.floor((x + 0.5) * stepX)] ?? 0;
        into[y * WIDTH + x] = value;
        mean += value / (WIDTH * HEIGHT);
      }
    }
    const fade = this.#window;
    for (let k = 0; k < WIDTH * HEIGHT; k++) into[k] = ((into[k] ?? 0) - mean) * (fade[k] ?? 0);
  }

  /** The phases alone of the cross spectrum, transformed back. */
  #correlate(): void {
    const sumsRe = this.#re;
    const sumsIm = this.#im;
    const intoRe = this.#crossRe;
    const intoIm = this.#crossIm;
    for (let k = 0; k < WIDTH * HEIGHT; k++) {
      // Of real pictures, the spectrum at the opposite frequency is the conjugate.
      const opposite = OPPOSITE[k] ?? 0;
      const sumRe = sumsRe[k] ?? 0;
      const sumIm = sumsIm[k] ?? 0;
      const otherRe = sumsRe[opposite] ?? 0;
      const otherIm = sumsIm[opposite] ?? 0;
      const lastRe = sumRe + otherRe;
      const lastIm = sumIm - otherIm;
      const re = sumIm + otherIm;
      const im = otherRe - sumRe;
      const crossRe = re * lastRe + im * lastIm;
      const crossIm = im * lastRe - re * lastIm;
      const size = Math.sqrt(crossRe * crossRe + crossIm * crossIm) + 1;
      intoRe[k] = crossRe / size;
      // The conjugate: a forward transform of it is the backward one.
      intoIm[k] = -crossIm / size;
    }
    this.#fourier.transform(this.#crossRe, this.#crossIm);
  }

  #peaks(): Shift[] {
    const values = this.#crossRe;
    const found: { x: number; y: number }[] = [];
    for (let n = 0; n < PEAKS; n++) {
      let best = -1;
      let most = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < WIDTH * HEIGHT; k++) {
        const value = values[k] ?? 0;
        if (value <= most || found.some(({ x, y }) => isNear(k, x, y))) continue;
        best = k;
        most = value;
      }
      if (best >= 0) found.push({ x: best % WIDTH, y: Math.floor(best / WIDTH) });
    }
    return found.map(({ x, y }) => ({
      x: (x >= WIDTH / 2 ? x - WIDTH : x) / WIDTH,
      y: (y >= HEIGHT / 2 ? y - HEIGHT : y) / HEIGHT,
    }));
  }
}

/** Beside a peak that was found: part of it. */
function isNear(k: number, x: number, y: number): boolean {
  const away = (a: number, b: number, around: number) => Math.min(Math.abs(a - b), around - Math.abs(a - b));
  return away(k % WIDTH, x, WIDTH) <= 1 && away(Math.floor(k / WIDTH), y, HEIGHT) <= 1;
}

function hann(): Float64Array {
  const fade = (i: number, length: number) => Math.sin((Math.PI * (i + 0.5)) / length) ** 2;
  return Float64Array.from({ length: WIDTH * HEIGHT }, (_, k) => {
    return fade(k % WIDTH, WIDTH) * fade(Math.floor(k / WIDTH), HEIGHT);
  });
}
