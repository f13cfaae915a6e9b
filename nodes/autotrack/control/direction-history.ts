/**
 * Recent places of the target, a few per second, and a forecast from them.
 *
 * Forecast: several simple forecasters (level and line over windows of several lengths) are tried on the past, and
 * weighed by how well each would have told the mean of the seconds after (prediction with expert advice, Cesa-Bianchi
 * and Lugosi 2006). A target that wobbles, sways or creeps needs no model of its own that way.
 */

import type { Direction } from '../../../runtime/node.ts';

export interface TimedDirection extends Direction {
  readonly atMs: number;
}

export interface Region {
  readonly middle: Direction;
  /** Distance of the place that is furthest from the middle, in degrees of elevation. */
  readonly radiusDeg: number;
}

/** One place is kept for each of these intervals … */
const BIN_MS = 200;
/** … for this long. */
const KEPT_MS = 30_000;
/** The mean over this time is what is forecast. */
export const FORECAST_S = 5;
/** Windows of the forecasters, seconds: of the level, and of the line. */
const LEVEL_S = [1.5, 6, 30] as const;
const LINE_S = [5, 12] as const;
/** A forecaster is tried from this much past on. */
const LEAST_PAST_MS = 1500;
/** How much faster than by its share of independent tries evidence is trusted. */
const SHARPNESS = 1.5;

export class DirectionHistory {
  #places: TimedDirection[] = [];
  /** Sightings in the newest place. */
  #count = 0;

  get last(): TimedDirection | undefined {
    return this.#places.at(-1);
  }

  get first(): TimedDirection | undefined {
    return this.#places[0];
  }

  /** Time between the first and the last place. */
  get spanS(): number {
    return ((this.last?.atMs ?? 0) - (this.first?.atMs ?? 0)) / 1000;
  }

  reset(): void {
    this.#places = [];
    this.#count = 0;
  }

  add(atMs: number, { panDeg, tiltDeg }: Direction): void {
    const last = this.last;
    if (last === undefined || atMs - last.atMs >= BIN_MS) {
      this.#places.push({ atMs, panDeg, tiltDeg });
      this.#count = 1;
      this.keepFrom(atMs - KEPT_MS);
      return;
    }
    const part = 1 / ++this.#count;
    const mean = (a: number, b: number) => a + (b - a) * part;
    const mixed = { panDeg: mean(last.panDeg, panDeg), tiltDeg: mean(last.tiltDeg, tiltDeg) };
    this.#places[this.#places.length - 1] = { atMs: last.atMs, ...mixed };
  }

  /** Moves all places, after a correction of the camera's computed pose. */
  shift(panDeg: number, tiltDeg: number): void {
    this.#places = this.#places.map((place) => ({
      atMs: place.atMs,
      panDeg: place.panDeg + panDeg,
      tiltDeg: place.tiltDeg + tiltDeg,
    }));
  }

  /** Forgets what is older. */
  keepFrom(ms: number): void {
    let older = 0;
    while ((this.#places[older]?.atMs ?? ms) < ms) older++;
    if (older > 0) this.#places.splice(0, older);
  }

  since(ms: number): readonly TimedDirection[] {
    const from = this.#places.findIndex(({ atMs }) => atMs >= ms);
    return from < 0 ? [] : this.#places.slice(from);
  }

  /** Mean from one time up to another; null when nothing was seen then. */
  mean(fromMs: number, toMs: number): Direction | null {
    const within = this.#places.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
    if (within.length === 0) return null;
    const mean = (side: 'panDeg' | 'tiltDeg') => within.reduce((sum, place) => sum + place[side], 0) / within.length;
    return { panDeg: mean('panDeg'), tiltDeg: mean('tiltDeg') };
  }

  /** Mean of where the target will be over the next seconds. @returns null when it has not been seen */
  forecast(): Direction | null {
    const last = this.#places.length - 1;
    if (last < 0) return null;
    const sums = new Sums(this.#places);
    const errors = FORECASTERS.map(() => 0);
    let tries = 0;
    for (let k = 0; k <= last; k++) {
      const atMs = this.#places[k]?.atMs ?? 0;
      if (atMs < sums.startMs + LEAST_PAST_MS) continue;
      if (atMs + FORECAST_S * 1000 > sums.endMs) break;
      const came = sums.level(k + 1, sums.until(k, atMs + FORECAST_S * 1000));
      tries++;
      for (const [e, forecaster] of FORECASTERS.entries()) {
        const said = forecaster(sums, k);
        errors[e] = (errors[e] ?? 0) + (said.panDeg - came.panDeg) ** 2 + (said.tiltDeg - came.tiltDeg) ** 2;
      }
    }
    const independent = (tries * BIN_MS) / 1000 / FORECAST_S;
    const least = Math.min(...errors) + 1e-6;
    const weights = errors.map((error) => (least / (error + 1e-6)) ** ((SHARPNESS * independent) / 2));
    const all = weights.reduce((sum, weight) => sum + weight, 0);
    let [panDeg, tiltDeg] = [0, 0];
    for (const [e, forecaster] of FORECASTERS.entries()) {
      const said = forecaster(sums, last);
      panDeg += ((weights[e] ?? 0) / all) * said.panDeg;
      tiltDeg += ((weights[e] ?? 0) / all) * said.tiltDeg;
    }
    return { panDeg, tiltDeg };
  }
}

/** The smallest upright box around some places. @param cos what a degree of azimuth is worth there */
export function regionOf(places: readonly Direction[], cos: number): Region {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { panDeg, tiltDeg } of places) {
    left = Math.min(left, panDeg);
    right = Math.max(right, panDeg);
    low = Math.min(low, tiltDeg);
    high = Math.max(high, tiltDeg);
  }
  const middle = { panDeg: (left + right) / 2, tiltDeg: (low + high) / 2 };
  const radiusDeg = places.reduce((most, place) => Math.max(most, distanceDeg(place, middle, cos)), 0);
  return { middle, radiusDeg };
}

export function distanceDeg(a: Direction, b: Direction, cos: number): number {
  return Math.hypot((a.panDeg - b.panDeg) * cos, a.tiltDeg - b.tiltDeg);
}

type Forecaster = (sums: Sums, k: number) => Direction;

const FORECASTERS: readonly Forecaster[] = [
  ...LEVEL_S.map((s) => (sums: Sums, k: number) => sums.level(sums.since(k, s * 1000), k + 1)),
  ...LINE_S.map((s) => (sums: Sums, k: number) => sums.line(sums.since(k, s * 1000), k + 1)),
];

/** Running sums, so that means and lines over any window cost the same. */
class Sums {
  readonly #places: readonly TimedDirection[];
  readonly #sums: Float64Array;
  readonly startMs: number;
  readonly endMs: number;

  constructor(places: readonly TimedDirection[]) {
    this.#places = places;
    this.startMs = places[0]?.atMs ?? 0;
    this.endMs = places.at(-1)?.atMs ?? 0;
    this.#sums = new Float64Array((places.length + 1) * WIDTH);
    for (const [k, { atMs, panDeg, tiltDeg }] of places.entries()) {
      const t = (atMs - this.startMs) / 1000;
      for (const [n, value] of [t, t * t, panDeg, panDeg * t, tiltDeg, tiltDeg * t].entries()) {
        this.#sums[(k + 1) * WIDTH + n] = (this.#sums[k * WIDTH + n] ?? 0) + value;
      }
    }
  }

  /** First place no older than `ms` before place `k`. */
  since(k: number, ms: number): number {
    const fromMs = (this.#places[k]?.atMs ?? 0) - ms;
    let from = Math.max(0, k - Math.ceil(ms / BIN_MS));
    while (from < k && (this.#places[from]?.atMs ?? 0) < fromMs) from++;
    return from;
  }

  /** First place after `k` later than a time. */
  until(k: number, ms: number): number {
    let to = k + 1;
    while (to < this.#places.length && (this.#places[to]?.atMs ?? 0) <= ms) to++;
    return to;
  }

  level(from: number, to: number): Direction {
    const n = Math.max(1, to - from);
    return { panDeg: this.#sum(from, to, 2) / n, tiltDeg: this.#sum(from, to, 4) / n };
  }

  /** Least squares, in the middle of the time that is forecast, or no further ahead than half the window. */
  line(from: number, to: number): Direction {
    const n = to - from;
    const [t, tt] = [this.#sum(from, to, 0), this.#sum(from, to, 1)];
    const spread = tt - (t * t) / n;
    const [firstMs, lastMs] = [this.#places[from]?.atMs ?? 0, this.#places[to - 1]?.atMs ?? 0];
    const atS = (lastMs - this.startMs + Math.min(FORECAST_S * 1000, lastMs - firstMs) / 2) / 1000;
    const at = (side: 2 | 4) => {
      const [sum, joint] = [this.#sum(from, to, side), this.#sum(from, to, side + 1)];
      const slope = n > 2 && spread > 1e-9 ? (joint - (t * sum) / n) / spread : 0;
      return sum / n + slope * (atS - t / n);
    };
    return { panDeg: at(2), tiltDeg: at(4) };
  }

  #sum(from: number, to: number, n: number): number {
    return (this.#sums[to * WIDTH + n] ?? 0) - (this.#sums[from * WIDTH + n] ?? 0);
  }
}

const WIDTH = 6;
