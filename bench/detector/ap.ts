/**
 * Scores of a detector: matching by overlap, precision and recall, average precision. Pure functions of their inputs.
 *
 * The method is COCO's (Lin et al., "Microsoft COCO: Common Objects in Context"; its `COCOeval`): within a frame the
 * boxes are taken by falling confidence, each takes the label that it overlaps most among those still free, and a label
 * counts once, so a second box on the same object is a false one.
 */
import type { Box } from '../../runtime/data.ts';

export interface Scored {
  readonly box: Box;
  /** In [0, 1]. */
  readonly confidence: number;
}

/** Precision and recall at one threshold, with the counts they come from. */
export interface Rates {
  /** Boxes put out. */
  readonly boxes: number;
  readonly labels: number;
  readonly hits: number;
  /** NaN without boxes. */
  readonly precision: number;
  /** NaN without labels. */
  readonly recall: number;
  /** 2·hits / (boxes + labels); NaN when there are neither. */
  readonly f1: number;
}

/** Overlaps at which curves are kept: 0.3, then 0.5 to 0.95 as COCO averages them. */
export const CURVE_IOUS: readonly number[] = [0.3, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];
const COCO_IOUS = CURVE_IOUS.filter((iou) => iou >= 0.5);

/** Intersection over union; 0 for boxes without area. */
export function iou(a: Box, b: Box): number {
  const w = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x);
  const h = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y);
  if (w <= 0 || h <= 0) return 0;
  return (w * h) / (a.w * a.h + b.w * b.h - w * h);
}

/**
 * Gives each box a label, or -1.
 * @param overlaps one row a box, best box first; one column a label
 */
export function assign(overlaps: readonly (readonly number[])[], leastIou: number): number[] {
  const taken = new Set<number>();
  return overlaps.map((row) => {
    let best = -1;
    for (const [label, overlap] of row.entries()) {
      if (overlap >= leastIou && !taken.has(label) && overlap > (row[best] ?? -1)) best = label;
    }
    if (best >= 0) taken.add(best);
    return best;
  });
}

/** The same from boxes, in any order: index of the label of each box, in the order of falling confidence. */
export function matchFrame(found: readonly Scored[], labels: readonly Box[], leastIou: number): number[] {
  return assign(overlapsOf(byConfidence(found), labels), leastIou);
}

/**
 * Average precision, interpolated at the 101 recalls 0, 0.01 … 1: the mean of the best precision at that recall or any
 * higher one, 0 where the recall is never reached.
 * @param hits whether each box hit a label, by falling confidence
 * @returns NaN without labels
 */
export function averagePrecision(hits: readonly boolean[], labels: number): number {
  if (labels === 0) return Number.NaN;
  const found: number[] = [];
  const precision: number[] = [];
  let count = 0;
  for (const [index, hit] of hits.entries()) {
    count += hit ? 1 : 0;
    found.push(count);
    precision.push(count / (index + 1));
  }
  for (let i = precision.length - 2; i >= 0; i--) {
    precision[i] = Math.max(precision[i] ?? 0, precision[i + 1] ?? 0);
  }
  let sum = 0;
  let at = 0;
  for (let percent = 0; percent <= 100; percent++) {
    // In whole numbers: 3 of 10 is a recall of 0.30, whatever the rounding of the quotient says.
    while (at < found.length && (found[at] ?? 0) * 100 < percent * labels) at += 1;
    sum += precision[at] ?? 0;
  }
  return sum / 101;
}

/** @param boxes put out, @param labels there, @param hits boxes that hit a label */
export function rates(boxes: number, labels: number, hits: number): Rates {
  return {
    boxes,
    labels,
    hits,
    precision: hits / boxes,
    recall: hits / labels,
    f1: (2 * hits) / (boxes + labels),
  };
}

/** The precision-recall curve of one class over many frames, at each of {@link CURVE_IOUS}. */
export class Curve {
  labels = 0;
  readonly #confidences: number[] = [];
  /** A bit for each overlap at which the box is a hit. */
  readonly #hits: number[] = [];

  /** Takes in a frame. */
  add(found: readonly Scored[], labels: readonly Box[]): void {
    this.labels += labels.length;
    const sorted = byConfidence(found);
    const hits = sorted.map(() => 0);
    if (labels.length > 0) {
      const overlaps = overlapsOf(sorted, labels);
      for (const [bit, leastIou] of CURVE_IOUS.entries()) {
        for (const [index, label] of assign(overlaps, leastIou).entries()) {
          if (label >= 0) hits[index] = (hits[index] ?? 0) | (1 << bit);
        }
      }
    }
    for (const [index, { confidence }] of sorted.entries()) {
      this.#confidences.push(confidence);
      this.#hits.push(hits[index] ?? 0);
    }
  }

  /** @param leastIou one of {@link CURVE_IOUS} */
  ap(leastIou: number): number {
    const bit = 1 << CURVE_IOUS.indexOf(leastIou);
    return averagePrecision(
      this.#order().map((index) => ((this.#hits[index] ?? 0) & bit) !== 0),
      this.labels,
    );
  }

  /** Mean over the overlaps 0.5, 0.55 … 0.95. */
  meanAp(): number {
    return COCO_IOUS.reduce((sum, leastIou) => sum + this.ap(leastIou), 0) / COCO_IOUS.length;
  }

  /** Boxes by falling confidence; equal ones in the order in which they came, as in COCO's code. */
  #order(): number[] {
    const confidences = this.#confidences;
    return confidences.map((_, index) => index).sort((a, b) => (confidences[b] ?? 0) - (confidences[a] ?? 0) || a - b);
  }
}

function byConfidence(found: readonly Scored[]): Scored[] {
  return found.toSorted((a, b) => b.confidence - a.confidence);
}

function overlapsOf(found: readonly Scored[], labels: readonly Box[]): number[][] {
  return found.map(({ box }) => labels.map((label) => iou(box, label)));
}
