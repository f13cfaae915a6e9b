/** Whether the camera moves, from its MoveStatus and its position. Pure. */

/** Shares of the axes' ranges; null: not said. */
export interface MotionEvidence {
  readonly pan: number | null;
  readonly tilt: number | null;
  readonly zoom: number | null;
  /** MoveStatus of the camera; null: not reported. */
  readonly saysMoving: boolean | null;
}

/** Status reports closer together than this are not compared. */
const MIN_APART_MS = 150;
/** Share of an axis per second. */
const STILL_PER_S = 0.001;

export class MotionSense {
  readonly #isStatusTrusted: boolean;
  #last: { readonly status: MotionEvidence; readonly atMs: number } | null = null;
  #moving: boolean | null = null;

  /** @param isStatusTrusted false for a camera whose MoveStatus stays MOVING */
  constructor(isStatusTrusted: boolean) {
    this.#isStatusTrusted = isStatusTrusted;
  }

  /** @returns null when it is unknown */
  step(status: MotionEvidence, nowMs: number): boolean | null {
    if (this.#isStatusTrusted && status.saysMoving !== null) return status.saysMoving;
    const last = this.#last;
    if (last && nowMs - last.atMs < MIN_APART_MS) return this.#moving;
    this.#last = { status, atMs: nowMs };
    if (last) this.#moving = hasMoved(last.status, status, (nowMs - last.atMs) / 1000);
    return this.#moving;
  }
}

function hasMoved(before: MotionEvidence, after: MotionEvidence, forS: number): boolean | null {
  const axes = (['pan', 'tilt', 'zoom'] as const).flatMap((axis) => {
    const [from, to] = [before[axis], after[axis]];
    return from === null || to === null ? [] : [Math.abs(to - from) / forS > STILL_PER_S];
  });
  return axes.length === 0 ? null : axes.includes(true);
}
