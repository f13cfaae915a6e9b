/**
 * When the camera rests. A target that stays in a small region is not followed: the camera centres the region and then
 * stands still until the target leaves the dead zone, so that hovering targets and noise do not wear its motors.
 */

/** Largest radius of the region that counts as "stays", in dead zones. */
const REGION = 0.9;
/** The region is judged over the last seconds … */
const WINDOW_S = 6;
/** … at least over this long … */
const LEAST_WINDOW_S = 0.8;
/** … and strictly so while there is less than this: a target that has just been found may move steadily. */
const FULL_WINDOW_S = 4;
/** What lies longer before a target left the dead zone is no proof of rest any more. */
const PROOF_S = 1;
/** … unless it is within this many radii of the region that it has been in. */
const KNOWN = 1.3;
/** So many standard deviations of a filtered place are taken for jitter. */
const JITTER = 2;
/** The camera has centred the region when it is within this part of the dead zone. */
const CENTRED = 0.06;

/** A target that left the dead zone by a slow and steady motion is followed for this many times as long as that took … */
const STEADY_TIMES = 2;
/** … at most for this long. */
const STEADY_MOST_S = 15;
/** It was steady when it went as far in the second half of the time as in the first, up to this factor. */
const STEADY_FACTOR = 3;
/** … and did not come back on its way: least part of the way that is left of it. */
const ONE_WAY = 0.85;
/** A drift shows after this time, this far out in dead zones. */
const DRIFT_S = 5;
const DRIFTED = 0.25;
const RESTED_STEP_MS = 200;
const RESTED_MOST = 300;

/** A resting camera is put right when over the last seconds … */
const RECENT_S = 2.5;
/** … the target kept within this radius … */
const CALM = 0.1;
/** … that far from the centre, both in dead zones. */
const OFF_CENTRE = 0.1;
/** A target that is about to leave has been seen at least this far out, in dead zones … */
const NEARLY = 0.85;
/** … or will be this far out. A hovering target that turns back in time is not run after. */
const FAR_AHEAD = 1.6;

export interface Off {
  readonly seen: number;
  readonly ahead: number;
  readonly middle: number;
  readonly recent: number;
}

export type Following = 'track' | 'settle' | 'rest';

interface Place {
  readonly atMs: number;
  readonly x: number;
  readonly y: number;
}

export class DeadZone {
  readonly #zone: number;
  #places: Place[] = [];
  #resting = false;
  /** Where and when the camera came to rest. */
  #restedAt: Place | null = null;
  /** Where the target has been since then, now and then. */
  #rested: Place[] = [];
  /** The camera has been put right in this rest. */
  #corrected = false;
  #steadyUntilMs = Number.NEGATIVE_INFINITY;

  /** @param zone half-width of the dead zone, share of the frame width */
  constructor(zone: number) {
    this.#zone = zone;
  }

  /** Another target, or one that was lost. */
  reset(): void {
    this.#places = [];
    this.#resting = false;
    this.#corrected = false;
    this.#steadyUntilMs = Number.NEGATIVE_INFINITY;
  }

  /** Notes where the filtered target is, in degrees that are alike in both directions. */
  add(atMs: number, x: number, y: number): void {
    this.#places.push({ atMs, x, y });
    const oldest = this.#places.findIndex((place) => place.atMs >= atMs - WINDOW_S * 1000);
    this.#places.splice(0, oldest);
    if (this.#resting && atMs - (this.#rested.at(-1)?.atMs ?? 0) >= RESTED_STEP_MS) {
      this.#rested.push({ atMs, x, y });
      if (this.#rested.length > RESTED_MOST) this.#rested.shift();
    }
  }

  /** Moves all places, as when the camera's reckoned position is put right. */
  shift(x: number, y: number): void {
    const moved = (place: Place) => ({ atMs: place.atMs, x: place.x + x, y: place.y + y });
    this.#places = this.#places.map(moved);
    this.#rested = this.#rested.map(moved);
    this.#restedAt &&= moved(this.#restedAt);
  }

  /** Middle of the region that the target has lately been in. */
  get middle(): { x: number; y: number } {
    return regionOf(this.#places);
  }

  /** The same over the last seconds only. */
  get recentMiddle(): { x: number; y: number } {
    return regionOf(this.#recent());
  }

  /**
   * @param off distances of the camera, shares of the frame width: to where the target is (`seen`), to where it will be
   * when a command of now acts (`ahead`), to the middle of its region (`middle`), of late (`recent`)
   * @param fieldDeg the field of view
   * @param stdDeg standard deviation of the filtered target's place
   */
  step(off: Off, fieldDeg: number, stdDeg: number): Following {
    if (this.#resting) {
      const leaves = (off.ahead > this.#zone && off.seen > NEARLY * this.#zone) || this.#drifts(off.seen);
      if (leaves || off.ahead > FAR_AHEAD * this.#zone) this.#leave();
      else if (this.#offCentre(off.recent, fieldDeg, stdDeg)) {
        this.#resting = false;
        this.#corrected = true;
        this.#places = this.#recent();
        return 'settle';
      }
      return this.#resting ? 'rest' : 'track';
    }
    const last = this.#places.at(-1);
    if (last === undefined || last.atMs < this.#steadyUntilMs || !this.#stays(fieldDeg, stdDeg)) return 'track';
    this.#resting = off.middle < CENTRED * this.#zone + stdDeg / fieldDeg;
    if (this.#resting) {
      this.#restedAt = last;
      this.#rested = [last];
    }
    return this.#resting ? 'rest' : 'settle';
  }

  /** A slow and steady target is followed before it gets to the edge. */
  #drifts(seen: number): boolean {
    const [from, to] = [this.#restedAt, this.#places.at(-1)];
    if (from === null || to === undefined || seen < DRIFTED * this.#zone) return false;
    return to.atMs - from.atMs >= DRIFT_S * 1000 && wentSteadily([...this.#rested, to]);
  }

  /** Once in a rest: a target that hardly moves is not where the camera came to rest: the first look was not good enough. */
  #offCentre(off: number, fieldDeg: number, stdDeg: number): boolean {
    const recent = this.#recent();
    const rested = (this.#places.at(-1)?.atMs ?? 0) - (this.#restedAt?.atMs ?? 0);
    if (this.#corrected || rested < RECENT_S * 1000) return false;
    const jitter = stdDeg / fieldDeg;
    const { radius } = regionOf(recent);
    return radius / fieldDeg < CALM * this.#zone + jitter && off > OFF_CENTRE * this.#zone + JITTER * jitter;
  }

  /** The places of the last seconds. */
  #recent(): Place[] {
    const latest = this.#places.at(-1)?.atMs ?? 0;
    return this.#places.filter(({ atMs }) => atMs >= latest - RECENT_S * 1000);
  }

  #leave(): void {
    this.#resting = false;
    this.#corrected = false;
    const [from, to] = [this.#restedAt, this.#places.at(-1)];
    if (from === null || to === undefined) return;
    const tookMs = to.atMs - from.atMs;
    const steady = tookMs >= DRIFT_S * 1000 && wentSteadily([...this.#rested, to]);
    if (steady) this.#steadyUntilMs = to.atMs + Math.min(STEADY_MOST_S * 1000, STEADY_TIMES * tookMs);
    const before = this.#places.filter(({ atMs }) => atMs < to.atMs - PROOF_S * 1000);
    const region = regionOf(before);
    const longEnough = to.atMs - (before[0]?.atMs ?? to.atMs) > PROOF_S * 2000;
    // A target that is where it has been before hovers on, about a middle that is better known by now.
    const known = longEnough && Math.hypot(to.x - region.x, to.y - region.y) < KNOWN * region.radius;
    if (!known) this.#places = this.#places.slice(before.length);
  }

  #stays(fieldDeg: number, stdDeg: number): boolean {
    const windowS = ((this.#places.at(-1)?.atMs ?? 0) - (this.#places[0]?.atMs ?? 0)) / 1000;
    if (windowS < LEAST_WINDOW_S) return false;
    const { radius } = regionOf(this.#places);
    if (windowS >= DRIFT_S && radius > DRIFTED * this.#zone * fieldDeg * 0.5 && wentSteadily(this.#places))
      return false;
    return (radius - JITTER * stdDeg) / fieldDeg < REGION * this.#zone * Math.min(1, windowS / FULL_WINDOW_S);
  }
}

/** The middle of some places, and how far the furthest is from it. */
function regionOf(places: readonly Place[]): { x: number; y: number; radius: number } {
  const xs = places.map(({ x }) => x);
  const ys = places.map(({ y }) => y);
  const x = (Math.min(...xs) + Math.max(...xs)) / 2;
  const y = (Math.min(...ys) + Math.max(...ys)) / 2;
  return { x, y, radius: places.reduce((most, place) => Math.max(most, Math.hypot(place.x - x, place.y - y)), 0) };
}

/** They went one way, in the second half of the time as far as in the first. */
function wentSteadily(places: readonly Place[]): boolean {
  const [from, to] = [places[0], places.at(-1)];
  if (from === undefined || to === undefined) return false;
  const halfway = places.find(({ atMs }) => atMs >= (from.atMs + to.atMs) / 2) ?? to;
  const [first, second] = [way(from, halfway), way(halfway, to)];
  const [short = 0, long = 0] = [Math.hypot(first.x, first.y), Math.hypot(second.x, second.y)].toSorted(
    (a, b) => a - b,
  );
  const net = Math.hypot(to.x - from.x, to.y - from.y);
  const oneWay = net > ONE_WAY * 2 * regionOf(places).radius;
  return oneWay && first.x * second.x + first.y * second.y > 0 && long < STEADY_FACTOR * short;
}

function way(from: Place, to: Place): { x: number; y: number } {
  return { x: to.x - from.x, y: to.y - from.y };
}
