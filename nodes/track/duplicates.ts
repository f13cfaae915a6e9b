/**
 * Which tracks are of one object: a seen and a lost one on the same spot, of which the one seen over the longer time
 * stays. Two that were once seen apart in one picture are two objects, however well one now hides the other.
 */
import type { Box } from '../../runtime/node.ts';
import type { Tracklet } from './tracklet.ts';

/** Notes for tracks just lost which others were seen on their spot in the last picture of them: perhaps the same object. */
export function noteTwins(lost: readonly Tracklet[], all: readonly Tracklet[], leastIou: number): void {
  const lastS = lost[0]?.seenS;
  if (lastS === undefined) return;
  const then: Then[] = [];
  for (const tracklet of all) {
    const box = boxAt(tracklet, lastS);
    if (box !== null) then.push(edges(box, tracklet));
  }
  then.sort((a, b) => a.left - b.left);
  for (const tracklet of lost) {
    const own = edges(tracklet.measured, tracklet);
    const twins: Tracklet[] = [];
    for (const other of onSpot(then, own)) {
      if (other.tracklet !== tracklet && iou(other, own) > leastIou) twins.push(other.tracklet);
    }
    tracklet.twins = twins;
  }
}

/** @returns the tracks to drop */
export function duplicates(tracklets: readonly Tracklet[], leastIou: number, barsLabels: boolean): Set<Tracklet> {
  const dropped = new Set<Tracklet>();
  if (!tracklets.some(({ status }) => status === 'lost')) return dropped;
  const seen = tracklets.filter(({ status }) => status === 'tracked').sort((a, b) => a.left - b.left);
  for (const lost of tracklets) {
    if (lost.status !== 'lost') continue;
    for (const other of onSpot(seen, lost)) {
      if (barsLabels && other.label !== lost.label) continue;
      if (iou(other, lost) <= leastIou || wereApart(other, lost)) continue;
      dropped.add(other.seenS - other.startS > lost.seenS - lost.startS ? lost : other);
    }
  }
  return dropped;
}

/** A track that is younger than the last picture of the lost one was never beside it. */
function wereApart(seen: Tracklet, lost: Tracklet): boolean {
  return seen.startS <= lost.seenS && !lost.twins.includes(seen);
}

/** The box as measured at that time, if it was. */
function boxAt(tracklet: Tracklet, atS: number): Box | null {
  if (tracklet.seenS === atS) return tracklet.measured;
  return tracklet.beforeS === atS ? tracklet.before : null;
}

/** Of boxes by rising left edge those that may overlap by half or more: they begin less than a width apart. */
function* onSpot<T extends Edges>(sorted: readonly T[], { left, right }: Edges): Generator<T> {
  let low = 0;
  for (let high = sorted.length; low < high; ) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.left ?? 0) < left - (right - left)) low = middle + 1;
    else high = middle;
  }
  for (let k = low; k < sorted.length; k++) {
    const other = sorted[k];
    if (other === undefined || other.left >= right) return;
    yield other;
  }
}

interface Edges {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A track where it was seen. */
interface Then extends Edges {
  readonly tracklet: Tracklet;
}

function edges({ x, y, w, h }: Box, tracklet: Tracklet): Then {
  return { tracklet, left: x, top: y, right: x + w, bottom: y + h };
}

function iou(a: Edges, b: Edges): number {
  const w = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const h = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (!(w > 0 && h > 0)) return 0;
  const shared = w * h;
  const areaA = (a.right - a.left) * (a.bottom - a.top);
  return shared / (areaA + (b.right - b.left) * (b.bottom - b.top) - shared);
}
