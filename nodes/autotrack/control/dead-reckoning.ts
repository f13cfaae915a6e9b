/** The pose of the camera, computed from the sent commands (dead reckoning), for a picture of any time. */
import { type Direction, wrapDeg } from '../../../runtime/node.ts';
import { cosOf, fieldOfViewDeg, type Lens, toAngleDeg, toDirection, type View } from './lens.ts';
import { OwnMotion } from './own-motion.ts';
import type { MovedPicture, Plant, ReportedPose, TargetBox, Velocity } from './types.ts';
import { moveSeconds } from './velocity-law.ts';

export class DeadReckoning {
  readonly pan: OwnMotion;
  readonly tilt: OwnMotion;
  readonly zoom: OwnMotion;
  readonly #lens: Lens;
  /** Reported pans begin anew after a whole turn: of equal ones the nearest counts. */
  panTurns = true;

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

  /** The way that the pan goes for a difference of two directions: the shorter one where it can turn round. */
  turnTo(panDeg: number): number {
    return this.panTurns ? wrapDeg(panDeg) : panDeg;
  }

  /** By how much the camera turned for the picture to move like that. */
  turnOf({ atMs, right, down }: MovedPicture): Direction {
    const { tiltDeg, zoomX } = this.view(atMs);
    const panDeg = -toAngleDeg(this.#lens, zoomX, right) / cosOf(tiltDeg);
    return { panDeg, tiltDeg: toAngleDeg(this.#lens, zoomX, down) };
  }

  /** A picture of that time shows the camera turning, or a command for that is on its way. */
  isTurning(tMs: number): boolean {
    return !this.pan.restsFrom(tMs) || !this.tilt.restsFrom(tMs);
  }

  /** Pan or tilt is under way. */
  isUnderWay(tMs: number): boolean {
    return this.pan.at(tMs).velocity !== 0 || this.tilt.at(tMs).velocity !== 0;
  }

  /** How long a move takes, in seconds. */
  moveS(from: Direction, to: Direction): number {
    return Math.max(
      moveSeconds(to.panDeg - from.panDeg, this.pan.plant),
      moveSeconds(to.tiltDeg - from.tiltDeg, this.tilt.plant),
    );
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
   * The reported pose of a camera at rest is used; while it moves, the time of a status is too uncertain.
   * @returns by how much the pose was corrected
   */
  align({ atMs, panDeg, tiltDeg, zoomX }: ReportedPose): Direction {
    const off = (motion: OwnMotion, reported: number | undefined) =>
      reported !== undefined && Number.isFinite(reported) && motion.restsFrom(atMs)
        ? reported * (motion.plant.positionScale ?? 1) - motion.at(atMs).position
        : 0;
    const by = { panDeg: this.turnTo(off(this.pan, panDeg)), tiltDeg: off(this.tilt, tiltDeg) };
    this.zoom.shift(off(this.zoom, zoomX));
    this.pan.shift(by.panDeg);
    this.tilt.shift(by.tiltDeg);
    return by;
  }
}
