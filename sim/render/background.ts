/** Sky, clouds and ground of a scene, painted into a picture for a camera. */

import type { BackgroundLook, CameraPose, PictureSize, SkyStop } from '../scene/scene.ts';
import { CLOUD, CLOUDLESS_DEG, makeClouds } from './clouds.ts';
import { mix, toYuv, type Yuv } from './color.ts';
import { type Columns, columnsFor, type Panorama, readLine } from './panorama.ts';
import { pxPerDeg, toAngles } from './projection.ts';
import type { Plane } from './raster.ts';
import { makeSkyline, SKYLINE, SKYLINE_TOP_DEG } from './skyline.ts';

/** One layer of the background, ready to be read line by line for one camera and one plane. */
interface Layer {
  readonly panorama: Panorama;
  readonly columns: Columns;
  readonly lines: readonly Float32Array[];
}

interface Panoramas {
  readonly clouds: Panorama;
  readonly skyline: readonly Panorama[];
}

/** Scenes whose panoramas are kept; each has some megabytes. */
const KEPT = 2;
const kept = new Map<string, Panoramas>();

/** About 0.3 s of work; nothing changes them, so that all who look at the same scene share them. */
function panoramasOf({ clouds: { cover }, ground: { lit } }: BackgroundLook, seed: number): Panoramas {
  const key = [cover, lit, seed].join();
  const made = kept.get(key) ?? { clouds: makeClouds(cover, seed), skyline: makeSkyline(lit, seed) };
  kept.delete(key);
  kept.set(key, made);
  const [oldest = key] = kept.keys();
  if (kept.size > KEPT) kept.delete(oldest);
  return made;
}

/** What is behind everything: some milliseconds a frame to paint. */
export class Background {
  readonly #look: BackgroundLook;
  readonly #clouds: Panorama;
  readonly #skyline: readonly Panorama[];

  constructor(look: BackgroundLook, seed: number) {
    this.#look = look;
    ({ clouds: this.#clouds, skyline: this.#skyline } = panoramasOf(look, seed));
  }

  /**
   * Fills one plane of a picture.
   * @param plane may be smaller than the picture (colour planes); shows the same part of the world
   * @param component which of the colours' values the plane holds
   */
  paint(plane: Plane, component: keyof Yuv, camera: CameraPose, timeS: number): void {
    const { look, clouds, ground } = this.#layers(plane, camera, timeS);
    const bright = toYuv(look.clouds.bright)[component];
    const shaded = toYuv(look.clouds.shaded)[component];
    const near = toYuv(look.ground.near)[component];
    const far = toYuv(look.ground.far)[component];
    const windows = toYuv(look.ground.windows)[component];
    for (let row = 0; row < plane.height; row++) {
      const { tiltDeg } = toAngles(camera, plane, 0, row + 0.5);
      const target = plane.data.subarray(row * plane.width, (row + 1) * plane.width);
      const sky = skyColor(look.sky, tiltDeg)[component];
      if (tiltDeg < CLOUDLESS_DEG) target.fill(sky + 0.5);
      else {
        readLayer(clouds, tiltDeg);
        paintSky(target, clouds, sky, shaded, bright);
      }
      if (tiltDeg > SKYLINE_TOP_DEG) continue;
      readLayer(ground, tiltDeg);
      paintGround(target, ground, near, far - near, windows - near);
    }
  }

  #layers(plane: PictureSize, camera: CameraPose, timeS: number) {
    const scale = pxPerDeg(camera, plane);
    const firstDeg = toAngles(camera, plane, 0.5, 0).panDeg;
    const finest = this.#skyline.find((level) => level.pxPerDeg < scale * 1.6) ?? this.#skyline.at(-1) ?? this.#clouds;
    const driftDeg = this.#look.clouds.driftDegPerS * timeS;
    return {
      look: this.#look,
      clouds: layer(this.#clouds, columnsFor(this.#clouds, firstDeg - driftDeg, 1 / scale, plane.width)),
      ground: layer(finest, columnsFor(finest, firstDeg, 1 / scale, plane.width)),
    };
  }
}

/** Colour of the clear sky at a tilt. */
export function skyColor(stops: readonly SkyStop[], tiltDeg: number): Yuv {
  const above = stops.find((stop) => stop.tiltDeg >= tiltDeg) ?? stops.at(-1);
  const below = stops.findLast((stop) => stop.tiltDeg < tiltDeg) ?? above;
  if (!above || !below) throw new RangeError('a sky needs at least one colour');
  const gap = above.tiltDeg - below.tiltDeg;
  const amount = gap > 0 ? Math.min(1, (tiltDeg - below.tiltDeg) / gap) : 0;
  return mix(toYuv(below.rgb), toYuv(above.rgb), amount);
}

function layer(panorama: Panorama, columns: Columns): Layer {
  return { panorama, columns, lines: panorama.channels.map(() => new Float32Array(columns.count)) };
}

function readLayer({ panorama, columns, lines }: Layer, tiltDeg: number): void {
  for (const [channel, line] of lines.entries()) readLine(panorama, channel, columns, tiltDeg, line);
}

function paintSky(target: Uint8Array, clouds: Layer, sky: number, shaded: number, bright: number): void {
  const { left, fraction } = clouds.columns;
  const covers = clouds.lines[CLOUD.cover] ?? new Float32Array(0);
  const lights = clouds.lines[CLOUD.light] ?? new Float32Array(0);
  for (let column = 0; column < target.length; column++) {
    const at = left[column] ?? 0;
    const part = fraction[column] ?? 0;
    const cover = between(covers, at, part) / 255;
    const light = between(lights, at, part) / 255;
    target[column] = sky + cover * (shaded + light * (bright - shaded) - sky) + 0.5;
  }
}

function paintGround(target: Uint8Array, ground: Layer, near: number, haze: number, window: number): void {
  const { left, fraction } = ground.columns;
  const covers = ground.lines[SKYLINE.cover] ?? new Float32Array(0);
  const hazes = ground.lines[SKYLINE.haze] ?? new Float32Array(0);
  const lights = ground.lines[SKYLINE.light] ?? new Float32Array(0);
  for (let column = 0; column < target.length; column++) {
    const at = left[column] ?? 0;
    const part = fraction[column] ?? 0;
    const cover = between(covers, at, part) / 255;
    if (cover === 0) continue;
    const color = cover * near + (between(hazes, at, part) * haze + between(lights, at, part) * window) / 255;
    target[column] = (target[column] ?? 0) * (1 - cover) + color + 0.5;
  }
}

function between(line: Float32Array, at: number, part: number): number {
  const value = line[at] ?? 0;
  return value + ((line[at + 1] ?? 0) - value) * part;
}
