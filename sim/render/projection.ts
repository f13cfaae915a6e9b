/**
 * The lens: a straight line between angles and pixels (equidistant along both axes). A degree is as many pixels wide at
 * the edge as in the middle, so background rows and columns are resampled on their own, which is what makes it fast.
 */
import { modulo } from '../noise.ts';
import type { CameraPose, PictureSize } from '../scene/scene.ts';

export function pxPerDeg(camera: CameraPose, size: PictureSize): number {
  return size.width / camera.hfovDeg;
}

/** Pixel position of a direction, in pixels from the picture's top-left corner; may lie outside of the picture. */
export function toPixel(
  camera: CameraPose,
  size: PictureSize,
  panDeg: number,
  tiltDeg: number,
): { x: number; y: number } {
  const scale = pxPerDeg(camera, size);
  const awayDeg = modulo(panDeg - camera.panDeg + 180, 360) - 180;
  return { x: size.width / 2 + awayDeg * scale, y: size.height / 2 - (tiltDeg - camera.tiltDeg) * scale };
}

/** Direction that a pixel position shows. */
export function toAngles(
  camera: CameraPose,
  size: PictureSize,
  x: number,
  y: number,
): { panDeg: number; tiltDeg: number } {
  const scale = pxPerDeg(camera, size);
  return {
    panDeg: camera.panDeg + (x - size.width / 2) / scale,
    tiltDeg: camera.tiltDeg - (y - size.height / 2) / scale,
  };
}
