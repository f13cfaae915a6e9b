/**
 * The clocks of the runtime. Injected everywhere, so that tests can control time.
 *
 * Two clocks, for two purposes. Durations, order and deadlines are times on the monotonic clock, always. Unix time is
 * for clients alone, and is set at any moment: by hand, or by NTP some time after boot. So never note when something
 * was as Unix time, and never note once how far apart the clocks are: keep the monotonic time, and ask for the Unix
 * time of it at the moment that a message is made:
 *
 *     const wall = new WallTime(clock);              // one for each node or session
 *     captureUnixMs: wall.at(captureMonoMs)          // follows the wall clock at once when it is set
 *
 * In `asap` pace times are those of the media, and no wall clock has a part in them.
 */

export interface Clock {
  /** Milliseconds since 1970, may jump. */
  unixMs(): number;
  /** Milliseconds on the host's monotonic clock: the same in every worker and process of this machine. */
  monoMs(): number;
}

/** The same moment on both clocks. */
export interface Moment {
  readonly monoMs: number;
  readonly unixMs: number;
}

/** What the capture time of a frame is by. */
export const CAPTURE_CLOCKS = ['camera', 'arrival', 'media'] as const;
/**
 * `camera`: from the camera. `arrival`: from the start of the stream's arrival, so exposure, encoding
 * and network delay are not included. `media`: the time in a file.
 */
export type CaptureClock = (typeof CAPTURE_CLOCKS)[number];

export function momentOf(clock: Clock): Moment {
  return { monoMs: clock.monoMs(), unixMs: clock.unixMs() };
}

/**
 * The same, for a thread or process that takes its time from here: exact to some microseconds. Unix time counts whole
 * milliseconds, so it waits for the next one to begin.
 */
export function exactMomentOf(clock: Clock): Moment {
  const untilMs = performance.now() + WAIT_MS;
  let before = momentOf(clock);
  while (performance.now() < untilMs) {
    const now = momentOf(clock);
    // A thread that was halted between the two looks does not know when the millisecond began.
    if (now.unixMs !== before.unixMs && clock.monoMs() - before.monoMs < EXACT_MS) return now;
    before = now;
  }
  return before;
}

const WAIT_MS = 5;
const EXACT_MS = 0.05;

/** Unix time of moments on the monotonic clock, by the wall clock as it is set now. Steady as long as nobody sets it. */
export class WallTime {
  readonly #clock: Clock;
  /** Unix time less monotonic time. */
  #offsetMs = Number.NaN;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  at(monoMs: number): number {
    return monoMs + this.#look();
  }

  /** The other way round, for a Unix time that was just told. */
  monoAt(unixMs: number): number {
    return unixMs - this.#look();
  }

  #look(): number {
    const beforeMs = this.#clock.monoMs();
    const unixMs = this.#clock.unixMs();
    const offsetMs = unixMs - beforeMs;
    const isKnown = Math.abs(offsetMs - this.#offsetMs) <= SET_MS;
    // A thread that was halted between the two looks knows nothing new.
    const isHalted = this.#clock.monoMs() - beforeMs > SET_MS / 2 && !Number.isNaN(this.#offsetMs);
    if (!isKnown && !isHalted) this.#offsetMs = offsetMs;
    return this.#offsetMs;
  }
}

/** More than the reading of two clocks is off: by so much a wall clock was set. */
const SET_MS = 20;

/** The real clock. */
export class SystemClock implements Clock {
  /** Every thread has its own zero for `performance.now()`. */
  readonly #zeroMs: number = 0;

  /**
   * @param parent an exact moment ago, by the clock of the thread or process that this one has its time from, so that
   *   `monoMs` agrees in all of them. Without it, the time counts from the start of this thread.
   * @param askedMs `performance.now()` from before that moment: it bounds what a step of the wall clock just then does
   */
  constructor(parent?: Moment, askedMs = Number.NEGATIVE_INFINITY) {
    if (parent === undefined) return;
    const now = exactMomentOf({ unixMs: () => Date.now(), monoMs: () => performance.now() });
    const sinceMs = Math.min(Math.max(0, now.unixMs - parent.unixMs), now.monoMs - askedMs);
    this.#zeroMs = now.monoMs - sinceMs - parent.monoMs;
  }

  unixMs(): number {
    return Date.now();
  }

  monoMs(): number {
    return performance.now() - this.#zeroMs;
  }
}
