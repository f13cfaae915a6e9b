/** At most so many a second, in the long run and without drift: when the next one may go. A pure stepper. */
export class Pace {
  readonly #everyMs: number;
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(hz: number) {
    this.#everyMs = 1000 / hz;
  }

  /** 0: now, and it counts. Else how long until one may go. */
  take(nowMs: number): number {
    if (nowMs < this.#nextMs) return this.#nextMs - nowMs;
    // In step with those before, if it is no more than one late.
    const began = nowMs - this.#nextMs < this.#everyMs ? this.#nextMs : nowMs;
    this.#nextMs = began + this.#everyMs;
    return 0;
  }
}
