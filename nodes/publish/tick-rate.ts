/** When the next tick is due. Pure stepper. */
export class TickRate {
  readonly #periodMs: number;
  #dueMs = Number.NEGATIVE_INFINITY;

  constructor(hz: number) {
    this.#periodMs = 1000 / hz;
  }

  /** True when a tick is due now; the next one is then due a period after this one was, or from now after a gap. */
  due(nowMs: number): boolean {
    if (nowMs < this.#dueMs) return false;
    const late = nowMs - this.#dueMs;
    this.#dueMs = late < this.#periodMs ? this.#dueMs + this.#periodMs : nowMs + this.#periodMs;
    return true;
  }
}
