/**
 * How a camera is moved of which nothing is known yet: slowly towards the target, and with speeds that change little at a
 * time. A camera that is three times as fast as it is taken to be would swing further with every command otherwise.
 */
import type { AxisPlant, Plant, Velocity } from './types.ts';

/** An error is to be gone in no less than this. */
export const CAUTIOUS_HORIZON_S = 1.2;
/** Speeds change by no more than this, fields of view per second squared, of a camera as it is taken to be. */
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
