/** The ground: a far skyline in the haze, nearer buildings with lit windows, and trees in front. */
import { fractalNoise, hash01 } from '../noise.ts';
import { halve, makePanorama, type Panorama } from './panorama.ts';

/** Channels of the panoramas that {@link makeSkyline} returns, in 0–255; `haze` and `light` lie within `cover`. */
export const SKYLINE = { cover: 0, haze: 1, light: 2 } as const;
/** Above this the sky is free, everywhere. */
export const SKYLINE_TOP_DEG = 10;

const PX_PER_DEG = 16;
const BOTTOM_DEG = -6;
const LEVELS = 4;
/** Window grid of a building, in texels. */
const WINDOW = { width: 2, height: 3, everyX: 5, everyY: 6 } as const;

interface Row {
  readonly seed: number;
  readonly widthDeg: readonly [number, number];
  readonly heightDeg: readonly [number, number];
  readonly haze: number;
  /** Part of the windows with a light. */
  readonly lit: number;
}

interface Building {
  readonly left: number;
  readonly right: number;
  readonly topDeg: number;
  readonly haze: number;
}

/**
 * @param lit part of the windows with a light, in [0, 1]
 * @returns the same picture at falling resolution: take the first one that is not much finer than the camera's
 */
export function makeSkyline(lit: number, seed: number): readonly Panorama[] {
  const panorama = makePanorama(PX_PER_DEG, SKYLINE_TOP_DEG, BOTTOM_DEG, 3);
  paintRow(panorama, { seed: seed + 11, widthDeg: [0.7, 2.4], heightDeg: [0.8, 6.2], haze: 0.85, lit: 0 });
  paintRow(panorama, { seed: seed + 12, widthDeg: [1.4, 3.8], heightDeg: [0.4, 5], haze: 0.38, lit });
  paintTrees(panorama, seed + 13);
  const levels = [panorama];
  for (let level = 1; level < LEVELS; level++) levels.push(halve(levels[level - 1] ?? panorama));
  return levels;
}

function paintRow(panorama: Panorama, row: Row): void {
  const [narrow, wide] = row.widthDeg;
  const [low, high] = row.heightDeg;
  let left = 0;
  for (let index = 0; left < panorama.width; index++) {
    const widthDeg = narrow + (wide - narrow) * hash01(index, 0, row.seed);
    const right = Math.min(panorama.width, left + Math.round(widthDeg * PX_PER_DEG));
    // Tall ones stand together: the height of the neighbourhood times one's own.
    const district = fractalNoise((left / panorama.width) * 16, 0, 16, row.seed, 2) ** 2;
    const topDeg = low + (high - low) * (0.25 * district + 0.75 * district * hash01(index, 1, row.seed)) * 1.6;
    const building = { left, right, topDeg, haze: row.haze + 0.15 * (hash01(index, 2, row.seed) - 0.5) };
    paintBuilding(panorama, building);
    if (row.lit > 0) paintWindows(panorama, building, row.lit, row.seed + index);
    left = right + (hash01(index, 3, row.seed) < 0.25 ? Math.round(PX_PER_DEG * hash01(index, 4, row.seed)) : 0);
  }
}

function paintBuilding(panorama: Panorama, building: Building): void {
  for (let column = building.left; column < building.right; column++) {
    paintColumn(panorama, column, building.topDeg, building.haze);
  }
}

function paintTrees(panorama: Panorama, seed: number): void {
  for (let column = 0; column < panorama.width; column++) {
    const around = column / panorama.width;
    const wood = fractalNoise(around * 30, 0, 30, seed, 2);
    const crowns = fractalNoise(around * 480, 5, 480, seed, 3);
    paintColumn(panorama, column, -1.6 + 1.9 * wood + 0.7 * crowns, 0);
  }
}

/** Covers everything in a column below a tilt; the topmost texel by the part that belongs to it. */
function paintColumn(panorama: Panorama, column: number, topDeg: number, haze: number): void {
  const top = Math.max(0, (panorama.topDeg - topDeg) * PX_PER_DEG);
  for (let row = Math.floor(top); row < panorama.height; row++) {
    const part = Math.min(1, row + 1 - top);
    const at = row * panorama.width + column;
    blend(panorama, SKYLINE.cover, at, 255, part);
    blend(panorama, SKYLINE.haze, at, 255 * haze, part);
    blend(panorama, SKYLINE.light, at, 0, part);
  }
}

function paintWindows(panorama: Panorama, building: Building, lit: number, seed: number): void {
  const top = Math.ceil((panorama.topDeg - building.topDeg) * PX_PER_DEG) + 3;
  const columns = Math.floor((building.right - building.left - 3) / WINDOW.everyX);
  for (let floor = 0; top + (floor + 1) * WINDOW.everyY < panorama.height; floor++) {
    for (let index = 0; index < columns; index++) {
      if (hash01(index, floor, seed) >= lit) continue;
      const left = building.left + 3 + index * WINDOW.everyX;
      const brightness = 110 + 110 * hash01(index, floor, seed + 1);
      for (let pixel = 0; pixel < WINDOW.width * WINDOW.height; pixel++) {
        const row = top + floor * WINDOW.everyY + Math.floor(pixel / WINDOW.width);
        blend(panorama, SKYLINE.light, row * panorama.width + left + (pixel % WINDOW.width), brightness, 1);
      }
    }
  }
}

function blend(panorama: Panorama, channel: number, at: number, value: number, part: number): void {
  const texels = panorama.channels[channel];
  const old = texels?.[at];
  if (texels && old !== undefined) texels[at] = Math.round(old + (value - old) * part);
}
