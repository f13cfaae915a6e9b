/**
 * Moves a camera with unknown motors: slowly towards the target, with small changes of speed at a
 * time. Otherwise a camera that is three times as fast as assumed would swing further with every command.
 */
import type { AxisPlant, Plant, Velocity } from './types.ts';

/** Shortest time in which an error is corrected. */
export const CAUTIOUS_HORIZON_S = 1.2;
/** Largest change of speed, in fields of view per second squared, for the assumed motors. */
const CAUTIOUS_ACCELERATION = 0.6;

/** @param last the command in force @param sinceS time since it was sent @returns what is wanted, bounded */
export function cautious(
  wanted: Velocity,
  last: Velocity,
  sinceS: number,
  { pan, tilt }: Plant,
  fieldDeg: number,
): Velocity {
  const degPerS = CAUTIOUS_ACCELERATION * fieldDeg * sinceS;
  const near = (to: number, from: number, { gainPerS }: AxisPlant) => {
    const most = degPerS / Math.abs(gainPerS || 1);
    return Math.min(from + most, Math.max(from - most, to));
  };
  return { ...wanted, pan: near(wanted.pan, last.pan, pan), tilt: near(wanted.tilt, last.tilt, tilt) };
}
