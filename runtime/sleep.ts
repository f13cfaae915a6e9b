/** Sleep that an abort ends, and turns of the event loop for loops that rarely wait. */

/** Longest time that a loop runs without letting timers, messages and signals of its worker through. */
const LONGEST_TURN_MS = 8;

/** Resolves after `ms`, or as soon as the signal is aborted; neither is an error. The event loop turns in any case. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return eventLoopTurn();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}

/** Resolves after one turn of the event loop. */
function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Gives the event loop a turn when a loop has run for long without one. */
export class TurnBudget {
  #lastMs = performance.now();

  /** @returns nothing while there is time left: then there is nothing to wait for */
  spend(): Promise<void> | undefined {
    if (performance.now() - this.#lastMs < LONGEST_TURN_MS) return undefined;
    return eventLoopTurn().then(() => {
      this.#lastMs = performance.now();
    });
  }
}
