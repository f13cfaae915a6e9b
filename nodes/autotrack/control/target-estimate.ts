/** Where the target is in the world and how it moves, from the places that pictures show it at. */
import type { Direction } from '../../../runtime/node.ts';
import type { DeadReckoning } from './dead-reckoning.ts';
import { Lead } from './lead.ts';
import { cosOf } from './lens.ts';
import { BoxNoise } from './noise.ts';
import type { OwnMotion } from './own-motion.ts';
import { type Estimate, TargetFilter } from './target-filter.ts';
import type { AngularVelocity } from './types.ts';
import type { Meeting } from './velocity-law.ts';

export const PAN = 0;
export const TILT = 1;
/** How well the times of pictures and commands fit one another: makes places seen while turning fast less certain. */
const TIMING_STD_S = 0.015;
/** Time in which an error is corrected, beyond half the time between two commands … */
const LEAST_HORIZON_S = 0.15;
/** … and this part of the time between two sightings: a turn is seen no sooner … */
const BY_GAP = 0.4;
/** … and so much more of it for each frame width by which boxes jitter: noise is not to be chased. */
const BY_JITTER_S = 20;
/** Time constant of the average of the time between sightings, in sightings. */
const GAP_SIGHTINGS = 8;
const MOST_GAP_S = 3;

/** The target in a picture, as a place in the world. */
export interface SeenDirection extends Direction {
  readonly atMs: number;
  readonly widthDeg: number;
  /** Horizontal field of view of the picture. */
  readonly fieldDeg: number;
}

/** A velocity counts as sure when its square is well above this many times its variance. */
const SURE = 4;

/** One axis and the target's direction on it, at the moment at which a command of now begins to act. */
export interface AxisMeeting extends Meeting {
  readonly target: Estimate;
  readonly axisDeg: number;
  /** Where the target will be if it moves only as far as its velocity is sure. */
  readonly sureDeg: number;
}

export class TargetEstimate {
  readonly filter = new TargetFilter();
  readonly leads = [new Lead(), new Lead()] as const;
  readonly #noise = new BoxNoise();
  #gapS = 0.1;
  /** Jitter of the newest box, standard deviation, share of the frame width. */
  #jitter = 0;

  /** Average time between two sightings, seconds. */
  get gapS(): number {
    return this.#gapS;
  }

  /** Time in which an error is to be gone: shorter is closer to the target, longer is calmer. */
  horizonS(commandsPerS: number): number {
    return LEAST_HORIZON_S + 0.5 / commandsPerS + BY_GAP * Math.min(1, this.#gapS) + BY_JITTER_S * this.#jitter;
  }

  /** It was seen, and not forgotten since. */
  get started(): boolean {
    return this.filter.started;
  }

  /** When it was seen last. */
  get seenMs(): number {
    return this.filter.atMs;
  }

  /** Takes in a place. @returns how uncertain it is, variances of pan and tilt in degrees² */
  see({ atMs, panDeg, tiltDeg, widthDeg, fieldDeg }: SeenDirection, pose: DeadReckoning): readonly number[] {
    const cos = cosOf(tiltDeg);
    this.#noise.add(atMs, [panDeg * cos, tiltDeg], widthDeg);
    const gapS = (atMs - this.filter.atMs) / 1000;
    if (Number.isFinite(gapS) && gapS > 0) this.#gapS += (Math.min(gapS, MOST_GAP_S) - this.#gapS) / GAP_SIGHTINGS;
    const boxStdDeg = this.#noise.share * widthDeg;
    const boxVar = boxStdDeg ** 2;
    this.#jitter = boxStdDeg / fieldDeg;
    const timingVar = (motion: OwnMotion) => (motion.at(atMs).velocity * TIMING_STD_S) ** 2;
    const direction = [panDeg, tiltDeg];
    const noiseVar = [boxVar / cos ** 2 + timingVar(pose.pan), boxVar + timingVar(pose.tilt)];
    this.filter.update(atMs, direction, noiseVar, fieldDeg);
    const leadMs = Math.max(pose.pan.plant.delayMs, pose.tilt.plant.delayMs) + 500 * this.#gapS;
    for (const [axis, lead] of this.leads.entries()) {
      const filtered = this.filter.at(atMs, axis);
      lead.see(atMs, direction[axis] ?? 0, noiseVar[axis] ?? 1, filtered, fieldDeg, leadMs);
    }
    return noiseVar;
  }

  /** @param axis in the filter @param motion of that axis */
  meeting(nowMs: number, axis: typeof PAN | typeof TILT, motion: OwnMotion): AxisMeeting {
    const actsMs = nowMs + motion.plant.delayMs;
    const target = this.leads[axis].at(actsMs, this.filter.at(actsMs, axis));
    const { position, velocity } = motion.at(actsMs);
    const unsure = 1 - target.velocity ** 2 / (target.velocity ** 2 + SURE * target.velocityVar + 1e-12);
    return {
      target,
      sureDeg: target.position - ((target.velocity * (actsMs - this.filter.atMs)) / 1000) * unsure,
      axisDeg: position,
      errorDeg: target.position - position,
      targetDegPerS: target.velocity,
      axisDegPerS: velocity,
    };
  }

  /** How it moves, at its newest sighting; zeros before there is one. */
  velocity(): AngularVelocity {
    if (!this.started) return { panDegPerS: 0, tiltDegPerS: 0 };
    const { atMs } = this.filter;
    return { panDegPerS: this.filter.at(atMs, PAN).velocity, tiltDegPerS: this.filter.at(atMs, TILT).velocity };
  }

  /** Moves the whole estimate along with the computed pose. */
  shift(panDeg: number, tiltDeg: number): void {
    this.filter.shift(PAN, panDeg);
    this.filter.shift(TILT, tiltDeg);
    this.leads[PAN].shift(panDeg);
    this.leads[TILT].shift(tiltDeg);
  }

  /** Forgets the target. How often pictures come stays known. */
  reset(): void {
    this.filter.reset();
    for (const lead of this.leads) lead.reset();
    this.#noise.restart();
  }
}
