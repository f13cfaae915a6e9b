/** The clock of the runtime. Injected everywhere, so that tests can control time. */

export interface Clock {
  /** Milliseconds since 1970, may jump. */
  unixMs(): number;
  /** Milliseconds on the host's monotonic clock: the same in every worker and process of this machine. */
  monoMs(): number;
}

/**
 * The real clock. Every thread has its own zero for `performance.now()`, so the parent process chooses an epoch once
 * and hands it on: with it, `monoMs` agrees in all threads and counts from the start of the server.
 */
export class SystemClock implements Clock {
  readonly epochMs: number;

  constructor(epochMs: number = performance.timeOrigin) {
    this.epochMs = epochMs;
  }

  /**
   * The clock of another process. Its threads know their start only by the wall clock; if that was set since
   * the parent started, the difference is found by comparing with the parent's `monoMs`, sent a moment ago.
   */
  static inChild(epochMs: number, parentMonoMs: number): SystemClock {
    const differenceMs = new SystemClock(epochMs).monoMs() - parentMonoMs;
    return new SystemClock(Math.abs(differenceMs) < IPC_DELAY_MS ? epochMs : epochMs + differenceMs);
  }

  unixMs(): number {
    return Date.now();
  }

  monoMs(): number {
    return performance.timeOrigin + performance.now() - this.epochMs;
  }
}

/** More than the longest delay of a message between processes. */
const IPC_DELAY_MS = 250;
