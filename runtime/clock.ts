/** Time as the runtime sees it. Injected everywhere, so that tests own it. */

export interface Clock {
  /** Milliseconds since 1970, may jump. */
  unixMs(): number;
  /** Milliseconds on the host's monotonic clock: the same in every worker and process of this machine. */
  monoMs(): number;
}

export const systemClock: Clock = {
  unixMs: () => Date.now(),
  monoMs: () => Number(process.hrtime.bigint()) / 1e6,
};

/** A clock for tests: stands still until told to go on. */
export class ManualClock implements Clock {
  #nowMs: number;
  readonly #unixOffsetMs: number;

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
}
