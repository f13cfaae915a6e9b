/**
 * The way that all boxes have made together beyond what was expected of each: a camera that shakes, or starts to turn.
 *
 * A camera's shake moves each object by the same way, by more than matching bridges and by no law that a motion model
 * could learn. Where most tracks find nothing where they are expected, each way from one of them to a detection of its
 * size is tried on all: the way by which most of them find a detection close by is the common one. Two objects are the
 * least that can tell.
 */
import type { Detection } from '../../runtime/node.ts';
import type { Tracklet } from './tracklet.ts';

export interface Shift {
  readonly x: number;
  readonly y: number;
}

/** Largest shift from one frame to the next, as a share of the frame width. */
const LARGEST = 0.12;
/** So many tracks are asked at first whether they were found, and so many in all; the ways of so many are tried. */
const ASKED_FIRST = 8;
const ASKED = 24;
const TRIED = 4;
/** A detection this far from where a track is expected says nothing of it: part of its mean side, and pixels. */
const REACH = 0.3;
const REACH_PX = 4;
/** Sides of one object differ by less from one frame to the next. */
const SIZE_RATIO = 1.4;
/** The least number of tracks that a shift must explain, beyond those that are explained without it. */
const GAIN = 0.7;
/** Half of the tracks must be explained, or so many where a third of them is less. */
const ENOUGH = 5;
/** Of two ways that explain as much, the shorter: what the largest shift must explain more. */
const FAR_COST = 0.1;
/** A track counts that was seen in the last frame, or this many seconds ago. */
const LATE_S = 0.3;
const STILL = { x: 0, y: 0 } as const;

// What is kept of each detection, by rising x.
const X = 0;
const Y = 1;
const WIDTH = 2;
const HEIGHT = 3;
const NUMBERS = 4;

interface Circumstances {
  readonly widthPx: number;
  readonly nowS: number;
  /** Shifts were found of late: one track that finds a detection elsewhere is enough to tell. */
  readonly isShaking: boolean;
}

/**
 * @param tracklets as they are expected, those seen longest first; only those that were seen of late count
 * @returns null for none
 */
export function commonShift(
  tracklets: readonly Tracklet[],
  detections: readonly Detection[],
  { widthPx, nowS, isShaking }: Circumstances,
): Shift | null {
  const asked: Tracklet[] = [];
  for (const tracklet of tracklets) if (nowS - tracklet.seenS <= LATE_S && asked.length < ASKED) asked.push(tracklet);
  if (Math.min(asked.length, detections.length) < (isShaking ? 1 : 2)) return null;
  if (mostAreInPlace(asked.slice(0, ASKED_FIRST), detections)) return null;
  const places = new Places(detections);
  let best: Shift | null = null;
  const shown = Math.min(asked.length, detections.length);
  const enough = Math.max(Math.min(shown / 2, ENOUGH), shown / 3);
  let most = Math.max(places.fit(asked, STILL) + GAIN, enough, isShaking ? 0 : 1);
  for (const tracklet of asked.slice(0, TRIED)) {
    for (const way of places.waysFrom(tracklet, LARGEST * widthPx)) {
      const shift = places.settled(asked, way);
      const fit = places.fit(asked, shift) - (FAR_COST * Math.hypot(shift.x, shift.y)) / (LARGEST * widthPx);
      if (fit <= most) continue;
      most = fit;
      best = shift;
    }
  }
  return best;
}

/** Whether as many of the tracks as could be are seen where they are expected: nothing else is as cheap to tell. */
function mostAreInPlace(tracklets: readonly Tracklet[], detections: readonly Detection[]): boolean {
  let found = 0;
  for (const tracklet of tracklets) {
    const { x, y, w, h } = middle(tracklet);
    const reachPx = (REACH * (w + h)) / 4;
    for (const { bboxPx: box } of detections) {
      if (Math.abs(box.x + box.w / 2 - x) > reachPx || Math.abs(box.y + box.h / 2 - y) > reachPx) continue;
      if (!alike(box.w, w) || !alike(box.h, h)) continue;
      found++;
      break;
    }
  }
  return found >= Math.min(tracklets.length, detections.length) / 2;
}

class Places {
  readonly #places: Float64Array;

  constructor(detections: readonly Detection[]) {
    const boxes = detections.map(({ bboxPx: { x, y, w, h } }) => [x + w / 2, y + h / 2, w, h] as const);
    boxes.sort((a, b) => a[0] - b[0]);
    this.#places = new Float64Array(boxes.length * NUMBERS);
    for (const [k, box] of boxes.entries()) this.#places.set(box, k * NUMBERS);
  }

  /** How many of the tracks find a detection when all are shifted, one that is off counting less. */
  fit(tracklets: readonly Tracklet[], shift: Shift): number {
    let sum = 0;
    for (const tracklet of tracklets) sum += this.#near(tracklet, shift)?.fit ?? 0;
    return sum;
  }

  /** The shift by which the tracks that find a detection find it best. */
  settled(tracklets: readonly Tracklet[], shift: Shift): Shift {
    let [x, y, sum] = [0, 0, 0];
    for (const tracklet of tracklets) {
      const near = this.#near(tracklet, shift);
      if (near === null) continue;
      x += near.fit * near.x;
      y += near.fit * near.y;
      sum += near.fit;
    }
    return sum > 0 ? { x: shift.x + x / sum, y: shift.y + y / sum } : shift;
  }

  /** From where a track is expected to each detection that may be it. */
  waysFrom(tracklet: Tracklet, farthestPx: number): Shift[] {
    const { x, y, w, h } = middle(tracklet);
    const ways: Shift[] = [];
    for (let at = this.#firstFrom(x - farthestPx); at < this.#places.length; at += NUMBERS) {
      const way = { x: (this.#places[at + X] ?? 0) - x, y: (this.#places[at + Y] ?? 0) - y };
      if (way.x > farthestPx) break;
      if (Math.abs(way.y) <= farthestPx && this.#isAlike(at, w, h)) ways.push(way);
    }
    return ways;
  }

  /** The detection nearest to where a shifted track is expected, from there, and how well it fits: 1 at best, above 0. */
  #near(tracklet: Tracklet, shift: Shift): { readonly x: number; readonly y: number; readonly fit: number } | null {
    const { x, y, w, h } = middle(tracklet);
    const reachPx = (REACH * (w + h)) / 2 + REACH_PX;
    const left = x + shift.x;
    const top = y + shift.y;
    let nearest = reachPx;
    let found: Shift | null = null;
    for (let at = this.#firstFrom(left - reachPx); at < this.#places.length; at += NUMBERS) {
      const way = (this.#places[at + X] ?? 0) - left;
      if (way > reachPx) break;
      const wayY = (this.#places[at + Y] ?? 0) - top;
      const px = Math.hypot(way, wayY);
      if (px >= nearest || !this.#isAlike(at, w, h)) continue;
      nearest = px;
      found = { x: way, y: wayY };
    }
    return found && { ...found, fit: 1 - (nearest / reachPx) ** 2 };
  }

  #isAlike(at: number, w: number, h: number): boolean {
    return alike(this.#places[at + WIDTH] ?? 0, w) && alike(this.#places[at + HEIGHT] ?? 0, h);
  }

  #firstFrom(x: number): number {
    let low = 0;
    for (let high = this.#places.length / NUMBERS; low < high; ) {
      const between = (low + high) >> 1;
      if ((this.#places[between * NUMBERS + X] ?? 0) < x) low = between + 1;
      else high = between;
    }
    return low * NUMBERS;
  }
}

function middle({ left, top, right, bottom }: Tracklet) {
  return { x: (left + right) / 2, y: (top + bottom) / 2, w: right - left, h: bottom - top };
}

function alike(a: number, b: number): boolean {
  // Small boxes differ by a pixel or two for no reason.
  return a <= b * SIZE_RATIO + 2 && b <= a * SIZE_RATIO + 2;
}
