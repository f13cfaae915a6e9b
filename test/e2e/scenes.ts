/** What the cameras of these tests look at: one drone, 3° wide, always within the first picture. */
import { Value } from '@sinclair/typebox/value';
import { defaultMotors } from '../../sim/camera/motion/motors.ts';
import { type SceneFile, sceneFileSchema } from '../../sim/scene/scene-file.ts';

type Knot = [timeS: number, panDeg: number, tiltDeg: number, widthDeg: number];

/** To and fro at up to 5° a second, with a hover at each end. Again every 22 s. */
export const strollScene = scene([
  [0, -10, 12, 3],
  [2, -10, 12, 3],
  [4, -8, 12.2, 3],
  [8, 8, 14.8, 3],
  [10, 10, 15, 3],
  [13, 10, 15, 3],
  [15, 8, 14.8, 3],
  [19, -8, 12.2, 3],
  [21, -10, 12, 3],
  [22, -10, 12, 3],
]);

/** To and fro without a rest, at up to 6° a second. */
export const patrolScene = scene(
  Array.from({ length: 41 }, (_, i): Knot => [7 * i, i % 2 === 0 ? -15 : 15, i % 2 === 0 ? 11 : 15, 3]),
);

function scene(path: Knot[]): SceneFile {
  return Value.Decode(sceneFileSchema, {
    name: 'test',
    seed: 7,
    motors: defaultMotors(),
    home: { pan_deg: 0, tilt_deg: 12, zoom: 0 },
    targets: [{ id: 1, label: 'drone', path, repeats: true }],
  });
}
