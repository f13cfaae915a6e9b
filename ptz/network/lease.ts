/** The watchdog of a velocity: without renewal it ends. */
import type { DriverTime } from '../time.ts';

export class Lease {
  readonly #time: DriverTime;
  readonly #expired: () => void;
  #callOff: (() => void) | null = null;
  #endMs = Number.NEGATIVE_INFINITY;

  /** @param expired called once for each lease that ran out */
  constructor(time: DriverTime, expired: () => void) {
    this.#time = time;
    this.#expired = expired;
  }

  /** What is left of it; 0 or less: over. */
  get leftMs(): number {
    return this.#endMs - this.#time.clock.monoMs();
  }

  renew(leaseMs: number): void {
    this.cancel();
    this.#endMs = this.#time.clock.monoMs() + leaseMs;
    this.#callOff = this.#time.after(leaseMs, () => {
      this.cancel();
      this.#expired();
    });
  }

  cancel(): void {
    this.#callOff?.();
    this.#callOff = null;
    this.#endMs = Number.NEGATIVE_INFINITY;
  }
}
