/**
 * Fits a shift with zoom and roll that leads from one picture to the next, by robust least squares over the places that
 * tell a motion (Lucas and Kanade 1981; in the inverse, compositional form of Baker and Matthews 2004).
 */
import type { Level } from './level.ts';
import { inverse, then, type Warp } from './warp.ts';

export interface Fit {
  readonly warp: Warp;
  /** Standard deviations of the shift, pixels of the level. */
  readonly stdX: number;
  readonly stdY: number;
  /** Share of the places that the warp explains. */
  readonly explained: number;
  /** How far apart those are: standard deviation of their places, shares of the width. */
  readonly spread: number;
}

const UNKNOWNS = 5;
/** Residuals beyond this many times the typical one count for nothing (Tukey's biweight). */
const CUT = 4.7;
/** The typical residual is never taken for less, grey levels: bytes are rounded. */
const LEAST_RESIDUAL = 0.3;
/** Residuals are counted in steps of this, up to so many steps. */
const BIN = 0.125;
const BINS = 256;
/** Neighbouring places see the same noise: so many of them count as one. */
const ALIKE = 8;
/** Standard deviation of zoom and roll from one picture to the next, where places say little about them. */
const PRIOR = 0.05;
const LEAST_PLACES = 24;
/** Which of some shifts leads nearest is told by every so many-th place. */
const MISFIT_EVERY = 4;
/** When a fit is done: after so many rounds, or when the shift changes by less, in pixels. */
export interface Patience {
  readonly rounds: number;
  readonly leastStepPx: number;
  /** Residuals that so many pixels of misplacement make on an edge count, too, however large they are. */
  readonly nearPx: number;
}

/** The next picture at a place that the warp leads to, less the value of the first; NaN: outside. */
function residual(from: Level, to: Level, k: number, warp: Warp): number {
  const dx = (from.x[k] ?? 0) - from.width / 2;
  const dy = (from.y[k] ?? 0) - from.height / 2;
  const x = (1 + warp.a) * dx - warp.b * dy + warp.x + from.width / 2;
  const y = warp.b * dx + (1 + warp.a) * dy + warp.y + from.height / 2;
  if (!(x >= 0 && y >= 0 && x < to.width - 1 && y < to.height - 1)) return Number.NaN;
  const left = Math.floor(x);
  const top = Math.floor(y);
  const partX = x - left;
  const at = top * to.width + left;
  const upper = (to.grey[at] ?? 0) * (1 - partX) + (to.grey[at + 1] ?? 0) * partX;
  const lower = (to.grey[at + to.width] ?? 0) * (1 - partX) + (to.grey[at + to.width + 1] ?? 0) * partX;
  return upper + (lower - upper) * (y - top) - (from.value[k] ?? 0);
}

export class Aligner {
  readonly #residuals: Float32Array;
  readonly #histogram = new Uint16Array(BINS);
  /** Normal equations: the upper triangle of the matrix, row by row, and the right side. */
  readonly #matrix = new Float64Array(UNKNOWNS * UNKNOWNS);
  readonly #right = new Float64Array(UNKNOWNS);
  readonly #row = new Float64Array(UNKNOWNS);

  /** @param places the most of a level */
  constructor(places: number) {
    this.#residuals = new Float32Array(places);
  }

  /** How badly a shift leads from one picture to the next: the typical difference, grey levels. */
  misfit(from: Level, to: Level, warp: Warp): number {
    const { typical, inside } = this.#measure(from, to, warp, 0, MISFIT_EVERY);
    return inside * 2 * MISFIT_EVERY < from.count ? Number.POSITIVE_INFINITY : typical;
  }

  /** @returns null when the pictures say nothing about it */
  fit(from: Level, to: Level, start: Warp, { rounds, leastStepPx, nearPx }: Patience): Fit | null {
    let warp = start;
    /** How much brighter the next picture is. */
    let brighter = 0;
    for (let round = 0; round < rounds; round++) {
      const { typical, inside } = this.#measure(from, to, warp, brighter);
      if (inside < LEAST_PLACES) return null;
      this.#collect(from, typical, nearPx);
      if (!solve(this.#matrix, this.#right)) return null;
      const [x = 0, y = 0, a = 0, b = 0, more = 0] = this.#right;
      warp = then(inverse({ x, y, a: (2 * a) / from.width, b: (2 * b) / from.width }), warp);
      brighter += more;
      if (Math.hypot(x, y) < leastStepPx) break;
    }
    return this.#judge(from, to, warp, brighter, nearPx);
  }

  /** Residuals of all places, or of every so many-th. @returns the typical one, and how many places are inside of the next picture */
  #measure(from: Level, to: Level, warp: Warp, brighter: number, every = 1): { typical: number; inside: number } {
    let inside = 0;
    this.#histogram.fill(0);
    for (let k = 0; k < from.count; k += every) {
      const value = residual(from, to, k, warp) - brighter;
      this.#residuals[k] = value;
      if (Number.isNaN(value)) continue;
      inside++;
      const bin = Math.min(BINS - 1, Math.floor(Math.abs(value) / BIN));
      this.#histogram[bin] = (this.#histogram[bin] ?? 0) + 1;
    }
    let [below, bin] = [0, 0];
    for (; bin < BINS - 1 && below * 2 < inside; bin++) below += this.#histogram[bin] ?? 0;
    return { typical: 1.4826 * BIN * bin, inside };
  }

  #collect(from: Level, typical: number, nearPx: number): void {
    const noise = CUT * Math.max(LEAST_RESIDUAL, typical);
    const scale = 2 / from.width;
    this.#matrix.fill(0);
    this.#right.fill(0);
    const row = this.#row;
    for (let k = 0; k < from.count; k++) {
      const value = this.#residuals[k] ?? Number.NaN;
      const changeX = from.changeX[k] ?? 0;
      const changeY = from.changeY[k] ?? 0;
      const cut = noise + nearPx * Math.sqrt(changeX * changeX + changeY * changeY);
      if (!(Math.abs(value) < cut)) continue;
      const weight = (from.weight[k] ?? 0) * (1 - (value / cut) ** 2) ** 2;
      const dx = ((from.x[k] ?? 0) - from.width / 2) * scale;
      const dy = ((from.y[k] ?? 0) - from.height / 2) * scale;
      row[0] = changeX;
      row[1] = changeY;
      row[2] = changeX * dx + changeY * dy;
      row[3] = changeY * dx - changeX * dy;
      row[4] = 1;
      for (let i = 0; i < UNKNOWNS; i++) {
        const weighted = weight * (row[i] ?? 0);
        for (let j = i; j < UNKNOWNS; j++) {
          this.#matrix[i * UNKNOWNS + j] = (this.#matrix[i * UNKNOWNS + j] ?? 0) + weighted * (row[j] ?? 0);
        }
        this.#right[i] = (this.#right[i] ?? 0) + weighted * value;
      }
    }
    const prior = (Math.max(LEAST_RESIDUAL, typical) / ((PRIOR * from.width) / 2)) ** 2;
    for (const i of [2, 3]) this.#matrix[i * UNKNOWNS + i] = (this.#matrix[i * UNKNOWNS + i] ?? 0) + prior;
  }

  #judge(from: Level, to: Level, warp: Warp, brighter: number, nearPx: number): Fit | null {
    const { typical, inside } = this.#measure(from, to, warp, brighter);
    if (inside < Math.max(LEAST_PLACES, from.count / 2)) return null;
    const sigma = Math.max(LEAST_RESIDUAL, typical);
    let [count, sumX, sumY, squares] = [0, 0, 0, 0];
    for (let k = 0; k < from.count; k++) {
      const change2 = (from.changeX[k] ?? 0) ** 2 + (from.changeY[k] ?? 0) ** 2;
      // Explained: the difference is no more than what a misplacement by half a pixel makes.
      if (!((this.#residuals[k] ?? Number.NaN) ** 2 < 0.25 * change2)) continue;
      const x = (from.x[k] ?? 0) / from.width;
      const y = (from.y[k] ?? 0) / from.width;
      count += 1;
      sumX += x;
      sumY += y;
      squares += x * x + y * y;
    }
    this.#collect(from, typical, nearPx);
    const variance = (unknown: number) => {
      const column = new Float64Array(UNKNOWNS);
      column[unknown] = 1;
      return solve(this.#matrix.slice(), column) ? ALIKE * sigma ** 2 * (column[unknown] ?? 0) : Infinity;
    };
    return {
      warp,
      stdX: Math.sqrt(variance(0)),
      stdY: Math.sqrt(variance(1)),
      explained: count / inside,
      spread: count > 0 ? Math.sqrt(Math.max(0, (squares - (sumX ** 2 + sumY ** 2) / count) / count)) : 0,
    };
  }
}

/** Solves the symmetric equations in place (Cholesky). @returns false when they are singular */
function solve(matrix: Float64Array, right: Float64Array): boolean {
  const n = UNKNOWNS;
  const at = (i: number, j: number) => matrix[i * n + j] ?? 0;
  for (let i = 0; i < n; i++) {
    let pivot = at(i, i);
    for (let k = 0; k < i; k++) pivot -= at(k, i) ** 2;
    if (!(pivot > 1e-9)) return false;
    const root = Math.sqrt(pivot);
    matrix[i * n + i] = root;
    for (let j = i + 1; j < n; j++) {
      let sum = at(i, j);
      for (let k = 0; k < i; k++) sum -= at(k, i) * at(k, j);
      matrix[i * n + j] = sum / root;
    }
  }
  for (let i = 0; i < n; i++) {
    let sum = right[i] ?? 0;
    for (let k = 0; k < i; k++) sum -= at(k, i) * (right[k] ?? 0);
    right[i] = sum / at(i, i);
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = right[i] ?? 0;
    for (let k = i + 1; k < n; k++) sum -= at(i, k) * (right[k] ?? 0);
    right[i] = sum / at(i, i);
  }
  return true;
}
