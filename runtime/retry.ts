/** Retries: the wait between attempts, and the one loop for everything that connects. */
import { WindhoverError } from './errors.ts';
import { sleep } from './sleep.ts';

export interface BackoffLimits {
  readonly firstMs: number;
  readonly longestMs: number;
}

const LIMITS: BackoffLimits = { firstMs: 500, longestMs: 15_000 };

/** Waits between attempts: doubled each time, bounded, and random so that clients do not retry together. Pure. */
export class Backoff {
  readonly #limits: BackoffLimits;
  #failures = 0;

  constructor(limits: BackoffLimits = LIMITS) {
    this.#limits = limits;
  }

  /** One more failure. @param random in [0, 1) @returns how long to wait: the half of the full time, or more */
  next(random: number): number {
    const { firstMs, longestMs } = this.#limits;
    const fullMs = Math.min(longestMs, firstMs * 2 ** this.#failures);
    this.#failures += 1;
    return (fullMs / 2) * (1 + random);
  }

  /** Connected: the next failure counts as the first. */
  reset(): void {
    this.#failures = 0;
  }
}

export interface RetryOptions<T> {
  /** Ends the loop; also while it waits. */
  readonly signal: AbortSignal;
  /** One attempt, as long as the connection holds; calls `connected` once it is up. Its result ends the loop. */
  readonly attempt: (connected: () => void) => Promise<T>;
  /** Called after each failure. @returns the shortest wait, if the other side demands one */
  readonly failed: (error: unknown) => Promise<number | undefined> | number | undefined;
  readonly limits?: BackoffLimits;
  readonly time?: RetryTime;
}

/** Sleep and random numbers; injected by tests. */
export interface RetryTime {
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** In [0, 1). */
  random(): number;
}

const REAL_TIME: RetryTime = { wait: sleep, random: Math.random };

/**
 * Tries until it works, or until the signal is aborted.
 * @returns what the attempt returned; undefined when it was aborted
 * @throws what the attempt throws, when it is permanent
 */
export async function retry<T>(options: RetryOptions<T>): Promise<T | undefined> {
  const { signal, attempt, failed, limits, time = REAL_TIME } = options;
  const backoff = new Backoff(limits);
  while (!signal.aborted) {
    try {
      return await attempt(() => backoff.reset());
    } catch (error) {
      if (signal.aborted) return undefined;
      if (error instanceof WindhoverError && error.details.permanent === true) throw error;
      const leastMs = (await failed(error)) ?? 0;
      await time.wait(Math.max(leastMs, backoff.next(time.random())), signal);
    }
  }
  return undefined;
}
