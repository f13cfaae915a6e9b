/** Clouds: fractal noise, squeezed together towards the horizon as a layer seen from below is. */
import { fractalNoise, smoothstep } from '../noise.ts';
import { makePanorama, type Panorama } from './panorama.ts';

/** Channels of the panorama that {@link makeClouds} returns, in 0–255. */
export const CLOUD = { cover: 0, light: 1 } as const;

const PX_PER_DEG = 4;
/** Below that tilt the sky is clear. */
const CLEAR_DEG = 1;
/** Below that tilt no texel that is read holds any cloud. */
export const CLOUDLESS_DEG = CLEAR_DEG - 1 / PX_PER_DEG;
const OCTAVES = 5;
/** Noise cells around the whole panorama; the first octave's blobs are 15° wide. */
const CELLS_AROUND = 24;
/** Clouds are never opaque: real thin ones are not, and the sky stays the larger part of their colour. */
const MOST_COVER = 0.8;

/**
 * @param cover part of the sky under clouds, in [0, 1]
 * @returns two channels: how much cloud there is, and how much of it lies in the light
 */
export function makeClouds(cover: number, seed: number): Panorama {
  const panorama = makePanorama(PX_PER_DEG, 90, -6, 2);
  const [coverTexels, lightTexels] = panorama.channels;
  const threshold = 0.68 - 0.4 * cover;
  for (let row = 0; row < panorama.height; row++) {
    const tiltDeg = panorama.topDeg - (row + 0.5) / PX_PER_DEG;
    const y = -5.5 * Math.log(Math.max(0, tiltDeg) + 9);
    const clear = smoothstep(CLEAR_DEG, 9, tiltDeg);
    for (let column = 0; column < panorama.width; column++) {
      const x = (column / panorama.width) * CELLS_AROUND;
      const thickness = fractalNoise(x, y, CELLS_AROUND, seed, OCTAVES);
      // What lies a little higher in the same cloud keeps the light away.
      const above = fractalNoise(x + 0.05, y - 0.22, CELLS_AROUND, seed, OCTAVES - 2);
      const at = row * panorama.width + column;
      if (coverTexels) coverTexels[at] = 255 * MOST_COVER * clear * smoothstep(threshold, threshold + 0.3, thickness);
      if (lightTexels) lightTexels[at] = 255 * smoothstep(-0.2, 0.2, thickness - above + 0.06);
    }
  }
  return panorama;
}
