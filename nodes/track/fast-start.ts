/**
 * Starts of objects that move by more than matching bridges: fast ones, and all of them at low frame rates.
 *
 * Two sightings far apart prove nothing; a third where the first two say it has to be does. The gate for the second
 * grows with the time between frames up to a stated speed, so the same flight gets a track at 1 as at 60 frames a
 * second. The gate for the third is half the usual one: noise has fewer chances there than in an ordinary start.
 */
import type { Detection } from '../../runtime/node.ts';
import type { Expected, Matcher, MatchRules } from './matching.ts';
import type { Tracklet } from './tracklet.ts';

/** Fastest flight that is looked for, in widths of the frame per second. */
export const FASTEST_WIDTHS_PER_S = 0.75;
/** Two sightings of one object differ by less in each side. */
const SIZE_RATIO = 1.5;
/** The third sighting lies where it should: boxes are grown less, and overlap by more, than in an ordinary start. */
const PROOF_SIDE = 0.5;
const PROOF_IOU = 0.5;
/** With more pairs than this the origin of a sighting is ambiguous. */
const MOST_PAIRS = 10_000;

/** Lets the fast tracklets see the detections that prove their motion. @returns the detections that are left */
export function proveFast(
  tracklets: readonly Tracklet[],
  detections: readonly Detection[],
  matcher: Matcher,
  rules: MatchRules,
  nowS: number,
): readonly Detection[] {
  const flying = tracklets.filter(({ launch }) => launch !== null);
  if (flying.length === 0) return detections;
  const expected = flying.map((tracklet) => ({ tracklet, ...whereNow(tracklet, nowS) }));
  const tight = {
    ...rules,
    leastSidePx: rules.leastSidePx * PROOF_SIDE,
    leastIou: Math.max(rules.leastIou, PROOF_IOU),
  };
  return matcher.match(expected, detections, tight, ({ tracklet }, detection) => {
    if (tracklet.launch !== null) tracklet.seeFast(detection, nowS, tracklet.launch.velocity);
  });
}

/**
 * Notes for each fresh tracklet the single sighting that it may have come from: each other's nearest, of about one
 * size, no further than the fastest flight gets.
 */
export function pairFast(
  singles: readonly Tracklet[],
  fresh: readonly Tracklet[],
  options: { readonly widthPx: number; readonly nowS: number; readonly barsLabels: boolean },
): void {
  if (singles.length === 0 || fresh.length === 0 || singles.length * fresh.length > MOST_PAIRS) return;
  const way = (from: Tracklet, to: Tracklet) => distance(from, to, options);
  for (const to of fresh) {
    const from = nearest(singles, (single) => way(single, to));
    if (from === null || nearest(fresh, (other) => way(from, other)) !== to) continue;
    const dtS = options.nowS - from.seenS;
    const [a, b] = [centre(from), centre(to)];
    to.launch = { from, velocity: { x: (b.x - a.x) / dtS, y: (b.y - a.y) / dtS } };
  }
}

function whereNow(tracklet: Tracklet, nowS: number): Expected {
  const { left, top, right, bottom, label, launch } = tracklet;
  const dtS = nowS - tracklet.seenS;
  const dx = (launch?.velocity.x ?? 0) * dtS;
  const dy = (launch?.velocity.y ?? 0) * dtS;
  return { label, status: 'new', left: left + dx, top: top + dy, right: right + dx, bottom: bottom + dy };
}

/** Pixels between two sightings; infinite when they can't be of one object. */
function distance(from: Tracklet, to: Tracklet, { widthPx, nowS, barsLabels }: Parameters<typeof pairFast>[2]): number {
  if (barsLabels && from.label !== to.label) return Number.POSITIVE_INFINITY;
  if (!alike(from.measured.w, to.measured.w) || !alike(from.measured.h, to.measured.h)) return Number.POSITIVE_INFINITY;
  const [a, b] = [centre(from), centre(to)];
  const px = Math.hypot(a.x - b.x, a.y - b.y);
  return px <= FASTEST_WIDTHS_PER_S * widthPx * (nowS - from.seenS) ? px : Number.POSITIVE_INFINITY;
}

function nearest(among: readonly Tracklet[], way: (tracklet: Tracklet) => number): Tracklet | null {
  let best: Tracklet | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const tracklet of among) {
    const px = way(tracklet);
    if (px >= least) continue;
    least = px;
    best = tracklet;
  }
  return best;
}

function alike(a: number, b: number): boolean {
  return a <= b * SIZE_RATIO && b <= a * SIZE_RATIO;
}

function centre({ left, top, right, bottom }: Tracklet) {
  return { x: (left + right) / 2, y: (top + bottom) / 2 };
}
