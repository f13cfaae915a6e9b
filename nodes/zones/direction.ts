/**
 * From the picture to directions: a pinhole camera on a pan-tilt head. Directions are pan (azimuth, + right) and tilt
 * (elevation, + up) in degrees. Pixels are square, and lens distortion is not known: at the picture's edges a wide lens
 * is off by what it distorts.
 */
import type { Size } from '../../runtime/node.ts';
import { type Point, type Polygon, signedDistance } from './polygon.ts';

const RAD = Math.PI / 180;

/** Where the middle of the picture looks, and how wide the picture is. */
export interface Pose {
  readonly panDeg: number;
  readonly tiltDeg: number;
  /** In (0, 180). */
  readonly hfovDeg: number;
}

export interface Direction {
  /** In (-180, 180]; where tilt is ±90, any pan is as good. */
  readonly panDeg: number;
  /** In [-90, 90]. */
  readonly tiltDeg: number;
}

/** The direction that a point of the picture shows. Exact, also beyond the zenith, where the picture stands on its head. */
export function directionOf(pose: Pose, size: Size, pointPx: Point): Direction {
  const focalPx = focalLengthPx(pose, size);
  const right = (pointPx.x - size.w / 2) / focalPx;
  const up = (size.h / 2 - pointPx.y) / focalPx;
  const [sin, cos] = [Math.sin(pose.tiltDeg * RAD), Math.cos(pose.tiltDeg * RAD)];
  // The head tilts the ray (right, up, 1) about its horizontal axis, and pans it about the vertical one.
  const ahead = cos - up * sin;
  const raised = sin + up * cos;
  const panDeg = wrapDeg(pose.panDeg + Math.atan2(right, ahead) / RAD);
  return { panDeg, tiltDeg: Math.atan2(raised, Math.hypot(right, ahead)) / RAD };
}

/** The angle that a length in the picture stands for, in degrees; exact about the middle. */
export function angleDeg(pose: Pose, size: Size, lengthPx: number): number {
  return (2 * Math.atan(lengthPx / 2 / focalLengthPx(pose, size))) / RAD;
}

/**
 * Distance in degrees from a direction to the outline of a polygon in pan (x) and tilt (y): negative inside. Pans are
 * the same every 360 degrees. Exact close to the outline, which is where it matters.
 */
export function distanceDeg(polygon: Polygon, { panDeg, tiltDeg }: Direction): number {
  const pans = polygon.map(({ x }) => x);
  // A degree of pan is the shorter the closer it is to a pole, and nothing at the pole itself.
  const scale = { x: Math.max(0, Math.cos(tiltDeg * RAD)), y: 1 };
  const first = Math.floor((Math.min(...pans) - panDeg) / 360);
  const last = Math.ceil((Math.max(...pans) - panDeg) / 360);
  let nearest = Number.POSITIVE_INFINITY;
  for (let turn = first; turn <= last; turn++) {
    nearest = Math.min(nearest, signedDistance(polygon, { x: panDeg + 360 * turn, y: tiltDeg }, scale));
  }
  return nearest;
}

/** Into (-180, 180]. */
export function wrapDeg(angle: number): number {
  return angle - 360 * Math.ceil(angle / 360 - 0.5);
}

function focalLengthPx({ hfovDeg }: Pose, { w }: Size): number {
  return w / 2 / Math.tan((hfovDeg / 2) * RAD);
}
