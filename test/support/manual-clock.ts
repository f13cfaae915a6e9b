import type { Clock } from '../../runtime/clock.ts';

/** A clock for tests: time passes only on request. */
export class ManualClock implements Clock {
  #nowMs: number;
  #unixOffsetMs: number;

  constructor(startMonoMs = 0, startUnixMs = 1_730_000_000_000) {
    this.#nowMs = startMonoMs;
    this.#unixOffsetMs = startUnixMs - startMonoMs;
  }

  unixMs(): number {
    return this.#unixOffsetMs + this.#nowMs;
  }

  monoMs(): number {
    return this.#nowMs;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }

  /** The wall clock is set: by so much ahead, or back. */
  setWall(byMs: number): void {
    this.#unixOffsetMs += byMs;
  }
}
