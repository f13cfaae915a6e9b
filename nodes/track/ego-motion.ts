/**
 * The camera's own motion, taken out of the picture: from the poses that autotrack tells on the board to where a place of
 * the last frame lies in this one. What tracks then have to explain is only the motion of the objects.
 *
 * A pinhole camera on a pan-tilt head, exact for any turn. Pure: times are arguments, ms on the clock of the captures.
 */
import type { CameraNews, Size } from '../../runtime/node.ts';

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Pose {
  readonly panDeg: number;
  readonly tiltDeg: number;
  readonly hfovDeg: number;
}

interface PoseAt extends Pose {
  readonly atMs: number;
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

const RAD = Math.PI / 180;
/** A pose that is older says nothing about a frame. */
const STALE_MS = 500;
const KEEP_MS = 5000;
/** Turns smaller than this share of the picture's width are none: nothing is gained by them. */
const LEAST_WAY = 2e-4;

export class EgoMotion {
  readonly #poses: PoseAt[] = [];
  #frameMs: number | null = null;

  /** @param news from the board */
  add({ atMs, reckoned }: CameraNews): void {
    if (reckoned === undefined || !isSound(reckoned)) return;
    const last = this.#poses.at(-1);
    if (last && last.atMs >= atMs) this.#poses.pop();
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
  const [from, to] = [focalPx(before, size), focalPx(now, size)];
  const move = (point: Point) => toPixel(toRay(point, before, from, size), now, to, size);
  const back = (point: Point) => toPixel(toRay(point, now, to, size), before, from, size);
  const middle = { x: size.w / 2, y: size.h / 2 };
  const moved = move(middle);
  const wayPx = moved ? Math.hypot(moved.x - middle.x, moved.y - middle.y) : size.w;
  const scale = to / from;
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

/** The direction of a pixel in the world: x to the right of pan 0, y up, z ahead. */
function toRay({ x, y }: Point, { panDeg, tiltDeg }: Pose, focal: number, size: Size): [number, number, number] {
  const right = (x - size.w / 2) / focal;
  const up = (size.h / 2 - y) / focal;
  const [sinT, cosT] = [Math.sin(tiltDeg * RAD), Math.cos(tiltDeg * RAD)];
  const [ahead, raised] = [cosT - up * sinT, sinT + up * cosT];
  const [sinP, cosP] = [Math.sin(panDeg * RAD), Math.cos(panDeg * RAD)];
  return [right * cosP + ahead * sinP, raised, ahead * cosP - right * sinP];
}

function toPixel(
  [x, y, z]: [number, number, number],
  { panDeg, tiltDeg }: Pose,
  focal: number,
  size: Size,
): Point | null {
  const [sinP, cosP] = [Math.sin(panDeg * RAD), Math.cos(panDeg * RAD)];
  const [right, ahead] = [x * cosP - z * sinP, x * sinP + z * cosP];
  const [sinT, cosT] = [Math.sin(tiltDeg * RAD), Math.cos(tiltDeg * RAD)];
  const [up, depth] = [y * cosT - ahead * sinT, y * sinT + ahead * cosT];
  if (!(depth > 1e-6)) return null;
  return { x: size.w / 2 + (right / depth) * focal, y: size.h / 2 - (up / depth) * focal };
}

function focalPx({ hfovDeg }: Pose, { w }: Size): number {
  return w / 2 / Math.tan((hfovDeg / 2) * RAD);
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
