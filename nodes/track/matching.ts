/**
 * Which detection belongs to which track: the assignment of least cost over all pairs of boxes that overlap. Pairs are
 * found by sorting the boxes by their left edges, so a thousand objects that are spread out cost little.
 */
import type { Detection } from '../../runtime/node.ts';
import { Assignment } from './assignment.ts';
import type { TrackletStatus } from './tracklet.ts';

export interface MatchRules {
  /** Least IoU of the grown boxes, times the confidence with `fuse`. */
  readonly leastIou: number;
  readonly fuse: boolean;
  /** Both boxes are compared as if no side were shorter. */
  readonly leastSidePx: number;
  /** A detection of another label never matches. */
  readonly barsLabels: boolean;
  /** A lost track matches no box that is this many times taller or shorter. */
  readonly refindSizeRatio: number;
}

/** Where a track is looked for: its box in pixels. */
export interface Expected {
  readonly label: string;
  readonly status: TrackletStatus;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A track is compared with so many detections at most, those that fit best: in a heap all overlap all. */
const MOST_PAIRS = 12;

export class Matcher {
  readonly #assignment = new Assignment();
  /** Grown boxes of the detections: left, top, right, bottom of each, by rising left. */
  #boxes = new Float64Array(64);
  // The pairs of one track.
  readonly #cols = new Int32Array(MOST_PAIRS);
  readonly #costs = new Float64Array(MOST_PAIRS);
  #nominated = 0;
  #costliest = 0;

  /** @returns the detection of each track by its place in `expected`, null for none */
  match(expected: readonly Expected[], detections: readonly Detection[], rules: MatchRules): (Detection | null)[] {
    const matched = new Array<Detection | null>(expected.length).fill(null);
    if (expected.length === 0 || detections.length === 0) return matched;
    const sorted = detections.map((detection, at) => ({ detection, at, left: leftOf(detection, rules) }));
    sorted.sort((a, b) => a.left - b.left);
    const widest = this.#grow(sorted, rules.leastSidePx);
    this.#assignment.begin(detections.length);
    for (const track of expected) {
      this.#assignment.addRow();
      this.#addPairs(track, sorted, widest, rules);
    }
    const assigned = this.#assignment.solve(1 - rules.leastIou);
    for (let row = 0; row < expected.length; row++) matched[row] = detections[assigned[row] ?? -1] ?? null;
    return matched;
  }

  #addPairs(track: Expected, sorted: readonly Placed[], widest: number, rules: MatchRules): void {
    const boxes = this.#boxes;
    const { label, status } = track;
    const growX = Math.max(0, rules.leastSidePx - (track.right - track.left)) / 2;
    const growY = Math.max(0, rules.leastSidePx - (track.bottom - track.top)) / 2;
    const left = track.left - growX;
    const right = track.right + growX;
    const top = track.top - growY;
    const bottom = track.bottom + growY;
    const height = bottom - top;
    const area = (right - left) * height;
    const ratio = status === 'lost' ? rules.refindSizeRatio : Number.POSITIVE_INFINITY;
    for (let col = this.#firstFrom(left - widest, sorted.length); col < sorted.length; col++) {
      const at = col * 4;
      const boxLeft = boxes[at] ?? 0;
      if (boxLeft >= right) break;
      const boxTop = boxes[at + 1] ?? 0;
      const boxRight = boxes[at + 2] ?? 0;
      const boxBottom = boxes[at + 3] ?? 0;
      const overlapW = Math.min(right, boxRight) - Math.max(left, boxLeft);
      const overlapH = Math.min(bottom, boxBottom) - Math.max(top, boxTop);
      if (overlapW <= 0 || overlapH <= 0) continue;
      const boxHeight = boxBottom - boxTop;
      if (boxHeight > height * ratio || boxHeight * ratio < height) continue;
      const shared = overlapW * overlapH;
      const iou = shared / (area + (boxRight - boxLeft) * boxHeight - shared);
      if (iou < rules.leastIou) continue;
      const placed = sorted[col];
      if (placed === undefined || (rules.barsLabels && placed.detection.label !== label)) continue;
      const value = rules.fuse ? iou * placed.detection.confidence : iou;
      if (value >= rules.leastIou) this.#nominate(placed.at, 1 - value);
    }
    for (let k = 0; k < this.#nominated; k++) this.#assignment.add(this.#cols[k] ?? 0, this.#costs[k] ?? 0);
    this.#nominated = 0;
  }

  /** A pair for the assignment; of more than MOST_PAIRS of a track the costliest is left out. */
  #nominate(col: number, cost: number): void {
    const isFull = this.#nominated === MOST_PAIRS;
    if (isFull && cost >= (this.#costs[this.#costliest] ?? 0)) return;
    const at = isFull ? this.#costliest : this.#nominated++;
    this.#cols[at] = col;
    this.#costs[at] = cost;
    if (this.#nominated < MOST_PAIRS) return;
    for (let k = 0; k < MOST_PAIRS; k++) {
      if ((this.#costs[k] ?? 0) > (this.#costs[this.#costliest] ?? 0)) this.#costliest = k;
    }
  }

  /** Fills the grown boxes. @returns the width of the widest */
  #grow(sorted: readonly Placed[], leastSidePx: number): number {
    if (this.#boxes.length < sorted.length * 4) this.#boxes = new Float64Array(sorted.length * 8);
    const boxes = this.#boxes;
    let at = 0;
    let widest = 0;
    for (const {
      detection: { bboxPx },
    } of sorted) {
      const w = Math.max(bboxPx.w, leastSidePx);
      const h = Math.max(bboxPx.h, leastSidePx);
      const left = bboxPx.x - (w - bboxPx.w) / 2;
      const top = bboxPx.y - (h - bboxPx.h) / 2;
      boxes[at++] = left;
      boxes[at++] = top;
      boxes[at++] = left + w;
      boxes[at++] = top + h;
      widest = Math.max(widest, w);
    }
    return widest;
  }

  /** The first detection whose left edge is at or beyond x. */
  #firstFrom(x: number, count: number): number {
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#boxes[middle * 4] ?? 0) < x) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** A detection, its place in the list as given, and the left edge of its grown box. */
interface Placed {
  readonly detection: Detection;
  readonly at: number;
  readonly left: number;
}

function leftOf({ bboxPx }: Detection, { leastSidePx }: MatchRules): number {
  return bboxPx.x - Math.max(0, leastSidePx - bboxPx.w) / 2;
}
