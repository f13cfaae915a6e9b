/**
 * Looking around for a target that was lost: first where it should be by now, then ahead of it, then around. Pure.
 */

import { type Direction, wrapDeg } from '../../runtime/node.ts';
import type { AngularVelocity } from './control/types.ts';

export interface LostTarget extends Direction, AngularVelocity {
  /** When it was there. */
  readonly atMs: number;
}

/** Beyond this, the last velocity says nothing. */
const PREDICT_S = 1.5;
/** Distance of the ring of looks, in widths and heights of the picture: neighbouring looks overlap. */
const RING = 0.65;
const RING_LOOKS = 6;
/** A look lasts this long after the camera has arrived. */
const DWELL_MS = 700;
/** Arrived: so near, in widths of the picture. */
const ARRIVED = 0.12;
/** A direction that the camera does not reach is skipped. */
const LOOK_MS = 4000;

export class Search {
  readonly #target: LostTarget;
  readonly #looks: readonly Direction[];
  #look = 0;
  #sinceMs: number | null = null;
  #arrivedMs: number | null = null;

  /** @param fieldDeg width of the picture @param aspect width over height */
  constructor(target: LostTarget, fieldDeg: number, aspect: number) {
    this.#target = target;
    this.#looks = looksAround(target, fieldDeg, aspect);
  }

  /** @param camera where it points now @returns where to look */
  step(nowMs: number, camera: Direction, fieldDeg: number): Direction {
    this.#sinceMs ??= nowMs;
    const aim = this.#aim(nowMs);
    const offDeg = Math.hypot(wrapDeg(camera.panDeg - aim.panDeg), camera.tiltDeg - aim.tiltDeg);
    if (offDeg < ARRIVED * fieldDeg) this.#arrivedMs ??= nowMs;
    const isDone = this.#arrivedMs !== null && nowMs - this.#arrivedMs >= DWELL_MS;
    if (!isDone && nowMs - this.#sinceMs < LOOK_MS) return aim;
    this.#look = (this.#look + 1) % this.#looks.length;
    this.#sinceMs = nowMs;
    this.#arrivedMs = null;
    return this.#aim(nowMs);
  }

  #aim(nowMs: number): Direction {
    const { panDeg, tiltDeg } = whereNow(this.#target, nowMs);
    const by = this.#looks[this.#look] ?? { panDeg: 0, tiltDeg: 0 };
    return { panDeg: panDeg + by.panDeg, tiltDeg: tiltDeg + by.tiltDeg };
  }
}

/** Where a target that was lost should be by now. */
export function whereNow({ panDeg, tiltDeg, panDegPerS, tiltDegPerS, atMs }: LostTarget, nowMs: number): Direction {
  const forS = Math.min(PREDICT_S, Math.max(0, (nowMs - atMs) / 1000));
  return { panDeg: panDeg + panDegPerS * forS, tiltDeg: tiltDeg + tiltDegPerS * forS };
}

/** Offsets of the looks: none, then a ring that begins in the direction of flight and alternates to its sides. */
function looksAround({ panDegPerS, tiltDegPerS }: LostTarget, fieldDeg: number, aspect: number): Direction[] {
  const heading = Math.atan2(tiltDegPerS, panDegPerS);
  const ring = Array.from({ length: RING_LOOKS }, (_, i) => {
    const step = Math.ceil(i / 2) * (i % 2 === 0 ? 1 : -1);
    const angle = heading + (step * 2 * Math.PI) / RING_LOOKS;
    return { panDeg: RING * fieldDeg * Math.cos(angle), tiltDeg: ((RING * fieldDeg) / aspect) * Math.sin(angle) };
  });
  return [{ panDeg: 0, tiltDeg: 0 }, ...ring];
}
