/**
 * A picture of all directions: 360° of pan, a band of tilt, any number of 8-bit channels. Made once, resampled for
 * every frame: vertically into a line, then along that line (both linear).
 */
import { modulo } from '../noise.ts';

export interface Panorama {
  readonly pxPerDeg: number;
  /** Tilt of the upper edge. */
  readonly topDeg: number;
  /** A whole number: 360 × pxPerDeg. */
  readonly width: number;
  readonly height: number;
  readonly channels: readonly Uint8Array[];
}

/** Which texels each column of a picture lies between. */
export interface Columns {
  /** First texel column that is needed, not wrapped to the panorama's width. */
  readonly first: number;
  /** How many texel columns from there on. */
  readonly count: number;
  /** Of each picture column: the left one of its two texels, counted from `first`. */
  readonly left: Int32Array;
  /** Of each picture column: how far from the left to the right texel, in [0, 1). */
  readonly fraction: Float32Array;
}

export function makePanorama(pxPerDeg: number, topDeg: number, bottomDeg: number, channels: number): Panorama {
  const width = Math.round(360 * pxPerDeg);
  const height = Math.round((topDeg - bottomDeg) * pxPerDeg);
  const planes = Array.from({ length: channels }, () => new Uint8Array(width * height));
  return { pxPerDeg, topDeg, width, height, channels: planes };
}

/**
 * Columns of a picture whose column centres are at `firstPanDeg` and every `stepDeg` after it.
 * @param width of the picture
 */
export function columnsFor(panorama: Panorama, firstPanDeg: number, stepDeg: number, width: number): Columns {
  const start = firstPanDeg * panorama.pxPerDeg - 0.5;
  const step = stepDeg * panorama.pxPerDeg;
  const first = Math.floor(start);
  const left = new Int32Array(width);
  const fraction = new Float32Array(width);
  for (let column = 0; column < width; column++) {
    const at = start + column * step - first;
    left[column] = Math.floor(at);
    fraction[column] = at - Math.floor(at);
  }
  return { first, count: (left[width - 1] ?? 0) + 2, left, fraction };
}

/**
 * Writes the texels of one channel at a tilt into `line`. Above and below the band its edge row goes on.
 * @param line at least `columns.count` long
 */
export function readLine(
  panorama: Panorama,
  channel: number,
  columns: Columns,
  tiltDeg: number,
  line: Float32Array,
): void {
  const texels = panorama.channels[channel] ?? new Uint8Array(0);
  const { width, height } = panorama;
  const at = Math.min(height - 1, Math.max(0, (panorama.topDeg - tiltDeg) * panorama.pxPerDeg - 0.5));
  const row = Math.min(height - 2, Math.floor(at));
  const below = at - row;
  const upper = row * width;
  const lower = upper + width;
  let texel = modulo(columns.first, width);
  for (let index = 0; index < columns.count; index++) {
    const high = texels[upper + texel] ?? 0;
    line[index] = high + ((texels[lower + texel] ?? 0) - high) * below;
    texel = texel + 1 === width ? 0 : texel + 1;
  }
}

/** The same panorama at half the resolution: each texel is the mean of four. Width and height must be even. */
export function halve(panorama: Panorama): Panorama {
  const width = panorama.width / 2;
  const height = panorama.height / 2;
  const channels = panorama.channels.map((from) => {
    const to = new Uint8Array(width * height);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const at = row * 2 * panorama.width + column * 2;
        const upper = (from[at] ?? 0) + (from[at + 1] ?? 0);
        const lower = (from[at + panorama.width] ?? 0) + (from[at + panorama.width + 1] ?? 0);
        to[row * width + column] = (upper + lower + 2) >> 2;
      }
    }
    return to;
  });
  return { pxPerDeg: panorama.pxPerDeg / 2, topDeg: panorama.topDeg, width, height, channels };
}
