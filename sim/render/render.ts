/**
 * Renders a scene to pictures: the same scene, time and camera give the same bytes on every run.
 *
 *     const renderer = new SceneRenderer(toScene(defaultScene()), { width: 640, height: 360 });
 *     const picture = renderer.render(1.5, { panDeg: 4, tiltDeg: 12, hfovDeg: 60 });
 */

import type { CameraPose, PictureSize, Scene } from '../scene/scene.ts';
import { Background } from './background.ts';
import { toYuv, type Yuv } from './color.ts';
import { placeObjects } from './placement.ts';
import { drawStroke, type Plane } from './raster.ts';

/** An 8-bit YUV 4:2:0 picture, BT.601, limited range. */
export interface Picture extends PictureSize {
  /** The three planes one after the other, rows without padding: what encoders call yuv420p or I420. */
  readonly bytes: Uint8Array;
  readonly planes: Readonly<Record<keyof Yuv, Plane>>;
}

const COMPONENTS = ['y', 'u', 'v'] as const;

export class SceneRenderer {
  readonly scene: Scene;
  readonly size: PictureSize;
  readonly #background: Background;

  /** @throws RangeError when a side of the size is odd or not positive */
  constructor(scene: Scene, size: PictureSize) {
    if (![size.width, size.height].every((side) => side > 0 && side % 2 === 0)) {
      throw new RangeError(`picture size must be even and positive, got ${size.width}x${size.height}`);
    }
    this.scene = scene;
    this.size = size;
    this.#background = new Background(scene.background, scene.seed);
  }

  /**
   * The picture at `timeS` seconds.
   * @param into written to and returned
   */
  render(timeS: number, camera: CameraPose, into: Picture = makePicture(this.size)): Picture {
    for (const component of COMPONENTS) this.#paint(into.planes[component], component, camera, timeS);
    return into;
  }

  /** Its luma alone, for those who look at no colours: half of the work. */
  luma(timeS: number, camera: CameraPose): Plane {
    const { width, height } = this.size;
    const plane = { data: new Uint8Array(width * height), width, height };
    this.#paint(plane, 'y', camera, timeS);
    return plane;
  }

  #paint(plane: Plane, component: keyof Yuv, camera: CameraPose, timeS: number): void {
    this.#background.paint(plane, component, camera, timeS);
    for (const { object, strokes } of placeObjects(this.scene, timeS, camera, plane)) {
      const base = toYuv(object.color)[component];
      for (const stroke of strokes) drawStroke(plane, stroke, component === 'y' ? base + stroke.light : base);
    }
  }
}

/** A black picture (all bytes 0) to render into. */
export function makePicture({ width, height }: PictureSize): Picture {
  const luma = width * height;
  const bytes = new Uint8Array(luma * 1.5);
  const colorPlane = (from: number): Plane => ({
    data: bytes.subarray(from, from + luma / 4),
    width: width / 2,
    height: height / 2,
  });
  const y = { data: bytes.subarray(0, luma), width, height };
  return { width, height, bytes, planes: { y, u: colorPlane(luma), v: colorPlane(luma * 1.25) } };
}
