/**
 * Baseline: a PID on the image error that sets a continuous velocity, one command for each picture with the target.
 * Errors are shares of the picture (width for pan, height for tilt), velocities of full speed.
 */
import type { Frame, Order } from './plant.ts';
import type { Contestant } from './run.ts';

const GAINS = { p: 2, i: 0.15, d: 0.8, integralLimit: 1, deadBand: 0.01 };
/** The last command goes on while the target is missed, up to here. */
const STOP_AFTER_MS = 1000;

export class PidContestant implements Contestant {
  readonly #pan = new Pid();
  readonly #tilt = new Pid();
  #seenMs: number | null = null;

  frame(nowMs: number, { bbox }: Frame): Order | null {
    if (bbox === null) return null;
    const dtS = this.#seenMs === null ? 0 : (nowMs - this.#seenMs) / 1000;
    this.#seenMs = nowMs;
    const pan = this.#pan.step(bbox.x + bbox.w / 2 - 0.5, dtS);
    const tilt = this.#tilt.step(0.5 - bbox.y - bbox.h / 2, dtS);
    return { kind: 'velocity', pan, tilt, zoom: 0 };
  }

  tick(nowMs: number): Order | null {
    if (this.#seenMs === null || nowMs - this.#seenMs < STOP_AFTER_MS) return null;
    this.#seenMs = null;
    return { kind: 'velocity', pan: 0, tilt: 0, zoom: 0 };
  }
}

/** One axis. */
export class Pid {
  #integral = 0;
  #last: number | null = null;

  /** @returns velocity in [-1, 1] */
  step(error: number, dtS: number): number {
    const { p, i, d, integralLimit, deadBand } = GAINS;
    const slope = this.#last === null || dtS <= 0 ? 0 : (error - this.#last) / dtS;
    this.#last = error;
    if (Math.abs(error) < deadBand) return 0;
    this.#integral = Math.min(integralLimit, Math.max(-integralLimit, this.#integral + error * dtS));
    return Math.min(1, Math.max(-1, p * error + i * this.#integral + d * slope));
  }
}
