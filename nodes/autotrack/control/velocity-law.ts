/**
 * The speed at which an axis meets the target: with the motor's ramp taken into account, the error must be
 * gone after a horizon (deadbeat), but never faster than the motor can brake again (the switching curve of
 * time-optimal control, Bushaw 1953).
 */
import type { AxisPlant } from './types.ts';

/** Part of the motor's acceleration that braking may count on. */
const BRAKING = 0.7;

/** Shortest move that is commanded. */
const LEAST_MOVE_S = 0.12;

export interface Meeting {
  /** Where the target will be from the axis when the command begins to act, degrees. */
  readonly errorDeg: number;
  /** Of the target, degrees per second. */
  readonly targetDegPerS: number;
  /** Of the axis when the command begins to act, degrees per second. */
  readonly axisDegPerS: number;
}

/** Velocity command in units of full speed, not bounded to [-1, 1]; 0 for an axis that does not move. */
export function meetingCommand(
  { errorDeg, targetDegPerS, axisDegPerS }: Meeting,
  { gainPerS, rampS }: AxisPlant,
  horizonS: number,
): number {
  const full = Math.abs(gainPerS);
  if (!(full > 0)) return 0;
  const acceleration = rampS > 0 ? full / rampS : Number.POSITIVE_INFINITY;
  // The way that is to be made by a change of speed at once, or over the ramp.
  const missing = errorDeg + (targetDegPerS - axisDegPerS) * horizonS;
  const ramped = horizonS ** 2 - (2 * Math.abs(missing)) / acceleration;
  const change =
    acceleration === Number.POSITIVE_INFINITY
      ? Math.abs(missing) / horizonS
      : acceleration * (horizonS - Math.sqrt(Math.max(0, ramped)));
  const wanted = axisDegPerS + Math.sign(missing) * change;
  const closing = Math.sqrt(2 * BRAKING * acceleration * Math.abs(errorDeg));
  const bounded = Math.min(targetDegPerS + closing, Math.max(targetDegPerS - closing, wanted));
  return (Number.isFinite(bounded) ? bounded : wanted) / gainPerS;
}

/** Way that an axis makes until it rests, when it is told to stop. */
export function stoppingDeg(degPerS: number, { gainPerS, rampS }: AxisPlant): number {
  return gainPerS === 0 ? 0 : (degPerS * Math.abs(degPerS) * rampS) / (2 * Math.abs(gainPerS));
}

/** Least time for which a speed is commanded that moves a resting axis so far: it is to ramp up and down. */
export function moveSeconds(wayDeg: number, { gainPerS, rampS }: AxisPlant): number {
  const full = Math.abs(gainPerS);
  if (!(full > 0)) return LEAST_MOVE_S;
  const way = Math.abs(wayDeg) / full;
  return Math.max(LEAST_MOVE_S, way, Math.sqrt(way * rampS));
}
