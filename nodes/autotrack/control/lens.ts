/** Between the picture of a zoom lens and directions. Places in the picture are shares of its width and height. */
import { angleOf, type Direction, directionOf, hfovAt, panScale, shareOf } from '../../../runtime/node.ts';

/** Elevations beyond this are too near the pole for azimuths to mean anything. */
const MOST_COS_DEG = 85;

/** Where a picture looks, and how far it is zoomed in. */
export interface View extends Direction {
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

/** Horizontal field of view at a magnification, in degrees. */
export function fieldOfViewDeg({ hfovDeg }: Lens, zoomX: number): number {
  return hfovAt(hfovDeg, zoomX);
}

/** The direction that a place in the picture shows; azimuths go on beyond 180. */
export function toDirection(lens: Lens, { panDeg, tiltDeg, zoomX }: View, x: number, y: number): Direction {
  const pose = { panDeg, tiltDeg, hfovDeg: hfovAt(lens.hfovDeg, zoomX) };
  return directionOf(pose, { w: lens.aspect, h: 1 }, { x: x * lens.aspect, y });
}

/** Angle that a share of the width stands for, in degrees; exact at the centre. */
export function toAngleDeg({ hfovDeg }: Lens, zoomX: number, widthShare: number): number {
  return angleOf(hfovAt(hfovDeg, zoomX), widthShare);
}

/** Share of the frame width that an angle takes at the centre of the picture. */
export function toShare({ hfovDeg }: Lens, zoomX: number, angleDeg: number): number {
  return shareOf(hfovAt(hfovDeg, zoomX), angleDeg);
}

/** How much a degree of azimuth is worth at an elevation. */
export function cosOf(elevationDeg: number): number {
  return panScale(Math.min(Math.abs(elevationDeg), MOST_COS_DEG));
}
