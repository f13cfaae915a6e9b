/**
 * When the camera rests. A target that stays in a small region is not followed: the camera points at where it will be
 * on average and stands still, so that hovering targets and noise do not wear its motors. When that average moves, the
 * camera is corrected by one short move, as often as a budget of motion allows. A target that moves on in one direction
 * is followed, however slow it is.
 */
import type { Direction } from '../../../runtime/node.ts';
import { DirectionHistory, distanceDeg, regionOf } from './direction-history.ts';
import { DriftWatch, type Scale } from './drift-watch.ts';
import type { ControlOptions } from './options.ts';
import type { AngularVelocity } from './types.ts';

/** Largest radius of the region that counts as "stays", in dead zones. */
const REGION = 0.9;
/** The region is judged over the last seconds … */
const WINDOW_S = 6;
/** … or what there is of them, of a target that has turned back already, or has not. */
const LEAST_WINDOW_S = { turned: 2, oneWay: 2.3 };

/** The way out of the zone is told from the last seconds. */
const LEAVING_S = 1;

/** This many standard deviations of a filtered place count as jitter. */
const JITTER = 2;
/** The camera has centred the region when it is within this part of the dead zone. */
const CENTRED = 0.06;
/** A target that is about to leave has been seen at least this far out, in dead zones … */
const NEARLY = 0.85;
/** … or will be this far out. A hovering target that turns back in time is not run after. */
const FAR_AHEAD = 1.6;

/** Share of the time that a resting camera may move for corrections, and the most that is saved up, in seconds. */
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

export interface ZoneInput extends Scale {
  readonly nowMs: number;
  /** Where the axes will point when a command of now acts. */
  readonly axis: Direction;
  /** Where the target was seen last. */
  readonly seen: Direction;
  /** Where it will be, as far as its velocity is sure, when a command of now acts. */
  readonly ahead: Direction;
  readonly fieldDeg: number;
  /** The camera is under way, or told to be. */
  readonly moving: boolean;
  /** How long a short move to there takes. */
  readonly moveS: (to: Direction) => number;
}

export class DeadZone {
  readonly #options: Pick<ControlOptions, 'dead_zone'>;
  readonly #places = new DirectionHistory();
  readonly #watch = new DriftWatch(this.#places);
  #state: Following = 'track';
  #aim: Direction = { panDeg: 0, tiltDeg: 0 };
  #settledMs = Number.NEGATIVE_INFINITY;
  /** The target goes on in one direction, at this speed. */
  #drift: AngularVelocity | null = null;
  #budgetS: number = BUDGET.firstS;
  /** The region has not been centred yet. */
  #first = false;
  #lastMs = Number.NaN;
  #judgedMs = Number.NEGATIVE_INFINITY;

  constructor(options: Pick<ControlOptions, 'dead_zone'>) {
    this.#options = options;
  }

  /** Half-width, share of the frame width. */
  get #zone(): number {
    return this.#options.dead_zone;
  }

  /** Where the camera is to point while it settles. */
  get aim(): Direction {
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
  add(atMs: number, place: Direction): void {
    this.#places.add(atMs, place);
  }

  /** Moves all places, after a correction of the camera's computed pose. */
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

  /** With a new place: whether to rest, to follow, or to correct. */
  #judge(now: ZoneInput): void {
    if (this.#state === 'track') {
      if (this.#drift !== null && this.#watch.goesOn(this.#drift, now)) return;
      this.#drift = this.#watch.prove(now, this.#zone * now.fieldDeg);
      if (this.#drift !== null || !this.#stays(now)) return;
      this.#forgetOutside(now);
      this.#aim = this.#places.forecast() ?? this.#aim;
      this.#budgetS = BUDGET.firstS;
      this.#first = true;
      this.#settle(now);
      return;
    }
    this.#drift = this.#watch.prove(now, this.#zone * now.fieldDeg);
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
    const way = this.#watch.velocity(last.atMs - LEAVING_S * 1000);
    return way === null || this.#watch.isNewGround(last, way, LEAVING_S, now);
  }

  /** It is on its way until it stops or turns; where it has been stays known. */
  #leave(now: ZoneInput): void {
    this.#state = 'track';
    const lastMs = this.#places.last?.atMs ?? 0;
    this.#drift = this.#watch.oneWay(lastMs - WINDOW_S * 1000, now) ?? this.#watch.velocity(lastMs - LEAVING_S * 1000);
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
    const oneWay = this.#watch.oneWay(lastMs - WINDOW_S * 1000, now) !== null;
    if (spanS < (oneWay ? LEAST_WINDOW_S.oneWay : LEAST_WINDOW_S.turned)) return false;
    const { radiusDeg } = regionOf(this.#places.since(lastMs - WINDOW_S * 1000), now.cos);
    return radiusDeg - JITTER * now.stdDeg < REGION * this.#zone * now.fieldDeg;
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
}
