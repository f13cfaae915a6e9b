/**
 * Between the picture and directions: a pinhole camera on a pan-tilt head. Directions are azimuth (pan, + right) and
 * elevation (tilt, + up) in degrees; places in the picture are shares of its width and height from the top-left corner.
 */

const RAD = Math.PI / 180;
/** Elevations beyond this are too near the pole for azimuths to mean anything. */
const MOST_COS_DEG = 85;

export interface View {
  readonly panDeg: number;
  readonly tiltDeg: number;
  /** Magnification, 1 = widest. */
  readonly zoomX: number;
}

/** The lens and the picture. */
export interface Lens {
  /** Horizontal field of view at magnification 1. */
  readonly hfovDeg: number;
  /** Width over height of the picture. */
  readonly aspect: number;
}

export interface Direction {
  readonly panDeg: number;
  readonly tiltDeg: number;
}

/** Half the width of the picture at distance 1. */
function halfWidth(lens: Lens, zoomX: number): number {
  return Math.tan((lens.hfovDeg / 2) * RAD) / Math.max(zoomX, 0.01);
}

/** Horizontal field of view at a magnification, in degrees. */
export function fieldOfViewDeg(lens: Lens, zoomX: number): number {
  return (2 * Math.atan(halfWidth(lens, zoomX))) / RAD;
}

/** The direction that a place in the picture shows; azimuths go on beyond 180. */
export function toDirection(lens: Lens, view: View, x: number, y: number): Direction {
  const half = halfWidth(lens, view.zoomX);
  const right = (x - 0.5) * 2 * half;
  const up = ((0.5 - y) * 2 * half) / lens.aspect;
  const cos = Math.cos(view.tiltDeg * RAD);
  const sin = Math.sin(view.tiltDeg * RAD);
  const ahead = cos - up * sin;
  const raised = up * cos + sin;
  return {
    panDeg: view.panDeg + Math.atan2(right, ahead) / RAD,
    tiltDeg: Math.atan2(raised, Math.hypot(right, ahead)) / RAD,
  };
}

/** Angle that a width in the picture stands for, in degrees; exact at the centre. */
export function toAngleDeg(lens: Lens, zoomX: number, widthShare: number): number {
  return (2 * Math.atan(halfWidth(lens, zoomX) * widthShare)) / RAD;
}

/** Share of the frame width that an angle takes at the centre of the picture. */
export function toShare(lens: Lens, zoomX: number, angleDeg: number): number {
  return Math.tan((Math.min(Math.abs(angleDeg), 170) / 2) * RAD) / halfWidth(lens, zoomX);
}

/** How much a degree of azimuth is worth at an elevation. */
export function cosOf(elevationDeg: number): number {
  return Math.cos(Math.min(Math.abs(elevationDeg), MOST_COS_DEG) * RAD);
}
