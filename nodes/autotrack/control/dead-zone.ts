/**
 * When the camera rests. A target that stays in a small region is not followed: the camera points at where it will be on
 * average and stands still, so that hovering targets and noise do not wear its motors. When that average moves, the
 * camera is put right by one short move, as often as a budget of motion allows. A target that goes on in one direction
 * is followed, however slow it is.
 */
import { distanceDeg, type Place, Places, regionOf, type TimedPlace } from './places.ts';

/** Largest radius of the region that counts as "stays", in dead zones. */
const REGION = 0.9;
/** The region is judged over the last seconds … */
const WINDOW_S = 6;
/** … or what there is of them, of a target that has turned back already, or has not. */
const LEAST_WINDOW_S = { turned: 2, oneWay: 2.3 };

/** A target that has gone this far one way does not hover, in dead zones … */
const WAY = 1.3;
/** … nor one that has gone one way for so long … */
const STEADY_S = 10;
/** … without slowing down: each quarter of that time went at least so far as the one before … */
const KEEPS_ON = 0.93;
/** … and at least this part of the average. */
const LEAST_WAY = 0.8;
/** … and further than noise goes, in standard deviations. */
const SURE = 4;
/** Net way over the extent, from which on a motion is one way. */
const ONE_WAY = 0.85;
/** A drift is over when the target has gone less than this part of what it should have in the last seconds. */
const STOPPED = 0.4;
const STOPPED_S = 2;
/** The way out of the zone is told from the last seconds. */
const LEAVING_S = 1;

/** So many standard deviations of a filtered place are taken for jitter. */
const JITTER = 2;
/** The camera has centred the region when it is within this part of the dead zone. */
const CENTRED = 0.06;
/** A target that is about to leave has been seen at least this far out, in dead zones … */
const NEARLY = 0.85;
/** … or will be this far out. A hovering target that turns back in time is not run after. */
const FAR_AHEAD = 1.6;

/** Part of the time that a resting camera may be under way to be put right, and how much of that is saved up, seconds. */
const BUDGET = { share: 0.02, mostS: 0.6, firstS: 0.6 };
/** A move is commanded for its time, and under way for as long again and a ramp. */
const COST = 2.3;
/** A move that ends before the next step does is ended now. */
const SOON_MS = 20;
/** Distance from which on it is worth it, in dead zones. */
const WORTH = 0.12;
/** … and in radii of the region that the target has lately been in. */
const WORTH_RADII = 0.5;

export type Following = 'track' | 'settle' | 'rest';

interface Velocity {
  readonly panDegPerS: number;
  readonly tiltDegPerS: number;
}

export interface ZoneInput {
  readonly nowMs: number;
  /** Where the axes will point when a command of now acts. */
  readonly axis: Place;
  /** Where the target was seen last. */
  readonly seen: Place;
  /** Where it will be, as far as its velocity is sure, when a command of now acts. */
  readonly ahead: Place;
  /** What a degree of azimuth is worth there. */
  readonly cos: number;
  readonly fieldDeg: number;
  /** Standard deviation of `seen`. */
  readonly stdDeg: number;
  /** The camera is under way, or told to be. */
  readonly moving: boolean;
  /** How long a short move to there takes. */
  readonly moveS: (to: Place) => number;
}

export class DeadZone {
  readonly #zone: number;
  readonly #places = new Places();
  #state: Following = 'track';
  #aim: Place = { panDeg: 0, tiltDeg: 0 };
  #settledMs = Number.NEGATIVE_INFINITY;
  /** The target goes on in one direction, at this speed. */
  #drift: Velocity | null = null;
  #budgetS: number = BUDGET.firstS;
  /** The region has not been centred yet. */
  #first = false;
  #lastMs = Number.NaN;
  #judgedMs = Number.NEGATIVE_INFINITY;

  /** @param zone half-width of the dead zone, share of the frame width */
  constructor(zone: number) {
    this.#zone = zone;
  }

  /** Where the camera is to point while it settles. */
  get aim(): Place {
    return this.#aim;
  }

  /** … and how much time it has for it. */
  remainingS(nowMs: number): number {
    return (this.#settledMs - nowMs) / 1000;
  }

  /** Another target, or one that was lost. */
  reset(): void {
    this.#places.reset();
    this.#state = 'track';
    this.#drift = null;
    this.#budgetS = BUDGET.firstS;
    this.#lastMs = Number.NaN;
    this.#judgedMs = Number.NEGATIVE_INFINITY;
  }

  /** Notes where the filtered target is. */
  add(atMs: number, place: Place): void {
    this.#places.add(atMs, place);
  }

  /** Moves all places, as when the camera's reckoned position is put right. */
  shift(panDeg: number, tiltDeg: number): void {
    this.#places.shift(panDeg, tiltDeg);
    this.#aim = { panDeg: this.#aim.panDeg + panDeg, tiltDeg: this.#aim.tiltDeg + tiltDeg };
  }

  step(now: ZoneInput): Following {
    this.#spend(now);
    const last = this.#places.last;
    if (last === undefined) return this.#state;
    if (this.#state !== 'track' && this.#leaves(now)) this.#leave(now);
    const fresh = last.atMs !== this.#judgedMs;
    this.#judgedMs = last.atMs;
    if (fresh) this.#judge(now);
    if (this.#state === 'settle') {
      const off = distanceDeg(now.axis, this.#aim, now.cos);
      if (off < CENTRED * this.#zone * now.fieldDeg || now.nowMs >= this.#settledMs - SOON_MS) this.#state = 'rest';
    }
    return this.#state;
  }

  /** Time under way is paid from the budget. */
  #spend({ nowMs, moving }: ZoneInput): void {
    const dtS = Number.isFinite(this.#lastMs) ? Math.max(0, nowMs - this.#lastMs) / 1000 : 0;
    this.#lastMs = nowMs;
    if (this.#state === 'rest' && !moving) this.#first = false;
    if (this.#state === 'track' || this.#first) return;
    const spent = moving ? dtS : 0;
    this.#budgetS = Math.min(BUDGET.mostS, this.#budgetS + BUDGET.share * dtS - spent);
  }

  /** With a new place: whether to rest, to follow, or to be put right. */
  #judge(now: ZoneInput): void {
    if (this.#state === 'track') {
      if (this.#drift !== null && this.#goesOn(this.#drift, now)) return;
      this.#drift = this.#proveDrift(now);
      if (this.#drift !== null || !this.#stays(now)) return;
      this.#forgetOutside(now);
      this.#aim = this.#places.forecast() ?? this.#aim;
      this.#budgetS = BUDGET.firstS;
      this.#first = true;
      this.#settle(now);
      return;
    }
    this.#drift = this.#proveDrift(now);
    if (this.#drift !== null) this.#state = 'track';
    else if (this.#state === 'rest') this.#putRight(now);
  }

  #leaves(now: ZoneInput): boolean {
    const { axis, seen, ahead, cos, fieldDeg } = now;
    const zoneDeg = this.#zone * fieldDeg;
    const [out, outAhead] = [distanceDeg(seen, axis, cos) / zoneDeg, distanceDeg(ahead, axis, cos) / zoneDeg];
    if (this.#state === 'settle') return outAhead > FAR_AHEAD * 1.5;
    if (outAhead > FAR_AHEAD) return true;
    const last = this.#places.last;
    if (outAhead < 1 || out < NEARLY || last === undefined) return false;
    const way = this.#velocity(last.atMs - LEAVING_S * 1000);
    return way === null || this.#isNewGround(last, way, LEAVING_S, now);
  }

  /** It is on its way until it stops or turns; where it has been stays known. */
  #leave(now: ZoneInput): void {
    this.#state = 'track';
    const lastMs = this.#places.last?.atMs ?? 0;
    this.#drift = this.#oneWay(lastMs - WINDOW_S * 1000, now) ?? this.#velocity(lastMs - LEAVING_S * 1000);
  }

  /** Mean velocity since then. */
  #velocity(fromMs: number): Velocity | null {
    const places = this.#places.since(fromMs);
    const [first, last] = [places[0], places.at(-1)];
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return null;
    const seconds = (last.atMs - first.atMs) / 1000;
    return {
      panDegPerS: (last.panDeg - first.panDeg) / seconds,
      tiltDegPerS: (last.tiltDeg - first.tiltDeg) / seconds,
    };
  }

  /** One short move, when it is worth it and the budget allows it. */
  #putRight(now: ZoneInput): void {
    const aim = this.#places.forecast();
    if (aim === null) return;
    const off = distanceDeg(now.axis, aim, now.cos);
    const lastMs = this.#places.last?.atMs ?? 0;
    const { radiusDeg } = regionOf(this.#places.since(lastMs - WINDOW_S * 1000), now.cos);
    const worth = Math.max(WORTH * this.#zone * now.fieldDeg + now.stdDeg, WORTH_RADII * radiusDeg);
    if (off < worth || this.#budgetS < COST * now.moveS(aim)) return;
    this.#aim = aim;
    this.#first = false;
    this.#settle(now);
  }

  #settle({ nowMs, moveS }: ZoneInput): void {
    this.#state = 'settle';
    this.#settledMs = nowMs + moveS(this.#aim) * 1000;
  }

  #stays(now: ZoneInput): boolean {
    const lastMs = this.#places.last?.atMs ?? 0;
    const { spanS } = this.#places;
    const oneWay = this.#oneWay(lastMs - WINDOW_S * 1000, now) !== null;
    if (spanS < (oneWay ? LEAST_WINDOW_S.oneWay : LEAST_WINDOW_S.turned)) return false;
    const { radiusDeg } = regionOf(this.#places.since(lastMs - WINDOW_S * 1000), now.cos);
    return radiusDeg - JITTER * now.stdDeg < REGION * this.#zone * now.fieldDeg;
  }

  /** Velocity of a motion that went one way all the time and is no noise; null for any other. */
  #oneWay(fromMs: number, { cos, stdDeg }: ZoneInput): Velocity | null {
    const places = this.#places.since(fromMs);
    const [first, last] = [places[0], places.at(-1)];
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return null;
    const net = distanceDeg(first, last, cos);
    if (net < SURE * stdDeg || net < ONE_WAY * 2 * regionOf(places, cos).radiusDeg) return null;
    return this.#velocity(fromMs);
  }

  /** One way, and further than a hovering target goes or for longer than a swaying one does. */
  #proveDrift(now: ZoneInput): Velocity | null {
    const first = this.#places.first;
    const last = this.#places.last;
    if (first === undefined || last === undefined) return null;
    const whole = this.#oneWay(first.atMs, now);
    const far = distanceDeg(first, last, now.cos) > WAY * this.#zone * now.fieldDeg;
    if (whole !== null && far && this.#goesOn(whole, now)) return whole;
    if (this.#places.spanS < STEADY_S) return null;
    const late = this.#oneWay(last.atMs - STEADY_S * 1000, now);
    return late !== null && this.#keepsOn(last.atMs, now) && this.#isNewGround(last, late, STEADY_S, now) ? late : null;
  }

  /** The last seconds in quarters: none goes another way than the one before, nor less far. */
  #keepsOn(lastMs: number, { cos, stdDeg }: ZoneInput): boolean {
    const quarterMs = (STEADY_S * 1000) / 4;
    const means = [4, 3, 2, 1].map((k) => this.#places.mean(lastMs - k * quarterMs, lastMs - (k - 1) * quarterMs + 1));
    const ways = means.slice(1).map((mean, k) => {
      const before = means[k];
      return mean && before
        ? { x: (mean.panDeg - before.panDeg) * cos, y: mean.tiltDeg - before.tiltDeg }
        : { x: 0, y: 0 };
    });
    const mean = { x: sumOf(ways, 'x') / ways.length, y: sumOf(ways, 'y') / ways.length };
    const size = Math.hypot(mean.x, mean.y);
    const along = ways.map(({ x, y }) => (x * mean.x + y * mean.y) / size);
    return along.every((way, k) => way > LEAST_WAY * size && way > KEEPS_ON * (along[k - 1] ?? 0) - stdDeg / 2);
  }

  /** It has not been as far in that direction before. */
  #isNewGround(
    last: TimedPlace,
    { panDegPerS, tiltDegPerS }: Velocity,
    seconds: number,
    { cos, stdDeg }: ZoneInput,
  ): boolean {
    const [x, y] = [panDegPerS * cos, tiltDegPerS];
    const along = ({ panDeg, tiltDeg }: Place) => (panDeg * cos * x + tiltDeg * y) / Math.hypot(x, y);
    const [here, fromMs] = [along(last) - stdDeg, last.atMs - seconds * 1000];
    return this.#places.since(Number.NEGATIVE_INFINITY).every((place) => place.atMs > fromMs || along(place) < here);
  }

  /** Keeps the places of the region that the target is in, back to where it came into it. */
  #forgetOutside({ cos, fieldDeg }: ZoneInput): void {
    const lastMs = this.#places.last?.atMs ?? 0;
    const { middle } = regionOf(this.#places.since(lastMs - WINDOW_S * 1000), cos);
    const outside = this.#places
      .since(Number.NEGATIVE_INFINITY)
      .findLast((place) => distanceDeg(place, middle, cos) > this.#zone * fieldDeg);
    if (outside !== undefined) this.#places.keepFrom(outside.atMs + 1);
  }

  /** It has not stopped, nor turned. */
  #goesOn({ panDegPerS, tiltDegPerS }: Velocity, { cos }: ZoneInput): boolean {
    const last = this.#places.last;
    const [first] = this.#places.since((last?.atMs ?? 0) - STOPPED_S * 1000);
    if (first === undefined || last === undefined) return false;
    const [x, y] = [panDegPerS * cos, tiltDegPerS];
    const seconds = (last.atMs - first.atMs) / 1000;
    const along = ((last.panDeg - first.panDeg) * cos * x + (last.tiltDeg - first.tiltDeg) * y) / Math.hypot(x, y);
    return along >= STOPPED * Math.hypot(x, y) * seconds;
  }
}

function sumOf(ways: readonly { x: number; y: number }[], side: 'x' | 'y'): number {
  return ways.reduce((sum, way) => sum + way[side], 0);
}
