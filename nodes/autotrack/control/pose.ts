/** Where the camera points, reckoned from the commands that it was sent, and what a picture of any time shows. */
import { OwnMotion } from './own-motion.ts';
import type { Plant, PtzStatus, Sighting, VelocityCommand } from './types.ts';
import { type Direction, fieldOfViewDeg, type Lens, toAngleDeg, toDirection, type View } from './view.ts';

export class Pose {
  readonly pan: OwnMotion;
  readonly tilt: OwnMotion;
  readonly zoom: OwnMotion;
  readonly #lens: Lens;

  constructor(lens: Lens, { pan, tilt, zoom }: Plant, maxZoom: number) {
    this.#lens = lens;
    this.pan = new OwnMotion(pan, 0);
    this.tilt = new OwnMotion(tilt, 0);
    this.zoom = new OwnMotion(zoom, 1, [1, maxZoom]);
  }

  /** The camera as it is taken to be. */
  get plant(): Plant {
    return { pan: this.pan.plant, tilt: this.tilt.plant, zoom: this.zoom.plant };
  }

  set plant({ pan, tilt, zoom }: Plant) {
    this.pan.setPlant(pan);
    this.tilt.setPlant(tilt);
    this.zoom.setPlant(zoom);
  }

  /** Notes a command that went out. */
  sent({ pan, tilt, zoom }: VelocityCommand, atMs: number): void {
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

  /** A picture of that time shows the camera turning, or a command for that is on its way. */
  isTurning(tMs: number): boolean {
    return !this.pan.restsFrom(tMs) || !this.tilt.restsFrom(tMs);
  }

  /** The direction and the width that a box has in the world. */
  directionOf({ atMs, bbox: { x, y, w, h } }: Sighting): Direction & { readonly widthDeg: number } {
    const view = this.view(atMs);
    return {
      ...toDirection(this.#lens, view, x + w / 2, y + h / 2),
      widthDeg: toAngleDeg(this.#lens, view.zoomX, w),
    };
  }

  /**
   * A camera at rest points where it says; while it moves, the time of a status is too uncertain to be used.
   * @returns by how much the reckoning was put right
   */
  align({ atMs, panDeg, tiltDeg, zoomX }: PtzStatus): Direction {
    const off = (motion: OwnMotion, reported: number | undefined) =>
      reported !== undefined && Number.isFinite(reported) && motion.restsFrom(atMs)
        ? reported - motion.at(atMs).position
        : 0;
    const by = { panDeg: off(this.pan, panDeg), tiltDeg: off(this.tilt, tiltDeg) };
    this.zoom.shift(off(this.zoom, zoomX));
    this.pan.shift(by.panDeg);
    this.tilt.shift(by.tiltDeg);
    return by;
  }
}
