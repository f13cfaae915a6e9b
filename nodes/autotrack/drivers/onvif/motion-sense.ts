/** Whether the camera moves, from what it says and from where it is. Pure. */
import type { RawStatus } from './ptz-calls.ts';

/** Looks closer together than this show no difference. */
const MIN_APART_MS = 150;
/** Share of an axis per second. */
const STILL_PER_S = 0.001;

export class MotionSense {
  readonly #isStatusTrusted: boolean;
  #last: { readonly status: RawStatus; readonly atMs: number } | null = null;
  #moving: boolean | null = null;

  /** @param isStatusTrusted false for a camera whose MoveStatus stays MOVING */
  constructor(isStatusTrusted: boolean) {
    this.#isStatusTrusted = isStatusTrusted;
  }

  /** @returns null when nobody knows */
  step(status: RawStatus, nowMs: number): boolean | null {
    if (this.#isStatusTrusted && status.saysMoving !== null) return status.saysMoving;
    const last = this.#last;
    if (last && nowMs - last.atMs < MIN_APART_MS) return this.#moving;
    this.#last = { status, atMs: nowMs };
    if (last) this.#moving = hasMoved(last.status, status, (nowMs - last.atMs) / 1000);
    return this.#moving;
  }
}

function hasMoved(before: RawStatus, after: RawStatus, forS: number): boolean | null {
  const axes = (['pan', 'tilt', 'zoom'] as const).flatMap((axis) => {
    const [from, to] = [before[axis], after[axis]];
    return from === null || to === null ? [] : [Math.abs(to - from) / forS > STILL_PER_S];
  });
  return axes.length === 0 ? null : axes.includes(true);
}
