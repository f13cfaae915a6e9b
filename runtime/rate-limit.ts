/** A token bucket as a pure stepper: time is an argument. */
export class RateLimit {
  readonly #perS: number;
  readonly #burst: number;
  #tokens: number;
  #atMs = Number.NEGATIVE_INFINITY;
  #refused = 0;

  /** Lets `burst` through at once and `perS` a second in the long run. */
  constructor(perS: number, burst: number) {
    this.#perS = perS;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** Takes one; false when none is left at `nowMs` (monotonic). */
  take(nowMs: number): boolean {
    const passedS = Math.max(0, nowMs - this.#atMs) / 1000;
    this.#tokens = Math.min(this.#burst, this.#tokens + passedS * this.#perS);
    this.#atMs = Math.max(this.#atMs, nowMs);
    if (this.#tokens < 1) {
      this.#refused += 1;
      return false;
    }
    this.#tokens -= 1;
    return true;
  }

  /** How many it has refused since this was asked last. */
  takeRefused(): number {
    const refused = this.#refused;
    this.#refused = 0;
    return refused;
  }
}
