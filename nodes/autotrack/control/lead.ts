/**
 * Where the target will be when a command acts: several predictors, weighed by how well they have lately told that very
 * moment, a loop delay ahead (prediction with expert advice, Cesa-Bianchi and Lugosi 2006). What explains the next
 * sighting best is not what looks furthest ahead: a wobble that the quick filter follows is noise half a second later.
 *
 * The predictors are the manoeuvring-target filter and lines fitted over fading memories (Brown 1959), which are put
 * back onto the filter when the target has left them.
 */
import type { Estimate } from './target-filter.ts';

/** Time constants of the fading memories. */
const MEMORIES_S = [0.8, 2.5] as const;
/** Losses are remembered for this long. */
const LOSS_S = 4;
/** A line is left when the filter is off by so many standard deviations of a sighting … */
const LEFT_STD = 3;
/** … and by this part of the field of view. */
const LEFT_SHARE = 0.006;
/** Snapshots are kept for a delay of this at most. */
const KEPT_MS = 3000;

interface Line {
  x: number;
  v: number;
  /** Sightings since it was started. */
  count: number;
}

interface Snapshot {
  readonly atMs: number;
  /** By predictor. */
  readonly x: readonly number[];
  readonly v: readonly number[];
}

/** One axis. */
export class Lead {
  #atMs = Number.NaN;
  #lines: Line[] = [];
  #snapshots: Snapshot[] = [];
  #losses: number[] = [0, ...MEMORIES_S.map(() => 0)];

  reset(): void {
    this.#atMs = Number.NaN;
    this.#lines = [];
    this.#snapshots = [];
    this.#losses = this.#losses.map(() => 0);
  }

  shift(by: number): void {
    for (const line of this.#lines) line.x += by;
    this.#snapshots = this.#snapshots.map((s) => ({ ...s, x: s.x.map((x) => x + by) }));
  }

  /**
   * Takes in a sighting that the filter has taken in already.
   * @param leadMs how far ahead of a sighting a command acts
   */
  see(atMs: number, measured: number, noiseVar: number, filtered: Estimate, fieldDeg: number, leadMs: number): void {
    const dtS = (atMs - this.#atMs) / 1000;
    this.#atMs = atMs;
    if (!(dtS > 0) || this.#lines.length === 0) {
      this.#lines = MEMORIES_S.map(() => ({ x: filtered.position, v: filtered.velocity, count: 1 }));
      this.#snapshots = [];
      return;
    }
    this.#score(atMs, measured, dtS, leadMs);
    const left = Math.max(LEFT_STD * Math.sqrt(noiseVar), LEFT_SHARE * fieldDeg);
    for (const [k, line] of this.#lines.entries()) {
      const fade = Math.exp(-dtS / (MEMORIES_S[k] ?? 1));
      const n = ++line.count;
      const expected = line.x + line.v * dtS;
      const gainX = Math.max(1 - fade * fade, (2 * (2 * n - 1)) / (n * (n + 1)));
      const gainV = Math.max((1 - fade) ** 2, 6 / (n * (n + 1)));
      line.x = expected + Math.min(1, gainX) * (measured - expected);
      line.v += (Math.min(1, gainV) / dtS) * (measured - expected);
      if (n < 4 || Math.abs(line.x - filtered.position) > left) {
        line.x = filtered.position;
        line.v = filtered.velocity;
        if (n >= 4) line.count = 3;
      }
    }
    this.#snapshots.push({
      atMs,
      x: [filtered.position, ...this.#lines.map(({ x }) => x)],
      v: [filtered.velocity, ...this.#lines.map(({ v }) => v)],
    });
    while ((this.#snapshots[0]?.atMs ?? atMs) < atMs - KEPT_MS) this.#snapshots.shift();
  }

  /** @param filtered what the filter predicts for that time */
  at(tMs: number, filtered: Estimate): Estimate {
    if (this.#lines.length === 0) return filtered;
    const leadS = Math.max(0, tMs - this.#atMs) / 1000;
    const independent = LOSS_S / Math.max(0.2, leadS);
    const least = Math.min(...this.#losses) + 1e-9;
    const weights = this.#losses.map((loss) => (least / (loss + 1e-9)) ** (independent / 2));
    const sum = weights.reduce((a, b) => a + b, 0);
    let position = filtered.position * (weights[0] ?? 1);
    let velocity = filtered.velocity * (weights[0] ?? 1);
    for (const [k, { x, v }] of this.#lines.entries()) {
      const weight = weights[k + 1] ?? 0;
      position += weight * (x + v * leadS);
      velocity += weight * v;
    }
    return { ...filtered, position: position / sum, velocity: velocity / sum };
  }

  #score(atMs: number, measured: number, dtS: number, leadMs: number): void {
    let made: Snapshot | undefined;
    for (const snapshot of this.#snapshots) {
      if (snapshot.atMs > atMs - leadMs) break;
      made = snapshot;
    }
    if (made === undefined) return;
    const fade = Math.exp(-dtS / LOSS_S);
    const aheadS = (atMs - made.atMs) / 1000;
    this.#losses = this.#losses.map((loss, k) => {
      const said = (made.x[k] ?? 0) + (made.v[k] ?? 0) * aheadS;
      return fade * loss + dtS * (said - measured) ** 2;
    });
  }
}
