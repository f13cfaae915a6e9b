/**
 * At most so many a second in the long run: when the next one may go. One may be early by half of the time between two, so
 * that messages that come at this very rate, but not quite evenly, are not held. One that comes sooner waits, longer than it
 * had to: the next one then takes its place, and goes as it comes. Sent as soon as it may, it would push all those after it
 * late, each by as much. A pure stepper.
 */
export class Pace {
  readonly #everyMs: number;
  /** When the next one is due. */
  #dueMs = Number.NEGATIVE_INFINITY;

  constructor(hz: number) {
    this.#everyMs = 1000 / hz;
  }

  /** 0: now, and it counts. Else how long until it goes if no other one has come. */
  take(nowMs: number): number {
    if (nowMs < this.#dueMs - this.#everyMs / 2) return this.#dueMs + this.#everyMs / 2 - nowMs;
    this.#dueMs = Math.max(this.#dueMs, nowMs) + this.#everyMs;
    return 0;
  }
}
