/**
 * Tells from the target's places alone which way the axes of an unknown camera turn the picture, and holds an axis still
 * that seems to drive the target out of it.
 *
 * Method: where the picture shows the target is where the target is, less the camera's own motion times an unknown ratio.
 * For many delays, and for calm and wild, sharp and jittering targets, a Kalman filter estimates the target's place and
 * velocity and that ratio together. By how well each explains the places, and how sure its ratio is to be above or below
 * 0, the two ways are compared (Bayes). A camera that rests or turns evenly makes no difference between them.
 */
import type { DeadReckoning } from './dead-reckoning.ts';
import type { OwnMotion } from './own-motion.ts';
import type { Correction, TurnAxis } from './plant-watch.ts';

const AXES = ['pan', 'tilt'] as const;
/** Delays of the camera that are tried. */
const DELAYS_MS = [100, 200, 300, 400, 500, 600, 700, 800, 900, 1100];
/** Kinds of targets: change of velocity in a second, fields of view per second; jitter, as a factor of what is assumed. */
const KINDS = [
  { change: 0.012, jitter: 1 },
  { change: 0.1, jitter: 1 },
  { change: 0.4, jitter: 1 },
  { change: 0.012, jitter: 3 },
  { change: 0.1, jitter: 3 },
] as const;
type Kind = (typeof KINDS)[number];
/** Standard deviation of the first guess of the velocity, fields of view per second. */
const FIRST_VELOCITY_STD = 0.15;
/** The speed as a ratio to the assumed one: standard deviation of the first guess, and what is no turn at all. */
const FIRST_RATIO_STD = 1.5;
const LEAST_RATIO = 1 / 12;
/** A surprise by more standard deviations is an outlier. */
const MOST_SURPRISE = 3;
/** One way is certain when it is this much more likely than the other (natural logarithm). */
const CERTAIN = 7;
/** An axis is held still when the other way is this much more likely; the nearer to the edge, the less it takes. */
const DOUBT = 1;
/** The other way is likely. */
const LIKELY = 3;
/** So much speaks for the other way without anything following from it. */
const CLEAR = 0.5;
/** Delay and ratio are taken over when their standard deviations are below these; the latter as a part of it. */
const SURE = { delayMs: 80, part: 0.3 };
/** Pauses of an axis in doubt, and how long it is moved in between: what starts and stops tells more. */
const HELD_MS = 1400;
const MOVED_MS = 400;

/** A sighting of the target. */
export interface SeenPlace {
  readonly atMs: number;
  /** By axis, pan then tilt: measured direction, its variance, and the share of the way from the centre to the edge left. */
  readonly direction: readonly number[];
  readonly noiseVar: readonly number[];
  readonly room: readonly number[];
  readonly fieldDeg: number;
}

export class TurnWatch {
  readonly #axes = { pan: new AxisTurn(), tilt: new AxisTurn() };

  /** Other motors are assumed. */
  begin(): void {
    for (const axis of AXES) this.#axes[axis].isProven = false;
    this.reset();
  }

  /** Another target, or a corrected camera pose or speed. */
  reset(): void {
    for (const axis of AXES) this.#axes[axis].reset();
  }

  /** @returns what to change about an axis, when it has become certain that it turns the other way */
  see({ atMs, direction, noiseVar, room, fieldDeg }: SeenPlace, pose: DeadReckoning): Correction | null {
    for (const [k, axis] of AXES.entries()) {
      const turn = this.#axes[axis];
      if (turn.isProven) continue;
      const offDeg = (direction[k] ?? 0) - pose[axis].at(atMs).position;
      turn.see(atMs, offDeg, room[k] ?? 1, noiseVar[k] ?? 1, fieldDeg, pose[axis]);
      if (!turn.isTurned) continue;
      const { delayMs, ratio } = turn.found(pose[axis].plant.delayMs);
      return { pan: 1, tilt: 1, [axis]: ratio, delayMs, seen: [axis] };
    }
    return null;
  }

  /** Axes that seem to turn the other way, without being certain. */
  get doubted(): readonly TurnAxis[] {
    return AXES.filter((axis) => this.#axes[axis].isDoubted);
  }

  /** A doubted axis is to stand still now. */
  holds(axis: TurnAxis, nowMs: number): boolean {
    return this.#axes[axis].holds(nowMs);
  }

  /** Nothing speaks against the axes turning as they are taken to. */
  get isClear(): boolean {
    return AXES.every((axis) => this.#axes[axis].isProven || this.#axes[axis].odds >= -CLEAR);
  }
}

/** The target as far as it is known, and the ratio: means and covariance. */
class Explanation {
  readonly #kind: Kind;
  readonly delayMs: number;
  #place: number;
  #velocity = 0;
  #ratio = 0;
  #pp: number;
  #pv = 0;
  #pr = 0;
  #vv: number;
  #vr = 0;
  #rr = FIRST_RATIO_STD ** 2;
  logLikelihood = 0;

  constructor(delayMs: number, kind: Kind, offDeg: number, noiseVar: number, fieldDeg: number) {
    this.delayMs = delayMs;
    this.#kind = kind;
    this.#place = offDeg;
    this.#pp = noiseVar * kind.jitter ** 2;
    this.#vv = (FIRST_VELOCITY_STD * fieldDeg) ** 2;
  }

  /** @param wayDeg that the camera should have made since the first place */
  see(dtS: number, offDeg: number, wayDeg: number, noiseVar: number, fieldDeg: number): void {
    const q = (this.#kind.change * fieldDeg) ** 2;
    this.#place += dtS * this.#velocity;
    this.#pp += dtS * (2 * this.#pv + dtS * this.#vv) + (q * dtS ** 3) / 3;
    this.#pv += dtS * this.#vv + (q * dtS ** 2) / 2;
    this.#pr += dtS * this.#vr;
    this.#vv += q * dtS;
    const toPlace = this.#pp - wayDeg * this.#pr;
    const toVelocity = this.#pv - wayDeg * this.#vr;
    const toRatio = this.#pr - wayDeg * this.#rr;
    const variance = toPlace - wayDeg * toRatio + noiseVar * this.#kind.jitter ** 2;
    const most = MOST_SURPRISE * Math.sqrt(variance);
    const surprise = Math.max(-most, Math.min(most, offDeg - (this.#place - wayDeg * this.#ratio)));
    this.logLikelihood -= 0.5 * (surprise ** 2 / variance + Math.log(variance));
    this.#place += (toPlace * surprise) / variance;
    this.#velocity += (toVelocity * surprise) / variance;
    this.#ratio += (toRatio * surprise) / variance;
    this.#pp -= toPlace ** 2 / variance;
    this.#pv -= (toPlace * toVelocity) / variance;
    this.#pr -= (toPlace * toRatio) / variance;
    this.#vv -= toVelocity ** 2 / variance;
    this.#vr -= (toVelocity * toRatio) / variance;
    this.#rr -= toRatio ** 2 / variance;
  }

  get ratio(): number {
    return this.#ratio;
  }

  get ratioVar(): number {
    return this.#rr;
  }

  /** How sure it is that the axis turns that way. */
  probability(sign: 1 | -1): number {
    return above((LEAST_RATIO - sign * this.#ratio) / Math.sqrt(Math.max(1e-12, this.#rr)));
  }
}

/** One axis. */
class AxisTurn {
  #tries: Explanation[] = [];
  #atMs = 0;
  #fromDeg = 0;
  isProven = false;
  #doubtedMs: number | null = null;
  /** Above 0: it turns as it is taken to; below: the other way. Natural logarithm. */
  odds = 0;

  reset(): void {
    this.#tries = [];
    this.odds = 0;
    this.#doubtedMs = null;
  }

  /** @param room share of the way from the centre to the edge that is left */
  see(atMs: number, offDeg: number, room: number, noiseVar: number, fieldDeg: number, own: OwnMotion): void {
    if (this.#tries.length === 0) {
      this.#fromDeg = own.at(atMs).position;
      this.#tries = DELAYS_MS.flatMap((delayMs) =>
        KINDS.map((kind) => new Explanation(delayMs, kind, offDeg, noiseVar, fieldDeg)),
      );
    }
    const assumedMs = own.plant.delayMs;
    const way = (delayMs: number) => own.at(atMs + assumedMs - delayMs).position - this.#fromDeg;
    const ways = new Map(DELAYS_MS.map((delayMs) => [delayMs, way(delayMs)]));
    const dtS = (atMs - this.#atMs) / 1000;
    this.#atMs = atMs;
    for (const one of this.#tries) one.see(dtS, offDeg, ways.get(one.delayMs) ?? 0, noiseVar, fieldDeg);
    this.odds = Math.log(this.#likelihood(1) / this.#likelihood(-1));
    if (this.odds >= -DOUBT * room) this.#doubtedMs = null;
    else this.#doubtedMs ??= atMs;
    this.isProven = Math.abs(this.odds) >= CERTAIN;
  }

  get isTurned(): boolean {
    return this.isProven && this.odds < 0;
  }

  /** Of an axis that turns the other way: what is to be added to the delay, and the ratio, as far as they are certain. */
  found(assumedMs: number): { readonly delayMs: number; readonly ratio: number } {
    const best = Math.max(...this.#tries.map(({ logLikelihood }) => logLikelihood));
    const weights = this.#tries.map((one) => Math.exp(one.logLikelihood - best) * one.probability(-1));
    const all = weights.reduce((sum, weight) => sum + weight, 0);
    const mean = (of: (one: Explanation) => number) =>
      this.#tries.reduce((sum, one, k) => sum + of(one) * (weights[k] ?? 0), 0) / all;
    const delayMs = mean((one) => one.delayMs);
    const delayStdMs = Math.sqrt(mean((one) => (one.delayMs - delayMs) ** 2));
    const ratio = mean((one) => one.ratio);
    const ratioVar = mean((one) => one.ratioVar + (one.ratio - ratio) ** 2);
    return {
      delayMs: delayStdMs < SURE.delayMs ? delayMs - assumedMs : 0,
      ratio: ratio ** 2 * SURE.part ** 2 > ratioVar ? ratio : -1,
    };
  }

  /** Likely enough to be told. */
  get isDoubted(): boolean {
    return !this.isProven && this.odds < -LIKELY;
  }

  holds(nowMs: number): boolean {
    return !this.isProven && this.#doubtedMs !== null && (nowMs - this.#doubtedMs) % (HELD_MS + MOVED_MS) < HELD_MS;
  }

  #likelihood(sign: 1 | -1): number {
    const best = Math.max(...this.#tries.map(({ logLikelihood }) => logLikelihood));
    const sum = this.#tries.reduce((all, one) => all + Math.exp(one.logLikelihood - best) * one.probability(sign), 0);
    return Math.max(sum, 1e-30);
  }
}

/** The share of a normal variable that is larger than that (Abramowitz and Stegun 1964, 26.2.17). */
function above(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const part = 0.3989423 * Math.exp((-z * z) / 2) * series;
  return z > 0 ? part : 1 - part;
}
