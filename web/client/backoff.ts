/** Pauses between tries: each about twice the one before, and random, so that many clients do not come back at once. Pure. */
const FIRST_MS = 250;
const LONGEST_MS = 8000;

export class Backoff {
  readonly #random: () => number;
  #mostMs = FIRST_MS;

  /** @param random in [0, 1) */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Between half of the pause and all of it. */
  nextMs(): number {
    const pauseMs = this.#mostMs * (0.5 + this.#random() / 2);
    this.#mostMs = Math.min(LONGEST_MS, this.#mostMs * 2);
    return pauseMs;
  }

  /** It works again. */
  reset(): void {
    this.#mostMs = FIRST_MS;
  }
}
