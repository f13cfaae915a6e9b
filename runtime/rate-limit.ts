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

  /** How long until the next one is let through, after `take` has refused. */
  get waitMs(): number {
    return (Math.max(0, 1 - this.#tokens) / this.#perS) * 1000;
  }

  /** How many it has refused since this was asked last. */
  takeRefused(): number {
    const refused = this.#refused;
    this.#refused = 0;
    return refused;
  }
}

/** A limit for each key, such as a token or an address. Of very many keys, the ones that were made first are forgotten. */
export class KeyedRateLimit {
  readonly #perS: number;
  readonly #burst: number;
  readonly #limits = new Map<string, RateLimit>();

  constructor(perS: number, burst: number) {
    this.#perS = perS;
    this.#burst = burst;
  }

  /** Takes one of this key. @returns 0, or how long to wait until the next one is let through */
  take(key: string, nowMs: number): number {
    const limit = this.#limits.get(key) ?? new RateLimit(this.#perS, this.#burst);
    this.#limits.set(key, limit);
    for (const first of this.#limits.keys()) {
      if (this.#limits.size <= MOST_KEYS) break;
      this.#limits.delete(first);
    }
    return limit.take(nowMs) ? 0 : limit.waitMs;
  }
}

const MOST_KEYS = 10_000;
