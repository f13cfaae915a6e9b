/**
 * The camera's own motion, taken out of the picture: from the poses that autotrack tells on the board to where a place of
 * the last frame lies in this one. What tracks then have to explain is only the motion of the objects.
 *
 * A pinhole camera on a pan-tilt head, exact for any turn. Pure: times are arguments, ms on the clock of the captures.
 */
import { type CameraNews, focalLength, type Pose, pointOf, rayOf, type Size } from '../../runtime/node.ts';

interface Point {
  readonly x: number;
  readonly y: number;
}

interface PoseAt extends Pose {
  readonly atMs: number;
  readonly origin: number;
}

/** How the picture has moved from one frame to the next. Pixels of the source. */
export interface PictureMotion {
  /** By what lengths have grown: the camera has zoomed. */
  readonly scale: number;
  /** How far the middle of the picture has moved. */
  readonly wayPx: number;
  /** Where a place of the last frame lies in this one; null: behind the camera. */
  move(point: Point): Point | null;
  /** How fast what stands still moves through a place of this frame, pixels a second. */
  drift(point: Point, dtS: number): Point;
}

/** A pose that is older says nothing about a frame. */
const STALE_MS = 500;
const KEEP_MS = 5000;
/** Turns smaller than this share of the picture's width are none: nothing is gained by them. */
const LEAST_WAY = 2e-4;

export class EgoMotion {
  readonly #poses: PoseAt[];
  #frameMs: number | null;

  /** @param state of one that this one goes on from */
  constructor({ poses, frameMs }: EgoMotion['state'] = { poses: [], frameMs: null }) {
    this.#poses = [...poses];
    this.#frameMs = frameMs;
  }

  get state(): { readonly poses: readonly PoseAt[]; readonly frameMs: number | null } {
    return { poses: this.#poses, frameMs: this.#frameMs };
  }

  /** @param news from the board */
  add({ atMs, reckoned }: CameraNews): void {
    if (reckoned === undefined || !isSound(reckoned)) return;
    const last = this.#poses.at(-1);
    // Reckoned from another start: nothing is known of the motion in between.
    if (last && last.origin !== reckoned.origin) this.#poses.length = 0;
    else if (last && last.atMs >= atMs) this.#poses.pop();
    this.#poses.push({ atMs, ...reckoned });
    while ((this.#poses[1]?.atMs ?? atMs) < atMs - KEEP_MS) this.#poses.shift();
  }

  /** The motion since the frame that was asked about before; null: none, or none that is known. */
  step(frameMs: number, size: Size): PictureMotion | null {
    const beforeMs = this.#frameMs;
    this.#frameMs = frameMs;
    if (beforeMs === null || this.#poses.length === 0) return null;
    const [before, now] = [this.#at(beforeMs), this.#at(frameMs)];
    return before && now ? motionBetween(before, now, size) : null;
  }

  /** Between two poses in time; before the first and after the last, that one, for a while. */
  #at(ms: number): Pose | null {
    const next = this.#poses.findIndex(({ atMs }) => atMs >= ms);
    const after = next < 0 ? undefined : this.#poses[next];
    const before = next < 0 ? this.#poses.at(-1) : this.#poses[next - 1];
    if (after && before) return between(before, after, (ms - before.atMs) / (after.atMs - before.atMs));
    const only = after ?? before;
    return only && Math.abs(ms - only.atMs) <= STALE_MS ? only : null;
  }
}

/** @returns null for a motion too small to matter */
export function motionBetween(before: Pose, now: Pose, size: Size): PictureMotion | null {
  const move = (point: Point) => pointOf(rayOf(before, size, point), now, size);
  const back = (point: Point) => pointOf(rayOf(now, size, point), before, size);
  const middle = { x: size.w / 2, y: size.h / 2 };
  const moved = move(middle);
  const wayPx = moved ? Math.hypot(moved.x - middle.x, moved.y - middle.y) : size.w;
  const scale = focalLength(now.hfovDeg, size.w) / focalLength(before.hfovDeg, size.w);
  if (wayPx < LEAST_WAY * size.w && Math.abs(scale - 1) < LEAST_WAY) return null;
  return {
    scale,
    wayPx: wayPx + Math.abs(scale - 1) * size.w * 0.5,
    move,
    drift: (point, dtS) => {
      const was = back(point);
      return was ? { x: (point.x - was.x) / dtS, y: (point.y - was.y) / dtS } : { x: 0, y: 0 };
    },
  };
}

function between(a: Pose, b: Pose, share: number): Pose {
  const mix = (from: number, to: number) => from + (to - from) * share;
  return {
    panDeg: mix(a.panDeg, b.panDeg),
    tiltDeg: mix(a.tiltDeg, b.tiltDeg),
    hfovDeg: mix(a.hfovDeg, b.hfovDeg),
  };
}

function isSound({ panDeg, tiltDeg, hfovDeg }: Pose): boolean {
  return Number.isFinite(panDeg) && Number.isFinite(tiltDeg) && hfovDeg > 0 && hfovDeg < 180;
}
