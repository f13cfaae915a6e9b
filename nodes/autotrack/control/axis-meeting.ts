/** One axis and the target's direction on it, at the moment at which a command of now begins to act. */
import type { Lead } from './lead.ts';
import type { OwnMotion } from './own-motion.ts';
import type { Estimate, TargetFilter } from './target-filter.ts';
import type { Meeting } from './velocity-law.ts';

/** A velocity counts as sure when its square is well above this many times its variance. */
const SURE = 4;

export interface AxisMeeting extends Meeting {
  readonly target: Estimate;
  /** Time since the newest sighting. */
  readonly leadS: number;
  readonly axisDeg: number;
}

/** @param index of the axis in the filter */
export function axisMeeting(
  nowMs: number,
  index: number,
  motion: OwnMotion,
  filter: TargetFilter,
  lead: Lead,
): AxisMeeting {
  const actsMs = nowMs + motion.plant.delayMs;
  const target = lead.at(actsMs, filter.at(actsMs, index));
  const { position, velocity } = motion.at(actsMs);
  return {
    target,
    leadS: (actsMs - filter.atMs) / 1000,
    axisDeg: position,
    errorDeg: target.position - position,
    targetDegPerS: target.velocity,
    axisDegPerS: velocity,
  };
}

/** Where the target will be if it moves only as far as its velocity is sure. */
export function sureDeg({ target, leadS }: AxisMeeting): number {
  const sure = target.velocity ** 2 / (target.velocity ** 2 + SURE * target.velocityVar + 1e-12);
  return target.position - target.velocity * leadS * (1 - sure);
}
