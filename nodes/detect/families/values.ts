/**
 * Reading and checking the numbers that models give; shared by the families. Checks look at the values of a first run
 * and give a complaint or null.
 */
import type { OutputTensor, Scoring } from './family.ts';

/** Float values of an output. Outputs of another type give an empty array, which no expected shape matches. */
export function floats(output: OutputTensor | undefined): Float32Array {
  return output?.data instanceof Float32Array ? output.data : new Float32Array(0);
}

/** Index of the greatest of `count` numbers from `at` on, the first one when several are equal. */
export function bestClass(data: Float32Array, at: number, count: number): number {
  let best = 0;
  let bestScore = data[at] ?? 0;
  for (let i = 1; i < count; i++) {
    const score = data[at + i] ?? 0;
    if (score > bestScore) {
      bestScore = score;
      best = i;
    }
  }
  return best;
}

/** The score of a row; NaN, which no threshold lets pass, when one of its numbers is. */
export function rowScore(objectness: number, classProbability: number, scoring: Scoring): number {
  if (scoring === 'product') return objectness * classProbability;
  return Number.isNaN(classProbability) ? Number.NaN : objectness;
}

/** Room for rounding: quantized models give 1.0005. */
const SLACK = 1e-3;

/** A score must be a probability. */
export function checkProbability(value = Number.NaN): string | null {
  if (value >= -SLACK && value <= 1 + SLACK) return null;
  return `expected scores in [0, 1], got ${value}`;
}

/** Largest magnitude in some columns (`from` to `to`, the last not included) of rows of `stride` numbers. */
export function largest(data: Float32Array, rows: number, stride: number, from: number, to: number): number {
  let max = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = from; column < to; column++) {
      const value = Math.abs(data[row * stride + column] ?? 0);
      if (value > max) max = value;
    }
  }
  return max;
}
