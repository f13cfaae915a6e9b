/** How far a direction is from the outline of a zone that is given in pan and tilt. */
import { type Direction, panScale } from '../../runtime/node.ts';
import { type Polygon, signedDistance } from './polygon.ts';

/**
 * Distance in degrees from a direction to the outline of a polygon in pan (x) and tilt (y): negative inside. Pans are
 * the same every 360 degrees. Exact close to the outline, which is where it matters.
 */
export function distanceDeg(polygon: Polygon, { panDeg, tiltDeg }: Direction): number {
  const pans = polygon.map(({ x }) => x);
  // A degree of pan is the shorter the closer it is to a pole, and nothing at the pole itself.
  const scale = { x: panScale(tiltDeg), y: 1 };
  const first = Math.floor((Math.min(...pans) - panDeg) / 360);
  const last = Math.ceil((Math.max(...pans) - panDeg) / 360);
  let nearest = Number.POSITIVE_INFINITY;
  for (let turn = first; turn <= last; turn++) {
    nearest = Math.min(nearest, signedDistance(polygon, { x: panDeg + 360 * turn, y: tiltDeg }, scale));
  }
  return nearest;
}
