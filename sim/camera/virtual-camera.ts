/**
 * A PTZ camera without the network: motors, a scene in motion, pictures, and the ground truth.
 *
 *     const camera = new VirtualCamera({ clock });
 *     camera.command({ kind: 'rate', rates: { pan: 20 }, forS: 1 });
 *     const timeS = camera.nowS();
 *     const picture = camera.render(timeS, { width: 640, height: 360 });
 *     const targets = camera.truth(timeS, { width: 640, height: 360 });
 *
 * Times are seconds since the camera was made, on its clock's monotonic time; the scene begins at 0.
 */
import type { Clock, MotorCommand } from '../../runtime/node.ts';
import type { Plane } from '../render/raster.ts';
import { type Picture, SceneRenderer } from '../render/render.ts';
import { type TargetTruth, targetsAt } from '../render/targets.ts';
import type { CameraPose, PictureSize, Scene } from '../scene/scene.ts';
import { defaultScene, type PictureTurn, type SceneFile, toScene } from '../scene/scene-file.ts';
import { type Axis, type HeadState, type LoadPose, PtzHead } from './motion/head.ts';
import { type HeadSpec, headSpec, hfovDegAt, type Motors } from './motion/motors.ts';

export interface VirtualCameraOptions {
  readonly clock: Clock;
  /** Default: {@link defaultScene}. */
  readonly scene?: SceneFile;
}

/** Pictures sizes that are kept ready; each holds a few megabytes of background. */
const MAX_RENDERERS = 3;

export class VirtualCamera {
  readonly scene: Scene;
  readonly motors: Motors;
  /** Where it looks at first. */
  readonly start: LoadPose;
  readonly #clock: Clock;
  readonly #epochMs: number;
  readonly #head: PtzHead;
  readonly #turned: PictureTurn;
  readonly #renderers = new Map<string, SceneRenderer>();

  constructor({ clock, scene = defaultScene() }: VirtualCameraOptions) {
    this.#clock = clock;
    this.#epochMs = clock.monoMs();
    this.scene = toScene(scene);
    this.motors = scene.motors;
    this.#turned = scene.picture ?? { mirrored: false, flipped: false };
    this.start = { panDeg: scene.home.pan_deg, tiltDeg: scene.home.tilt_deg, zoom: scene.home.zoom };
    this.#head = new PtzHead(headSpec(scene.motors), this.start, 0);
  }

  /** Now, on the camera's own time. */
  nowS(): number {
    return (this.#clock.monoMs() - this.#epochMs) / 1000;
  }

  get spec(): HeadSpec {
    return this.#head.spec;
  }

  command(command: MotorCommand): void {
    this.#head.command(command, this.nowS());
  }

  /** The motors hold at once and drop their commands, as after a power cut. */
  cutPower(): void {
    this.#head.cutPower(this.nowS());
  }

  /** The axes now, as the encoders see them. */
  state(): HeadState {
    this.#head.advance(this.nowS());
    return this.#head.state;
  }

  isMoving(axis: Axis): boolean {
    this.#head.advance(this.nowS());
    return this.#head.isMoving(axis);
  }

  /** Where the picture of a time (at most ten seconds ago) was taken. */
  poseAt(timeS: number): CameraPose {
    this.#head.advance(this.nowS());
    const { panDeg, tiltDeg, zoom } = this.#head.poseAt(timeS);
    return { panDeg, tiltDeg, hfovDeg: hfovDegAt(this.motors, zoom) };
  }

  /** @param into written to and returned; default: a new picture. Only for its own size. */
  render(timeS: number, size: PictureSize, into?: Picture): Picture {
    const picture = this.#renderer(size).render(timeS, this.poseAt(timeS), into);
    for (const plane of Object.values(picture.planes)) turn(plane, this.#turned);
    return picture;
  }

  /** The luma of its picture. */
  luma(timeS: number, size: PictureSize): Plane {
    const plane = this.#renderer(size).luma(timeS, this.poseAt(timeS));
    turn(plane, this.#turned);
    return plane;
  }

  /** Where everything is at a time, in the world and in the picture of that time. */
  truth(timeS: number, size: PictureSize): TargetTruth[] {
    const { mirrored, flipped } = this.#turned;
    return targetsAt(this.scene, timeS, this.poseAt(timeS), size).map(({ box, ...target }) => {
      if (!box) return { ...target, box };
      const x = mirrored ? size.width - box.x - box.w : box.x;
      return { ...target, box: { ...box, x, y: flipped ? size.height - box.y - box.h : box.y } };
    });
  }

  #renderer(size: PictureSize): SceneRenderer {
    const key = `${size.width}x${size.height}`;
    const known = this.#renderers.get(key);
    if (known) return known;
    const [oldest] = this.#renderers.keys();
    if (this.#renderers.size >= MAX_RENDERERS && oldest !== undefined) this.#renderers.delete(oldest);
    const renderer = new SceneRenderer(this.scene, size);
    this.#renderers.set(key, renderer);
    return renderer;
  }
}

/** Exchanges left and right, top and bottom, in place. */
function turn({ data, width, height }: Plane, { mirrored, flipped }: PictureTurn): void {
  const row = (y: number) => data.subarray(y * width, (y + 1) * width);
  if (mirrored && flipped) data.reverse();
  else if (mirrored) for (let y = 0; y < height; y++) row(y).reverse();
  else if (flipped) {
    for (let y = 0; y < height >> 1; y++) {
      const upper = row(y).slice();
      row(y).set(row(height - 1 - y));
      row(height - 1 - y).set(upper);
    }
  }
}
