/**
 * Tells a target that goes on in one direction, however slowly, from one that hovers, wobbles or sways: by the places
 * where it has been.
 */
import type { Direction } from '../../../runtime/node.ts';
import { type DirectionHistory, distanceDeg, regionOf, type TimedDirection } from './direction-history.ts';
import type { AngularVelocity } from './types.ts';

/** A target that has gone this far one way does not hover, in dead zones … */
const WAY = 1.3;
/** … nor one that has gone one way for this long … */
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

/** What degrees are worth where the target is. */
export interface Scale {
  /** What a degree of azimuth is worth there. */
  readonly cos: number;
  /** Standard deviation of a place. */
  readonly stdDeg: number;
}

export class DriftWatch {
  readonly #places: DirectionHistory;

  constructor(places: DirectionHistory) {
    this.#places = places;
  }

  /** One way, and further than a hovering target goes or for longer than a swaying one does. */
  prove(now: Scale, zoneDeg: number): AngularVelocity | null {
    const first = this.#places.first;
    const last = this.#places.last;
    if (first === undefined || last === undefined) return null;
    const whole = this.oneWay(first.atMs, now);
    const far = distanceDeg(first, last, now.cos) > WAY * zoneDeg;
    if (whole !== null && far && this.goesOn(whole, now)) return whole;
    if (this.#places.spanS < STEADY_S) return null;
    const late = this.oneWay(last.atMs - STEADY_S * 1000, now);
    return late !== null && this.#keepsOn(last.atMs, now) && this.isNewGround(last, late, STEADY_S, now) ? late : null;
  }

  /** AngularVelocity of a motion that went one way all the time and is no noise; null for any other. */
  oneWay(fromMs: number, { cos, stdDeg }: Scale): AngularVelocity | null {
    const places = this.#places.since(fromMs);
    const [first, last] = [places[0], places.at(-1)];
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return null;
    const net = distanceDeg(first, last, cos);
    if (net < SURE * stdDeg || net < ONE_WAY * 2 * regionOf(places, cos).radiusDeg) return null;
    return this.velocity(fromMs);
  }

  /** Mean velocity since then. */
  velocity(fromMs: number): AngularVelocity | null {
    const places = this.#places.since(fromMs);
    const [first, last] = [places[0], places.at(-1)];
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return null;
    const seconds = (last.atMs - first.atMs) / 1000;
    return {
      panDegPerS: (last.panDeg - first.panDeg) / seconds,
      tiltDegPerS: (last.tiltDeg - first.tiltDeg) / seconds,
    };
  }

  /** It has not stopped, nor turned. */
  goesOn({ panDegPerS, tiltDegPerS }: AngularVelocity, { cos }: Scale): boolean {
    const last = this.#places.last;
    const [first] = this.#places.since((last?.atMs ?? 0) - STOPPED_S * 1000);
    if (first === undefined || last === undefined) return false;
    const [x, y] = [panDegPerS * cos, tiltDegPerS];
    const seconds = (last.atMs - first.atMs) / 1000;
    const along = ((last.panDeg - first.panDeg) * cos * x + (last.tiltDeg - first.tiltDeg) * y) / Math.hypot(x, y);
    return along >= STOPPED * Math.hypot(x, y) * seconds;
  }

  /** It has not been as far in that direction before. */
  isNewGround(
    last: TimedDirection,
    { panDegPerS, tiltDegPerS }: AngularVelocity,
    seconds: number,
    { cos, stdDeg }: Scale,
  ): boolean {
    const [x, y] = [panDegPerS * cos, tiltDegPerS];
    const along = ({ panDeg, tiltDeg }: Direction) => (panDeg * cos * x + tiltDeg * y) / Math.hypot(x, y);
    const [here, fromMs] = [along(last) - stdDeg, last.atMs - seconds * 1000];
    return this.#places.since(Number.NEGATIVE_INFINITY).every((place) => place.atMs > fromMs || along(place) < here);
  }

  /** The last seconds in quarters: none goes another way than the one before, nor less far. */
  #keepsOn(lastMs: number, { cos, stdDeg }: Scale): boolean {
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
}

function sumOf(ways: readonly { x: number; y: number }[], side: 'x' | 'y'): number {
  return ways.reduce((sum, way) => sum + way[side], 0);
}
