/**
 * Between the picture and directions: a pinhole camera on a pan-tilt head. Directions are pan (azimuth, + right) and tilt
 * (elevation, + up) in degrees. Pixels are square, and lens distortion is not known: at the edges of the picture a wide
 * lens is off by what it distorts. Pure.
 */

const RAD = Math.PI / 180;

export interface Direction {
  readonly panDeg: number;
  /** In [-90, 90]. */
  readonly tiltDeg: number;
}

/** Where the middle of the picture looks, and how wide the picture is. */
export interface Pose extends Direction {
  /** Horizontal field of view, in (0, 180). */
  readonly hfovDeg: number;
}

interface PictureSize {
  readonly w: number;
  readonly h: number;
}

/** From the top-left corner, in the unit of the picture's size. */
interface PicturePoint {
  readonly x: number;
  readonly y: number;
}

/** The direction of a point in the world: x to the right of pan 0, y up, z ahead. */
export type Ray = readonly [x: number, y: number, z: number];

/**
 * The direction that a point of the picture shows. Exact, also beyond the zenith, where the picture stands on its head. The
 * pan is not wrapped: it lies within 180 degrees of the pose's.
 */
export function directionOf(pose: Pose, size: PictureSize, point: PicturePoint): Direction {
  const { right, raised, ahead } = levelled(pose, size, point);
  return {
    panDeg: pose.panDeg + Math.atan2(right, ahead) / RAD,
    tiltDeg: Math.atan2(raised, Math.hypot(right, ahead)) / RAD,
  };
}

export function rayOf(pose: Pose, size: PictureSize, point: PicturePoint): Ray {
  const { right, raised, ahead } = levelled(pose, size, point);
  const [sin, cos] = sinCos(pose.panDeg);
  return [right * cos + ahead * sin, raised, ahead * cos - right * sin];
}

/** Where a ray meets the picture, or the plane of it; null: it lies behind the camera. */
export function pointOf([x, y, z]: Ray, pose: Pose, size: PictureSize): PicturePoint | null {
  const [sinPan, cosPan] = sinCos(pose.panDeg);
  const [right, ahead] = [x * cosPan - z * sinPan, x * sinPan + z * cosPan];
  const [sinTilt, cosTilt] = sinCos(pose.tiltDeg);
  const [up, depth] = [y * cosTilt - ahead * sinTilt, y * sinTilt + ahead * cosTilt];
  if (!(depth > 1e-6)) return null;
  const focal = focalLength(pose.hfovDeg, size.w);
  return { x: size.w / 2 + (right / depth) * focal, y: size.h / 2 - (up / depth) * focal };
}

/** In the unit of the picture's width. */
export function focalLength(hfovDeg: number, width: number): number {
  return width / 2 / Math.tan((hfovDeg / 2) * RAD);
}

/** The horizontal field of view at a magnification, of a lens that has `widestDeg` at magnification 1. */
export function hfovAt(widestDeg: number, zoomX: number): number {
  return (2 * Math.atan(Math.tan((widestDeg / 2) * RAD) / Math.max(zoomX, 0.01))) / RAD;
}

/** The angle that a share of the picture's width stands for, in degrees; exact about the middle. */
export function angleOf(hfovDeg: number, widthShare: number): number {
  return (2 * Math.atan(Math.tan((hfovDeg / 2) * RAD) * widthShare)) / RAD;
}

/** The share of the picture's width that an angle takes about the middle. */
export function shareOf(hfovDeg: number, angleDeg: number): number {
  return Math.tan((Math.min(Math.abs(angleDeg), 170) / 2) * RAD) / Math.tan((hfovDeg / 2) * RAD);
}

/** How much a degree of pan is worth at a tilt: less towards the zenith. */
export function panScale(tiltDeg: number): number {
  return Math.max(0, Math.cos(tiltDeg * RAD));
}

/** Into (-180, 180]. */
export function wrapDeg(angleDeg: number): number {
  return angleDeg - 360 * Math.ceil(angleDeg / 360 - 0.5);
}

/** The ray (right, up, 1) of a point, turned by the head's tilt: what is left is its pan. */
function levelled({ tiltDeg, hfovDeg }: Pose, size: PictureSize, { x, y }: PicturePoint) {
  const focal = focalLength(hfovDeg, size.w);
  const right = (x - size.w / 2) / focal;
  const up = (size.h / 2 - y) / focal;
  const [sin, cos] = sinCos(tiltDeg);
  return { right, ahead: cos - up * sin, raised: sin + up * cos };
}

function sinCos(deg: number): readonly [sin: number, cos: number] {
  return [Math.sin(deg * RAD), Math.cos(deg * RAD)];
}
