/** The pose of the camera, computed from the sent commands (dead reckoning), for a picture of any time. */
import type { Direction } from '../../../runtime/node.ts';
import { fieldOfViewDeg, type Lens, toAngleDeg, toDirection, type View } from './lens.ts';
import { OwnMotion } from './own-motion.ts';
import type { Plant, ReportedPose, TargetBox, Velocity } from './types.ts';

/** For so long after a command that may never have been carried out, the camera's word counts while it moves too … */
const DOUBT_MS = 2000;
/** … if it answers commands within this time; otherwise its position is too old. The age may differ by this much … */
const SLOW_MS = 500;
const STATUS_OFF_MS = 250;
/** … the way in that time is looked at so finely … */
const STATUS_STEPS = 8;
/** … and positions further than this from all of it are taken as reported. */
const BESIDE_DEG = 1.5;

export class DeadReckoning {
  readonly pan: OwnMotion;
  readonly tilt: OwnMotion;
  readonly zoom: OwnMotion;
  readonly #lens: Lens;
  #doubtedMs = Number.NEGATIVE_INFINITY;

  constructor(lens: Lens, { pan, tilt, zoom }: Plant, maxZoom: number) {
    this.#lens = lens;
    this.pan = new OwnMotion(pan, 0);
    this.tilt = new OwnMotion(tilt, 0);
    this.zoom = new OwnMotion(zoom, 1, [1, maxZoom]);
  }

  /** The assumed motors of the camera. */
  get plant(): Plant {
    return { pan: this.pan.plant, tilt: this.tilt.plant, zoom: this.zoom.plant };
  }

  set plant({ pan, tilt, zoom }: Plant) {
    this.pan.setPlant(pan);
    this.tilt.setPlant(tilt);
    this.zoom.setPlant(zoom);
  }

  /** Notes a command that went out. */
  sent({ pan, tilt, zoom }: Velocity, atMs: number): void {
    this.pan.sent(atMs, pan);
    this.tilt.sent(atMs, tilt);
    this.zoom.sent(atMs, zoom);
  }

  /** The last command may not have been carried out. */
  doubt(atMs: number): void {
    this.#doubtedMs = atMs;
  }

  /** The view that a picture of that time shows. */
  view(tMs: number): View {
    return {
      panDeg: this.pan.at(tMs).position,
      tiltDeg: this.tilt.at(tMs).position,
      zoomX: this.zoom.at(tMs).position,
    };
  }

  /** Horizontal field of view of a picture of that time, degrees. */
  fieldDeg(tMs: number): number {
    return fieldOfViewDeg(this.#lens, this.zoom.at(tMs).position);
  }

  /** A picture of that time shows the camera turning, or a command for that is on its way. */
  isTurning(tMs: number): boolean {
    return !this.pan.restsFrom(tMs) || !this.tilt.restsFrom(tMs);
  }

  /** The direction and the width that a box has in the world. */
  directionOf({ atMs, bbox: { x, y, w, h } }: TargetBox): Direction & { readonly widthDeg: number } {
    const view = this.view(atMs);
    return {
      ...toDirection(this.#lens, view, x + w / 2, y + h / 2),
      widthDeg: toAngleDeg(this.#lens, view.zoomX, w),
    };
  }

  /**
   * The reported pose of a camera at rest is used; while it moves, the time of a status is too uncertain. Only after a
   * lost request, when the camera may not be where it was sent, the pose is corrected also while it moves.
   * @returns by how much the pose was corrected
   */
  align({ atMs, panDeg, tiltDeg, zoomX }: ReportedPose): Direction {
    const isDoubted = atMs < this.#doubtedMs + DOUBT_MS;
    const off = (motion: OwnMotion, reported: number | undefined) => {
      if (reported === undefined || !Number.isFinite(reported)) return 0;
      if (motion.restsFrom(atMs)) return reported - motion.at(atMs).position;
      // A zoom that was not carried out hardly moves what is near the centre: it can wait until it rests.
      return isDoubted && motion !== this.zoom ? beside(motion, atMs, reported) : 0;
    };
    const by = { panDeg: off(this.pan, panDeg), tiltDeg: off(this.tilt, tiltDeg) };
    this.zoom.shift(off(this.zoom, zoomX));
    this.pan.shift(by.panDeg);
    this.tilt.shift(by.tiltDeg);
    return by;
  }
}

/** How far a position is from the computed path of the axis at about that time; 0: on it. */
function beside(motion: OwnMotion, atMs: number, position: number): number {
  if (motion.plant.delayMs > SLOW_MS) return 0;
  const mostMs = STATUS_OFF_MS + motion.plant.delayMs;
  let [low, high] = [Infinity, -Infinity];
  for (let step = -STATUS_STEPS; step <= STATUS_STEPS; step++) {
    const reckoned = motion.at(atMs + (mostMs * step) / STATUS_STEPS).position;
    low = Math.min(low, reckoned);
    high = Math.max(high, reckoned);
  }
  if (position > high + BESIDE_DEG) return position - high;
  return position < low - BESIDE_DEG ? position - low : 0;
}
