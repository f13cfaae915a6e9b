/** Where the target is in the world and how it moves, from the places that pictures show it at. */
import type { Direction } from '../../../runtime/node.ts';
import type { DeadReckoning } from './dead-reckoning.ts';
import { Horizon } from './horizon.ts';
import { Lead } from './lead.ts';
import { cosOf } from './lens.ts';
import { BoxNoise } from './noise.ts';
import type { OwnMotion } from './own-motion.ts';
import { TargetFilter } from './target-filter.ts';
import type { AngularVelocity } from './types.ts';

export const PAN = 0;
export const TILT = 1;
/** How well the times of pictures and commands fit one another: makes places seen while turning fast less certain. */
export const TIMING_STD_S = 0.015;

/** The target in a picture, as a place in the world. */
export interface SeenDirection extends Direction {
  readonly atMs: number;
  readonly widthDeg: number;
  /** Horizontal field of view of the picture. */
  readonly fieldDeg: number;
}

export class TargetEstimate {
  readonly filter = new TargetFilter();
  readonly leads = [new Lead(), new Lead()] as const;
  readonly horizon = new Horizon();
  readonly #noise = new BoxNoise();
  #boxStdDeg = 0;

  /** Jitter of the newest box, standard deviation. */
  get boxStdDeg(): number {
    return this.#boxStdDeg;
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
    this.horizon.seenAfter((atMs - this.filter.atMs) / 1000);
    this.#boxStdDeg = this.#noise.share * widthDeg;
    const boxVar = this.#boxStdDeg ** 2;
    const timingVar = (motion: OwnMotion) => (motion.at(atMs).velocity * TIMING_STD_S) ** 2;
    const direction = [panDeg, tiltDeg];
    const noiseVar = [boxVar / cos ** 2 + timingVar(pose.pan), boxVar + timingVar(pose.tilt)];
    this.filter.update(atMs, direction, noiseVar, fieldDeg);
    const leadMs = Math.max(pose.pan.plant.delayMs, pose.tilt.plant.delayMs) + 500 * this.horizon.gapS;
    for (const [axis, lead] of this.leads.entries()) {
      const filtered = this.filter.at(atMs, axis);
      lead.see(atMs, direction[axis] ?? 0, noiseVar[axis] ?? 1, filtered, fieldDeg, leadMs);
    }
    return noiseVar;
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
