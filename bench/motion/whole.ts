/** How the picture moves as a whole, beside what the camera of a rendered scene has really done. */
import { GlobalMotion, greySize, type Moved } from '../../motion/index.ts';
import { pxPerDeg } from '../../sim/render/projection.ts';
import { SceneRenderer } from '../../sim/render/render.ts';
import type { CameraPose } from '../../sim/scene/scene.ts';
import { defaultScene, toScene } from '../../sim/scene/scene-file.ts';
import { noiseOf, smallGrey } from './grey.ts';

export const SIZE = { width: 640, height: 360 } as const;
export const FPS = 15;

export type Motion = (timeS: number) => CameraPose;
export const at = (pose: Partial<CameraPose>): CameraPose => ({ panDeg: 0, tiltDeg: 10, hfovDeg: 60, ...pose });
export const sway: Motion = (timeS) =>
  at({ panDeg: 0.8 * Math.sin(timeS * 40), tiltDeg: 10 + 0.6 * Math.sin(timeS * 33) });
export const overCity: Motion = (timeS) =>
  at({ panDeg: 0.3 * Math.sin(timeS * 27), tiltDeg: 3 + 0.2 * Math.sin(timeS * 23) });

/** Cameras that pan, tilt, zoom and shake, and the noise of their pictures, grey levels. */
export const CAMERAS: readonly (readonly [name: string, motion: Motion, noise: number])[] = [
  ['at rest', () => at({}), 0],
  ['a slow pan', (timeS) => at({ panDeg: 2 * timeS }), 0],
  ['a pan', (timeS) => at({ panDeg: 20 * timeS }), 0],
  ['a fast pan', (timeS) => at({ panDeg: 83 * timeS - 60 }), 0],
  ['a pan with noise', (timeS) => at({ panDeg: -20 * timeS }), 3],
  ['a tilt', (timeS) => at({ tiltDeg: 4 + 5 * timeS }), 0],
  ['a zoom', (timeS) => at({ hfovDeg: 60 * 0.8 ** timeS }), 0],
  ['a fast zoom, past a target that fills the picture', (timeS) => at({ hfovDeg: 60 * 0.5 ** timeS }), 0],
  ['a zoom out, with noise', (timeS) => at({ hfovDeg: 30 * 2 ** timeS }), 3],
  ['a pan that zooms', (timeS) => at({ panDeg: 15 * timeS, hfovDeg: 50 * 0.6 ** timeS }), 1],
  ['pan, tilt and zoom at once', (timeS) => at({ panDeg: 6 * timeS, tiltDeg: 8 - timeS, hfovDeg: 60 - 6 * timeS }), 1],
  ['shaken', sway, 0],
  ['shaken, with noise', sway, 3],
  ['shaken a little, over a city', overCity, 2],
  ['shaken, zoomed in', (timeS) => ({ ...sway(timeS), hfovDeg: 20 }), 1],
  ['clouds only', (timeS) => at({ panDeg: 10 * timeS, tiltDeg: 40 }), 0],
];

/** A camera's pictures, small and grey, and how each really moved from the one before: pixels, and the growth of lengths. */
export interface Filmed {
  readonly greys: readonly Uint8Array[];
  readonly truth: readonly { readonly right: number; readonly down: number; readonly scale: number }[];
}

export const GREY = greySize({ w: SIZE.width, h: SIZE.height });

export function film(motion: Motion, { seconds = 1.2, noise = 0, scene = defaultScene() } = {}): Filmed {
  const renderer = new SceneRenderer(toScene(scene), SIZE);
  const makeNoise = noiseOf(noise);
  const times = Array.from({ length: Math.round(seconds * FPS) }, (_, k) => k / FPS);
  const greys = times.map((timeS) => {
    return smallGrey(renderer.luma(timeS, motion(timeS)).data, SIZE, GREY, makeNoise);
  });
  const truth = times.map((timeS) => {
    const [now, before] = [motion(timeS), motion(timeS - 1 / FPS)];
    const px = pxPerDeg(now, SIZE);
    return {
      right: (before.panDeg - now.panDeg) * px,
      down: (now.tiltDeg - before.tiltDeg) * px,
      scale: px / pxPerDeg(before, SIZE),
    };
  });
  return { greys, truth };
}

/** Share of the pictures that it could tell, and root mean squares of the errors. */
export interface Errors {
  readonly known: number;
  readonly px: number;
  readonly scale: number;
}

export function errorsOf({ greys, truth }: Filmed): Errors {
  const eye = new GlobalMotion(GREY);
  const all = greys.map((grey) => eye.step(grey));
  const known = all.flatMap((moved, k) => {
    const real = truth[k];
    return k > 0 && moved && real ? [{ moved, real }] : [];
  });
  const offPx = ({ moved, real }: { readonly moved: Moved; readonly real: Filmed['truth'][number] }) => [
    moved.right * SIZE.width - real.right,
    moved.down * SIZE.width - real.down,
  ];
  return {
    known: known.length / (greys.length - 1),
    px: rms(known.flatMap(offPx)),
    scale: rms(known.map(({ moved, real }) => moved.scale - real.scale)),
  };
}

function rms(errors: readonly number[]): number {
  return Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
}
