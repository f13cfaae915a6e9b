/** When the next tick is due. Pure stepper. */

/**
 * A frame may be this share of a period early: frames that come at the tick rate itself, with some jitter, would
 * otherwise miss every other tick. The beat is kept, so the rate stays what it is.
 */
const EARLY_SHARE = 0.25;

export class TickRate {
  #periodMs = 0;
  #dueMs: number;

  /** @param dueMs of the first tick */
  constructor(hz: number, dueMs = Number.NEGATIVE_INFINITY) {
    this.hz = hz;
    this.#dueMs = dueMs;
  }

  set hz(hz: number) {
    this.#periodMs = 1000 / hz;
  }

  get dueMs(): number {
    return this.#dueMs;
  }

  /** True when a tick is due now; the next one is then due a period after this one was, or from now after a gap. */
  due(nowMs: number): boolean {
    const late = nowMs - this.#dueMs;
    if (late < -this.#periodMs * EARLY_SHARE) return false;
    this.#dueMs = late < this.#periodMs ? this.#dueMs + this.#periodMs : nowMs + this.#periodMs;
    return true;
  }
}
