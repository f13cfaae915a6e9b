/**
 * The target's direction and angular velocity, from noisy and late sightings.
 *
 * Method: an interacting-multiple-model filter (Blom and Bar-Shalom 1988) of Kalman filters over Singer's model of a
 * manoeuvring target (Singer 1970: an acceleration that fades with a time constant). The models differ in how much the
 * target accelerates: a calm one averages noise away, an agile one follows curves, a wild one sharp turns, and their
 * probabilities decide. Pan and tilt are filtered apart and share the probabilities.
 */
import { blend, bounded, correct, type Motion3, moved, type Singer } from './singer.ts';

/** From calm to wild; accelerations in fields of view per second squared. */
const MODELS: readonly Singer[] = [
  { tauS: 3, accelStd: 0.005 },
  { tauS: 2, accelStd: 0.06 },
  { tauS: 0.15, accelStd: 1.2 },
];
/** How often a target changes from one kind of motion to another. */
const SWITCH_PER_S = 0.1;
/** Standard deviation of the first guess of the velocity, fields of view per second. */
const FIRST_VELOCITY_STD = 0.15;
/** Accelerations that fade sooner are left out of predictions. */
const AHEAD_TAU_S = 1;
const LEAST_PROBABILITY = 1e-4;

export interface Estimate {
  readonly position: number;
  readonly velocity: number;
  readonly positionVar: number;
  readonly velocityVar: number;
}

export class TargetFilter {
  #atMs = Number.NEGATIVE_INFINITY;
  #scaleDeg = 1;
  #probabilities: number[] = MODELS.map(() => 1 / MODELS.length);
  /** By axis (pan, tilt), then by model. */
  #axes: Motion3[][] = [];

  /** Time of the newest sighting. */
  get atMs(): number {
    return this.#atMs;
  }

  get started(): boolean {
    return this.#axes.length > 0;
  }

  reset(): void {
    this.#atMs = Number.NEGATIVE_INFINITY;
    this.#axes = [];
    this.#probabilities = MODELS.map(() => 1 / MODELS.length);
  }

  /**
   * Takes in a sighting; older ones than the newest, and what is not finite, are ignored.
   * @param direction degrees by axis
   * @param noiseVar variance of the measured direction by axis, degrees squared
   * @param scaleDeg the field of view: what counts as a wild turn is judged by it
   * @returns log likelihood of the sighting, less a constant; 0 for one that could not be judged
   */
  update(atMs: number, direction: readonly number[], noiseVar: readonly number[], scaleDeg: number): number {
    if (![atMs, scaleDeg, ...direction, ...noiseVar].every(Number.isFinite) || atMs < this.#atMs) return 0;
    const dtS = (atMs - this.#atMs) / 1000;
    this.#scaleDeg = scaleDeg;
    if (!this.started) {
      this.#start(atMs, direction, noiseVar);
      return 0;
    }
    this.#atMs = atMs;
    this.#mix(dtS);
    const logs = MODELS.map(() => 0);
    this.#axes = this.#axes.map((models, axis) =>
      models.map((model, m) => {
        const predicted = moved(model, dtS, this.#singer(m));
        const { motion, logLikelihood } = correct(predicted, direction[axis] ?? 0, noiseVar[axis] ?? 1);
        logs[m] = (logs[m] ?? 0) + logLikelihood;
        return motion;
      }),
    );
    const likelihood = this.#weigh(logs);
    const healthy = this.#axes.flat().every(({ x, v, a, xx }) => Number.isFinite(x + v + a + xx) && xx > 0);
    if (healthy) return likelihood;
    this.#start(atMs, direction, noiseVar);
    return 0;
  }

  /** Moves all directions, after a correction of the camera's computed pose. */
  shift(axis: number, by: number): void {
    this.#axes = this.#axes.map((models, k) => (k === axis ? models.map((m) => ({ ...m, x: m.x + by })) : models));
  }

  /** Where the target is or will be; a filter that has seen nothing says 0. */
  at(tMs: number, axis: number): Estimate {
    const models = this.#axes[axis];
    if (models === undefined) return { position: 0, velocity: 0, positionVar: 0, velocityVar: 0 };
    const dtS = Math.max(0, (tMs - this.#atMs) / 1000);
    const predicted = models.map((model, m) => {
      const singer = this.#singer(m);
      // The acceleration of a wild model is mostly noise: good for catching up, not for looking ahead.
      return moved(singer.tauS < AHEAD_TAU_S ? { ...model, a: 0 } : model, dtS, singer);
    });
    const { x, v, xx, vv } = blend(predicted, this.#probabilities);
    return { position: x, velocity: v, positionVar: xx, velocityVar: vv };
  }

  #singer(m: number): Singer {
    const { tauS, accelStd } = MODELS[m] ?? { tauS: 1, accelStd: 0 };
    return { tauS, accelStd: accelStd * this.#scaleDeg };
  }

  #start(atMs: number, direction: readonly number[], noiseVar: readonly number[]): void {
    this.reset();
    this.#atMs = atMs;
    const vv = (FIRST_VELOCITY_STD * this.#scaleDeg) ** 2;
    this.#axes = direction.map((x, axis) =>
      MODELS.map((_, m) => {
        const aa = this.#singer(m).accelStd ** 2;
        return { x, v: 0, a: 0, xx: noiseVar[axis] ?? 1, xv: 0, xa: 0, vv, va: 0, aa };
      }),
    );
  }

  /** Each model starts from what all of them know, by how likely it was reached from each. */
  #mix(dtS: number): void {
    const stay = Math.exp(-dtS * SWITCH_PER_S);
    const leave = (1 - stay) / (MODELS.length - 1);
    const before = this.#probabilities;
    const share = (from: number, to: number) => (before[from] ?? 0) * (from === to ? stay : leave);
    const after = MODELS.map((_, to) => before.reduce((sum, __, from) => sum + share(from, to), 0));
    const shares = after.map((sum, to) => before.map((_, from) => share(from, to) / sum));
    this.#axes = this.#axes.map((models) =>
      // What a wild model makes of an acceleration says nothing to a calm one.
      models.map((_, to) => bounded(blend(models, shares[to] ?? []), this.#singer(to))),
    );
    this.#probabilities = after;
  }

  /** @returns log likelihood of the mixture */
  #weigh(logs: readonly number[]): number {
    const best = Math.max(...logs);
    const weights = logs.map((log, m) => (this.#probabilities[m] ?? 0) * Math.exp(log - best));
    const likelihood = best + Math.log(weights.reduce((a, b) => a + b, 0));
    const bounded = weights.map((weight) => Math.max(LEAST_PROBABILITY, weight));
    const sum = bounded.reduce((a, b) => a + b, 0);
    this.#probabilities = bounded.map((weight) => weight / sum);
    return likelihood;
  }
}
