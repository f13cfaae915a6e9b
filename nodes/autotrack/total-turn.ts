/**
 * How far a camera has turned in all, computed from commands. Unlike its pose it never jumps: corrections of the pose or of
 * the motors do not change it.
 */
import type { Controller } from './control/controller.ts';

export interface TurnedDeg {
  readonly panDeg: number;
  /** From the horizon. */
  readonly tiltDeg: number;
}

export class TotalTurn {
  #atMs: number | null = null;
  #deg: TurnedDeg = { panDeg: 0, tiltDeg: 0 };

  /** Up to now; without a controller it has not turned since. */
  step(controller: Pick<Controller, 'view'> | null, nowMs: number): TurnedDeg {
    if (!controller) return this.#deg;
    const now = controller.view(nowMs);
    const { panDeg, tiltDeg } = this.#deg;
    const before = this.#atMs === null ? { panDeg: now.panDeg, tiltDeg: 0 } : controller.view(this.#atMs);
    this.#deg = { panDeg: panDeg + now.panDeg - before.panDeg, tiltDeg: tiltDeg + now.tiltDeg - before.tiltDeg };
    this.#atMs = nowMs;
    return this.#deg;
  }
}
