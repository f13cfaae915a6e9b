/** Exactly where everything is: in degrees around the camera, and in its picture. */
import type { Box } from '../../runtime/data.ts';
import { curveAt, knotTime, swayAt } from '../scene/paths.ts';
import type { CameraPose, PictureSize, Scene } from '../scene/scene.ts';
import { truthAt } from './placement.ts';

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
  const boxes = new Map(truthAt(scene, timeS, camera, size).map(({ id, x, y, w, h }) => [id, { x, y, w, h }]));
  return scene.objects.flatMap(({ id, label, flight, repeats, sway }) => {
    const knotS = knotTime(flight, repeats ?? false, timeS);
    if (knotS === null) return [];
    const swaying = swayAt(sway, timeS);
    const pan = curveAt(flight, (knot) => knot.panDeg, knotS);
    const tilt = curveAt(flight, (knot) => knot.tiltDeg, knotS);
    return {
      id,
      label,
      panDeg: pan.value + swaying.pan.value,
      tiltDeg: tilt.value + swaying.tilt.value,
      panDegPerS: pan.rate + swaying.pan.rate,
      tiltDegPerS: tilt.rate + swaying.tilt.rate,
      spanDeg: curveAt(flight, (knot) => knot.spanDeg, knotS).value,
      box: boxes.get(id) ?? null,
    };
  });
}
