/** How long it waits before a worker is started again: longer each time, and from the beginning after a time in order. */
import type { Clock } from '../clock.ts';
import { Backoff } from '../retry.ts';

const WORKER_BACKOFF = { firstMs: 250, longestMs: 30_000 };
/** A worker that was open for this long resets the backoff. */
const STABLE_MS = 60_000;

export class WorkerBackoffs {
  readonly #clock: Clock;
  /** By name of the worker. */
  readonly #known = new Map<string, { readonly backoff: Backoff; lastMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A worker is lost. @returns milliseconds until it is to be started again */
  next(worker: string): number {
    const nowMs = this.#clock.monoMs();
    const known = this.#known.get(worker) ?? { backoff: new Backoff(WORKER_BACKOFF), lastMs: nowMs };
    this.#known.set(worker, known);
    if (nowMs - known.lastMs > STABLE_MS) known.backoff.reset();
    known.lastMs = nowMs;
    return known.backoff.next(Math.random());
  }
}
