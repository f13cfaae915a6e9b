/** The scenes behind the clips in fixtures/. */
import type { BackgroundLook, FlightKnot, Scene } from './scene.ts';

const EVENING: BackgroundLook = {
  sky: [
    { tiltDeg: -4, rgb: [240, 214, 184] },
    { tiltDeg: 2, rgb: [236, 218, 198] },
    { tiltDeg: 10, rgb: [196, 210, 224] },
    { tiltDeg: 24, rgb: [136, 176, 218] },
    { tiltDeg: 60, rgb: [78, 124, 186] },
  ],
  clouds: { cover: 0.5, bright: [252, 246, 238], shaded: [190, 192, 206], driftDegPerS: 0.12 },
  ground: { far: [132, 142, 160], near: [34, 40, 44], windows: [255, 214, 130], lit: 0.3 },
};

/** A still camera; two quadcopters and an airplane cross its picture, twelve seconds long. */
export const skyScene: Scene = {
  name: 'sky',
  seed: 7,
  background: EVENING,
  camera: [{ timeS: 0, panDeg: 0, tiltDeg: 12, hfovDeg: 60 }],
  objects: [
    {
      id: 1,
      label: 'drone',
      sprite: 'quadcopter',
      color: [38, 40, 46],
      sway: { panDeg: 0.12, tiltDeg: 0.1, periodS: 2.9 },
      flight: flight([0, -21, 14, 2.6], [3, -12, 10.5, 2.9], [6, -3, 13, 3.4], [9, -10, 17, 3.1], [12, -19, 12, 2.8]),
    },
    {
      id: 2,
      label: 'airplane',
      sprite: 'airplane',
      color: [92, 96, 106],
      flight: flight([1, -34, 19, 4.6], [4, -14, 21.5, 4.9], [8, 12, 23.5, 5.2], [11.4, 34, 24.5, 5.4]),
    },
    {
      id: 3,
      label: 'drone',
      sprite: 'quadcopter',
      color: [30, 32, 38],
      sway: { panDeg: 0.08, tiltDeg: 0.07, periodS: 2.3 },
      flight: flight([2, 33, 10, 1.4], [4.5, 22, 8.5, 1.5], [8, 15, 11, 1.7], [12, 20, 15, 1.6]),
    },
  ],
};

/** A camera that pans, tilts and zooms after a quadcopter; an airplane comes by. Eight seconds long. */
export const skyPanScene: Scene = {
  name: 'sky-pan',
  seed: 19,
  background: EVENING,
  camera: [
    { timeS: 0, panDeg: 0, tiltDeg: 8, hfovDeg: 56 },
    { timeS: 2, panDeg: 6, tiltDeg: 9, hfovDeg: 52 },
    { timeS: 5, panDeg: 26, tiltDeg: 10, hfovDeg: 36 },
    { timeS: 8, panDeg: 40, tiltDeg: 9.5, hfovDeg: 40 },
  ],
  objects: [
    {
      id: 1,
      label: 'drone',
      sprite: 'quadcopter',
      color: [38, 40, 46],
      sway: { panDeg: 0.1, tiltDeg: 0.08, periodS: 2.7 },
      flight: flight([0, -4, 9, 1.5], [2, 6, 10.5, 1.6], [5, 25, 13.5, 1.9], [8, 41, 11.5, 1.7]),
    },
    {
      id: 2,
      label: 'airplane',
      sprite: 'airplane',
      color: [92, 96, 106],
      flight: flight([1.5, 46, 19, 2.9], [4.5, 30, 18.5, 3], [8, 10, 18, 3.1]),
    },
  ],
};

/** Knots written as time in seconds, then pan, tilt and span in degrees. */
function flight(...knots: readonly (readonly [number, number, number, number])[]): FlightKnot[] {
  return knots.map(([timeS, panDeg, tiltDeg, spanDeg]) => ({ timeS, panDeg, tiltDeg, spanDeg }));
}
