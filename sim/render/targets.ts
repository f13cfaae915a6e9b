/** Exactly where everything is: in degrees around the camera, and in its picture. */
import type { Box } from '../../runtime/data.ts';
import type { CameraPose, PictureSize, Scene } from '../scene/scene.ts';
import { cutOff, placeObjects } from './placement.ts';

export interface TargetTruth {
  readonly id: number;
  readonly label: string;
  /** Centre of the target, seen from the camera. */
  readonly panDeg: number;
  readonly tiltDeg: number;
  readonly panDegPerS: number;
  readonly tiltDegPerS: number;
  /** How wide it looks. */
  readonly spanDeg: number;
  /** In pixels of the picture, cut off at its edge; null when it is out of the picture. */
  readonly box: Box | null;
}

/** All targets that are in the scene at a time. */
export function targetsAt(scene: Scene, timeS: number, camera: CameraPose, size: PictureSize): TargetTruth[] {
  return placeObjects(scene, timeS, camera, size).map(({ object: { id, label }, pan, tilt, spanDeg, box }) => ({
    id,
    label,
    panDeg: pan.value,
    tiltDeg: tilt.value,
    panDegPerS: pan.rate,
    tiltDegPerS: tilt.rate,
    spanDeg,
    box: cutOff(box, size),
  }));
}
