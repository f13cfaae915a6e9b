/**
 * At most so many a second in the long run: when the next one may go. One may be early by half of the time between two, so
 * that messages that come at this very rate, but not quite evenly, are not held. A pure stepper.
 */
export class Pace {
  readonly #everyMs: number;
  /** When the next one is due. */
  #dueMs = Number.NEGATIVE_INFINITY;

  constructor(hz: number) {
    this.#everyMs = 1000 / hz;
  }

  /** 0: now, and it counts. Else how long until one may go. */
  take(nowMs: number): number {
    const waitMs = this.#dueMs - this.#everyMs / 2 - nowMs;
    if (waitMs > 0) return waitMs;
    this.#dueMs = Math.max(this.#dueMs, nowMs) + this.#everyMs;
    return 0;
  }
}
