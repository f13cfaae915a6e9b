/**
 * Which detection belongs to which track: the assignment of least cost over all pairs of boxes that overlap. Pairs are
 * looked for from the left edge of a track outwards, until no box further off can be among its best: a thousand objects
 * cost little, spread out or in a heap.
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
/** And so many are looked at, by rising distance of the left edges. */
const MOST_LOOKS = 40;
/** The second sighting of an object covers at most so many times the area of the first, and at least that part of it. */
const START_AREA_RATIO = 4;
const FAR = Number.POSITIVE_INFINITY;
// What is kept of a detection, with its grown box.
const LEFT = 0;
const TOP = 1;
const RIGHT = 2;
const BOTTOM = 3;
const AREA = 4;
/** What the IoU is multiplied by. */
const WEIGHT = 5;
/** Place in the list as given. */
const PLACE = 6;
/** As it was before it was grown. */
const OWN_AREA = 7;
const NUMBERS = 8;

export class Matcher {
  readonly #assignment = new Assignment();
  /** NUMBERS of each detection, by rising left. */
  #boxes = new Float64Array(64 * NUMBERS);
  #widestPx = 0;
  /** The pairs of one track, best first. */
  readonly #places = new Int32Array(MOST_PAIRS);
  readonly #values = new Float64Array(MOST_PAIRS);
  #found = 0;

  /**
   * Gives each track its detection, in the order of the tracks.
   * @returns the detections that no track got
   */
  match<Track extends Expected>(
    expected: readonly Track[],
    detections: readonly Detection[],
    rules: MatchRules,
    give: (track: Track, detection: Detection) => void,
  ): readonly Detection[] {
    if (expected.length === 0 || detections.length === 0) return detections;
    this.#place(detections, rules);
    this.#assignment.begin(detections.length);
    for (const track of expected) {
      this.#assignment.addRow();
      this.#findPairs(track, detections, rules);
      for (let k = 0; k < this.#found; k++) this.#assignment.add(this.#places[k] ?? 0, 1 - (this.#values[k] ?? 0));
    }
    const assigned = this.#assignment.solve(1 - rules.leastIou);
    for (let row = 0; row < expected.length; row++) {
      const track = expected[row];
      const detection = detections[assigned[row] ?? -1];
      if (track !== undefined && detection !== undefined) give(track, detection);
    }
    return detections.filter((_, place) => this.#assignment.isFree(place));
  }

  #findPairs(track: Expected, detections: readonly Detection[], rules: MatchRules): void {
    const boxes = this.#boxes;
    const growX = Math.max(0, rules.leastSidePx - (track.right - track.left)) / 2;
    const growY = Math.max(0, rules.leastSidePx - (track.bottom - track.top)) / 2;
    const left = track.left - growX;
    const right = track.right + growX;
    const top = track.top - growY;
    const bottom = track.bottom + growY;
    const width = right - left;
    const height = bottom - top;
    const ratio = track.status === 'lost' ? rules.refindSizeRatio : Number.POSITIVE_INFINITY;
    const label = rules.barsLabels ? track.label : null;
    const area = width * height;
    const isUnsure = track.status === 'new' || track.status === 'away';
    const ownArea = (track.right - track.left) * (track.bottom - track.top);
    /** Least value that counts: it rises as pairs are found. */
    let least = rules.leastIou;
    this.#found = 0;
    const end = detections.length * NUMBERS;
    let after = this.#firstFrom(left, detections.length) * NUMBERS;
    let before = after - NUMBERS;
    for (let looks = 0; looks < MOST_LOOKS; ) {
      // The next left edges on both sides, while they may do: no IoU is above that of the two widths or heights alone.
      let ahead = after < end ? (boxes[after + LEFT] ?? 0) - left : width;
      if (width - ahead < width * least) ahead = FAR;
      let behind = before < 0 ? FAR : left - (boxes[before + LEFT] ?? 0);
      if (behind >= this.#widestPx || width < (width + behind) * least) behind = FAR;
      if (ahead === FAR && behind === FAR) break;
      const at = ahead <= behind ? after : before;
      if (ahead <= behind) after += NUMBERS;
      else before -= NUMBERS;
      const boxTop = boxes[at + TOP] ?? 0;
      const boxBottom = boxes[at + BOTTOM] ?? 0;
      if (bottom - boxTop < height * least || boxBottom - top < height * least) continue;
      const sharedHeight = Math.min(bottom, boxBottom) - Math.max(top, boxTop);
      const sharedWidth = Math.min(right, boxes[at + RIGHT] ?? 0) - Math.max(left, boxes[at + LEFT] ?? 0);
      if (sharedWidth < width * least) continue;
      looks++;
      const shared = sharedWidth * sharedHeight;
      const value = (shared * (boxes[at + WEIGHT] ?? 0)) / (area + (boxes[at + AREA] ?? 0) - shared);
      if (value < least) continue;
      const areaRatio = (boxes[at + OWN_AREA] ?? 0) / ownArea;
      if (isUnsure && (areaRatio > START_AREA_RATIO || areaRatio * START_AREA_RATIO < 1)) continue;
      const boxHeight = boxBottom - boxTop;
      if (boxHeight > height * ratio || boxHeight * ratio < height) continue;
      const place = boxes[at + PLACE] ?? 0;
      if (label !== null && detections[place]?.label !== label) continue;
      least = this.#note(place, value, least);
    }
  }

  /** Takes a pair among the best of a track. @returns the least value that would be among them */
  #note(place: number, value: number, least: number): number {
    const values = this.#values;
    let at = this.#found < MOST_PAIRS ? this.#found++ : MOST_PAIRS - 1;
    for (; at > 0 && (values[at - 1] ?? 0) < value; at--) {
      values[at] = values[at - 1] ?? 0;
      this.#places[at] = this.#places[at - 1] ?? 0;
    }
    values[at] = value;
    this.#places[at] = place;
    return this.#found < MOST_PAIRS ? least : Math.max(least, values[MOST_PAIRS - 1] ?? 0);
  }

  /** Fills the grown boxes. */
  #place(detections: readonly Detection[], { leastSidePx, fuse }: MatchRules): void {
    if (this.#boxes.length < detections.length * NUMBERS) {
      this.#boxes = new Float64Array(detections.length * 2 * NUMBERS);
    }
    const boxes = this.#boxes;
    const lefts = detections.map(({ bboxPx: { x, w } }) => x - Math.max(0, leastSidePx - w) / 2);
    const order = risingOrder(lefts);
    this.#widestPx = 0;
    for (let k = 0; k < order.length; k++) {
      const place = order[k] ?? 0;
      const detection = detections[place];
      if (detection === undefined) continue;
      const { y, w, h } = detection.bboxPx;
      const width = Math.max(w, leastSidePx);
      const height = Math.max(h, leastSidePx);
      const left = lefts[place] ?? 0;
      const top = y - (height - h) / 2;
      const at = k * NUMBERS;
      boxes[at + LEFT] = left;
      boxes[at + TOP] = top;
      boxes[at + RIGHT] = left + width;
      boxes[at + BOTTOM] = top + height;
      boxes[at + AREA] = width * height;
      boxes[at + WEIGHT] = fuse ? detection.confidence : 1;
      boxes[at + PLACE] = place;
      boxes[at + OWN_AREA] = w * h;
      this.#widestPx = Math.max(this.#widestPx, width);
    }
  }

  /** The first detection whose left edge is at or beyond x. */
  #firstFrom(x: number, count: number): number {
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#boxes[middle * NUMBERS + LEFT] ?? 0) < x) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Below so many, a plain insertion costs less than calling a comparison. */
const FEW = 24;

/** Places of the values, by rising value; of equals the first one first. */
function risingOrder(values: readonly number[]): Int32Array {
  const order = new Int32Array(values.length);
  for (let place = 0; place < order.length; place++) order[place] = place;
  if (values.length > FEW) return order.sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  for (let place = 1; place < order.length; place++) {
    const value = values[place] ?? 0;
    let at = place;
    for (; at > 0 && (values[order[at - 1] ?? 0] ?? 0) > value; at--) order[at] = order[at - 1] ?? 0;
    order[at] = place;
  }
  return order;
}
