/** Sky, clouds and landscape of an evening: what the virtual camera and the clips of fixtures/ show. */
import type { BackgroundLook } from './scene.ts';

export const EVENING: BackgroundLook = {
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
