/**
 * Objects that shrink behind an edge and come out on its other side, first a small part and then all.
 *
 * While one side is held up by the edge, the free side alone tells how the object moves. The box that it would have in
 * full goes on with that velocity (a virtual trajectory), and a detection that lies in it and is as high (or as wide,
 * where it is the height that is hidden) is what comes out.
 */
import type { Box, Detection } from '../../runtime/node.ts';

/** How an object was when last seen in full. */
export interface Whole {
  readonly w: number;
  readonly h: number;
  readonly velocity: Vector;
  readonly atS: number;
}

/** An object of which a part was hidden: its full box at the last sighting, and how it moves, pixels per second. */
export interface Partial {
  readonly full: Box;
  readonly velocity: Vector;
  readonly hides: 'w' | 'h';
}

/** A track that no detection has matched. */
interface Unseen {
  readonly label: string;
  readonly seenS: number;
  readonly partial: Partial | null;
}

interface Vector {
  readonly x: number;
  readonly y: number;
}

/** A side shorter than this part of the full one is partly hidden. */
export const SEEN_IN_FULL = 0.85;
const PARTLY_HIDDEN = 0.7;
/** A full size follows the measured ones in about so many seconds; one not seen again for as long as that is none. */
const SIZE_S = 1;
const FORGET_S = 2;
/** The full box is widened by this part of its side, and by this part of the way made out of sight. */
const MARGIN = 0.2;
const UNSURE_WAY = 0.2;
/** Share of a detection that lies in the widened box. */
const WITHIN = 0.7;
/** Sides that are not hidden differ by less. */
const SIZE_RATIO = 1.3;

/** The full size after a sighting. */
export function wholeAfter(before: Whole | null, { w, h }: Box, velocity: Vector, nowS: number, dtS: number): Whole {
  if (before === null || nowS - before.atS > FORGET_S) return { w, h, velocity, atS: nowS };
  if (w < before.w * SEEN_IN_FULL || h < before.h * SEEN_IN_FULL) return before;
  const kept = Math.exp(-dtS / SIZE_S);
  return { w: kept * before.w + (1 - kept) * w, h: kept * before.h + (1 - kept) * h, velocity, atS: nowS };
}

/**
 * @param growth how fast the sides of the box become longer, pixels per second
 * @returns null for an object that is seen in full
 */
export function partialOf(whole: Whole, { x, y, w, h }: Box, velocity: Vector, growth: Vector): Partial | null {
  const hides = w < whole.w * PARTLY_HIDDEN ? 'w' : 'h';
  if (hides === 'h' && h >= whole.h * PARTLY_HIDDEN) return null;
  if (!alike(hides === 'w' ? h / whole.h : w / whole.w)) return null;
  if (hides === 'w') {
    const free = freeSide(velocity.x, growth.x, whole.velocity.x);
    const full = { x: free.isStart ? x : x + w - whole.w, y, w: whole.w, h };
    return { full, velocity: { x: free.velocity, y: velocity.y }, hides };
  }
  const free = freeSide(velocity.y, growth.y, whole.velocity.y);
  const full = { x, y: free.isStart ? y : y + h - whole.h, w, h: whole.h };
  return { full, velocity: { x: velocity.x, y: free.velocity }, hides };
}

/** Which detections are what comes out, each the best of its track. */
export function comingOut<T extends Unseen>(
  tracklets: readonly T[],
  detections: readonly Detection[],
  { nowS, barsLabels }: { readonly nowS: number; readonly barsLabels: boolean },
): Map<Detection, T> {
  const found = new Map<Detection, T>();
  for (const tracklet of tracklets) {
    const { partial } = tracklet;
    if (partial === null) continue;
    let most = WITHIN;
    let best: Detection | null = null;
    for (const detection of detections) {
      if (found.has(detection) || (barsLabels && detection.label !== tracklet.label)) continue;
      const within = shareWithin(detection.bboxPx, partial, nowS - tracklet.seenS);
      if (within <= most) continue;
      most = within;
      best = detection;
    }
    if (best !== null) found.set(best, tracklet);
  }
  return found;
}

/** The side that moves as the whole did: the start of the box, or its end. */
function freeSide(velocity: number, growth: number, ofWhole: number): { isStart: boolean; velocity: number } {
  const [start, end] = [velocity - growth / 2, velocity + growth / 2];
  const isStart = Math.abs(start - ofWhole) < Math.abs(end - ofWhole);
  return { isStart, velocity: isStart ? start : end };
}

function shareWithin(box: Box, { full, velocity, hides }: Partial, dtS: number): number {
  const other = hides === 'w' ? box.h / full.h : box.w / full.w;
  if (!alike(other) || box[hides] > full[hides] * SIZE_RATIO) return 0;
  const way = { x: velocity.x * dtS, y: velocity.y * dtS };
  const marginX = MARGIN * full.w + UNSURE_WAY * Math.abs(way.x);
  const marginY = MARGIN * full.h + UNSURE_WAY * Math.abs(way.y);
  const left = full.x + way.x - marginX;
  const top = full.y + way.y - marginY;
  const w = Math.min(box.x + box.w, left + full.w + 2 * marginX) - Math.max(box.x, left);
  const h = Math.min(box.y + box.h, top + full.h + 2 * marginY) - Math.max(box.y, top);
  return w > 0 && h > 0 ? (w * h) / (box.w * box.h) : 0;
}

function alike(ratio: number): boolean {
  return ratio <= SIZE_RATIO && ratio * SIZE_RATIO >= 1;
}
