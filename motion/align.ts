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
/** Residuals are counted in so many steps of a grey level, up to so many steps. */
const BINS_PER_LEVEL = 8;
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

/** The picture between four pixels; NaN: outside of it. */
function greyAt({ grey, width, height }: Level, x: number, y: number): number {
  if (!(x >= 0 && y >= 0 && x < width - 1 && y < height - 1)) return Number.NaN;
  // Both are positive.
  const left = x | 0;
  const top = y | 0;
  const partX = x - left;
  const at = top * width + left;
  const upper = (grey[at] ?? 0) * (1 - partX) + (grey[at + 1] ?? 0) * partX;
  const lower = (grey[at + width] ?? 0) * (1 - partX) + (grey[at + width + 1] ?? 0) * partX;
  return upper + (lower - upper) * (y - top);
}

export class Aligner {
  readonly #residuals: Float32Array;
  readonly #histogram = new Uint16Array(BINS);
  /** Normal equations: the upper triangle of the matrix, row by row, and the right side. */
  readonly #matrix = new Float64Array(UNKNOWNS * UNKNOWNS);
  readonly #right = new Float64Array(UNKNOWNS);

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
      if (!factorize(this.#matrix)) return null;
      solve(this.#matrix, this.#right);
      const [x = 0, y = 0, a = 0, b = 0, more = 0] = this.#right;
      warp = then(inverse({ x, y, a: (2 * a) / from.width, b: (2 * b) / from.width }), warp);
      brighter += more;
      if (Math.hypot(x, y) < leastStepPx) break;
    }
    return this.#judge(from, to, warp, brighter);
  }

  /** Residuals of all places, or of every so many-th. @returns the typical one, and how many places are inside of the next picture */
  #measure(from: Level, to: Level, warp: Warp, brighter: number, every = 1): { typical: number; inside: number } {
    const residuals = this.#residuals;
    const histogram = this.#histogram.fill(0);
    const re = 1 + warp.a;
    const im = warp.b;
    const middleX = from.width / 2;
    const middleY = from.height / 2;
    const { count, x: placeX, y: placeY, value: before } = from;
    let inside = 0;
    for (let k = 0; k < count; k += every) {
      const dx = (placeX[k] ?? 0) - middleX;
      const dy = (placeY[k] ?? 0) - middleY;
      const there = greyAt(to, re * dx - im * dy + warp.x + middleX, im * dx + re * dy + warp.y + middleY);
      const value = there - (before[k] ?? 0) - brighter;
      residuals[k] = value;
      if (Number.isNaN(value)) continue;
      inside++;
      const bin = Math.min(BINS - 1, Math.abs(value) * BINS_PER_LEVEL) | 0;
      histogram[bin] = (histogram[bin] ?? 0) + 1;
    }
    let [below, bin] = [0, 0];
    for (; bin < BINS - 1 && below * 2 < inside; bin++) below += histogram[bin] ?? 0;
    return { typical: (1.4826 * bin) / BINS_PER_LEVEL, inside };
  }

  /** The normal equations, written out: most of the time of a fit is spent here. */
  #collect(from: Level, typical: number, nearPx: number): void {
    const { count, changeX, changeY, weight, x: placeX, y: placeY } = from;
    const residuals = this.#residuals;
    const noise = CUT * Math.max(LEAST_RESIDUAL, typical);
    const scale = 2 / from.width;
    const middleX = from.width / 2;
    const middleY = from.height / 2;
    const m = this.#matrix.fill(0);
    const right = this.#right.fill(0);
    for (let k = 0; k < count; k++) {
      const value = residuals[k] ?? Number.NaN;
      const x = changeX[k] ?? 0;
      const y = changeY[k] ?? 0;
      const cut = noise + nearPx * Math.sqrt(x * x + y * y);
      if (!(Math.abs(value) < cut)) continue;
      const part = value / cut;
      const kept = 1 - part * part;
      const w = (weight[k] ?? 0) * kept * kept;
      const dx = ((placeX[k] ?? 0) - middleX) * scale;
      const dy = ((placeY[k] ?? 0) - middleY) * scale;
      const a = x * dx + y * dy;
      const b = y * dx - x * dy;
      const wx = w * x;
      const wy = w * y;
      const wa = w * a;
      const wb = w * b;
      m[0] = (m[0] ?? 0) + wx * x;
      m[1] = (m[1] ?? 0) + wx * y;
      m[2] = (m[2] ?? 0) + wx * a;
      m[3] = (m[3] ?? 0) + wx * b;
      m[4] = (m[4] ?? 0) + wx;
      m[6] = (m[6] ?? 0) + wy * y;
      m[7] = (m[7] ?? 0) + wy * a;
      m[8] = (m[8] ?? 0) + wy * b;
      m[9] = (m[9] ?? 0) + wy;
      m[12] = (m[12] ?? 0) + wa * a;
      m[13] = (m[13] ?? 0) + wa * b;
      m[14] = (m[14] ?? 0) + wa;
      m[18] = (m[18] ?? 0) + wb * b;
      m[19] = (m[19] ?? 0) + wb;
      m[24] = (m[24] ?? 0) + w;
      right[0] = (right[0] ?? 0) + wx * value;
      right[1] = (right[1] ?? 0) + wy * value;
      right[2] = (right[2] ?? 0) + wa * value;
      right[3] = (right[3] ?? 0) + wb * value;
      right[4] = (right[4] ?? 0) + w * value;
    }
    const prior = (Math.max(LEAST_RESIDUAL, typical) / ((PRIOR * from.width) / 2)) ** 2;
    for (const i of [2, 3]) m[i * UNKNOWNS + i] = (m[i * UNKNOWNS + i] ?? 0) + prior;
  }

  /** Of a warp whose last step was small: the equations of that step tell how certain it is. */
  #judge(from: Level, to: Level, warp: Warp, brighter: number): Fit | null {
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
    const variance = (unknown: number) => {
      const column = this.#right.fill(0);
      column[unknown] = 1;
      solve(this.#matrix, column);
      return ALIKE * sigma ** 2 * (column[unknown] ?? 0);
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

/** The factor of a symmetric matrix, in place (Cholesky). @returns false when it is singular */
function factorize(matrix: Float64Array): boolean {
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
  return true;
}

/** Solves the equations of a factor, in place of their right side. */
function solve(factor: Float64Array, right: Float64Array): void {
  const n = UNKNOWNS;
  const at = (i: number, j: number) => factor[i * n + j] ?? 0;
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
}
