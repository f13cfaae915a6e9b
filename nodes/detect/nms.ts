/**
 * Picks the detections of a frame from the candidates: best first, doubles suppressed.
 *
 * Greedy non-maximum suppression: candidates are taken in falling order of score, and one that overlaps a taken one of
 * its class by more than `iou` is dropped. Equal scores keep the order of the model's output, so the result does not
 * depend on anything but the numbers. Work is bounded by candidates × `max`: it ends when `max` are taken.
 */
import type { Candidates } from './candidates.ts';

export interface SelectOptions {
  /** Largest allowed overlap (intersection over union) of two boxes of a class; null: nothing is suppressed. */
  readonly iou: number | null;
  /** Boxes of different classes suppress each other too. */
  readonly classAgnostic: boolean;
  /** Most boxes that are taken. */
  readonly max: number;
}

/** Keeps its scratch memory between frames. */
export class Selector {
  readonly #options: SelectOptions;
  readonly #taken: Int32Array;
  #order = new Int32Array(256);

  constructor(options: SelectOptions) {
    this.#options = options;
    this.#taken = new Int32Array(options.max);
  }

  /** Indices of the taken candidates, best first; valid until the next call. */
  select(candidates: Candidates): Int32Array {
    const { iou, classAgnostic, max } = this.#options;
    const order = this.#byScore(candidates);
    let taken = 0;
    for (let i = 0; i < order.length && taken < max; i++) {
      const index = order[i] ?? 0;
      if (iou !== null && this.#isDouble(candidates, index, taken, iou, classAgnostic)) continue;
      this.#taken[taken++] = index;
    }
    return this.#taken.subarray(0, taken);
  }

  #byScore({ count, score }: Candidates): Int32Array {
    if (this.#order.length < count) this.#order = new Int32Array(score.length);
    const order = this.#order.subarray(0, count);
    for (let i = 0; i < count; i++) order[i] = i;
    return order.sort((a, b) => (score[b] ?? 0) - (score[a] ?? 0) || a - b);
  }

  #isDouble(boxes: Candidates, index: number, taken: number, iou: number, classAgnostic: boolean): boolean {
    for (let i = 0; i < taken; i++) {
      const other = this.#taken[i] ?? 0;
      if (!classAgnostic && boxes.classId[other] !== boxes.classId[index]) continue;
      if (overlap(boxes, index, other) > iou) return true;
    }
    return false;
  }
}

/** Intersection over union of two candidates; 0 when a box has no area. */
function overlap({ x1, y1, x2, y2 }: Candidates, a: number, b: number): number {
  const ax1 = x1[a] ?? 0;
  const ay1 = y1[a] ?? 0;
  const ax2 = x2[a] ?? 0;
  const ay2 = y2[a] ?? 0;
  const bx1 = x1[b] ?? 0;
  const by1 = y1[b] ?? 0;
  const bx2 = x2[b] ?? 0;
  const by2 = y2[b] ?? 0;
  const w = Math.min(ax2, bx2) - Math.max(ax1, bx1);
  const h = Math.min(ay2, by2) - Math.max(ay1, by1);
  if (w <= 0 || h <= 0) return 0;
  const intersection = w * h;
  return intersection / ((ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - intersection);
}
