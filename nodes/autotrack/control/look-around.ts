/** Turns towards a direction without a visible target. */
import type { Direction } from '../../../runtime/node.ts';
import type { DeadReckoning } from './dead-reckoning.ts';
import type { OwnMotion } from './own-motion.ts';
import type { Velocity } from './types.ts';
import { meetingCommand } from './velocity-law.ts';

/** Time in which an error is corrected, and the share of the picture below which it is ignored. */
const LOOK_HORIZON_S = 0.6;
const LOOK_NEAR = 0.02;
const WIDE_X = 1.05;

/** @param canZoom the lens can: then it goes to the widest picture @returns the velocity that is wanted now */
export function turnTowards(
  { panDeg, tiltDeg }: Direction,
  pose: DeadReckoning,
  nowMs: number,
  fieldDeg: number,
  canZoom: boolean,
): Velocity {
  const { pan, tilt, zoom } = pose;
  const turn = (motion: OwnMotion, aimDeg: number, way = (deg: number) => deg) => {
    const { position, velocity } = motion.at(nowMs + motion.plant.delayMs);
    const errorDeg = way(aimDeg - position);
    if (Math.abs(errorDeg) < LOOK_NEAR * fieldDeg && velocity === 0) return 0;
    return meetingCommand({ errorDeg, targetDegPerS: 0, axisDegPerS: velocity }, motion.plant, LOOK_HORIZON_S);
  };
  const isTele = zoom.at(nowMs + zoom.plant.delayMs).position > WIDE_X;
  return {
    pan: turn(pan, panDeg, (deg) => pose.turnTo(deg)),
    tilt: turn(tilt, tiltDeg),
    zoom: isTele && canZoom ? -Math.sign(zoom.plant.gainPerS) : 0,
  };
}
