/**
 * When a login may be tried. Cameras lock an account after a few wrong logins, often for half an hour, and then lock out
 * everybody: so after the second refusal in a row at most one attempt a minute, and fewer and fewer. Pure: time is an
 * argument (ms on a clock that does not jump).
 */

/** The wait after the second, third, … refusal in a row. */
export const LOGIN_WAITS_MS = [60_000, 300_000, 900_000, 1_800_000] as const;

export class LoginPolicy {
  /** In a row. */
  #refusals = 0;
  #nextMs = Number.NEGATIVE_INFINITY;

  get refusals(): number {
    return this.#refusals;
  }

  /** When the next attempt is allowed; null: at any time. */
  nextTryMs(nowMs: number): number | null {
    return nowMs < this.#nextMs ? this.#nextMs : null;
  }

  /** The camera refused credentials. */
  refused(nowMs: number): void {
    this.#refusals++;
    if (this.#refusals < 2) return;
    const index = Math.min(this.#refusals - 2, LOGIN_WAITS_MS.length - 1);
    this.#nextMs = nowMs + (LOGIN_WAITS_MS[index] ?? 0);
  }

  accepted(): void {
    this.#refusals = 0;
    this.#nextMs = Number.NEGATIVE_INFINITY;
  }
}
