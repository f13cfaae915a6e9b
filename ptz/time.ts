/** Clock, timers and random numbers of the drivers; injected by tests. */
import { type Clock, sleep } from '../runtime/node.ts';

export interface DriverTime {
  readonly clock: Clock;
  /** Runs a function once, `ms` from now. @returns a function that cancels it */
  after(ms: number, run: () => void): () => void;
  /** Resolves after `ms`, or as soon as the signal is aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** In [0, 1): spreads attempts to connect. */
  random(): number;
}

export function realTime(clock: Clock): DriverTime {
  return {
    clock,
    after(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    wait: sleep,
    random: Math.random,
  };
}
