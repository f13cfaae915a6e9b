/**
 * One command at a time, in order; at once when nothing is under way. A velocity does not queue: there is one place for it, and a newer one takes it, so
 * that a slow camera gets the newest velocity after the one under way and none of those in between.
 */
import type { VelocityOutcome } from '../driver.ts';

export class CommandQueue {
  #tail: Promise<unknown> = Promise.resolve();
  /** Commands that wait or are under way. */
  #count = 0;
  /** The velocity that waits for its turn. */
  #velocity: (() => Promise<VelocityOutcome>) | null = null;

  /** Runs after everything that was asked for before. */
  run<T>(command: () => Promise<T>): Promise<T> {
    // At once when nothing is under way.
    const result = this.#count++ === 0 ? command() : this.#tail.then(command);
    const ended = () => {
      this.#count -= 1;
    };
    // The caller gets the failure; the next command runs either way.
    this.#tail = result.then(ended, ended);
    return result;
  }

  /** Runs unless a newer one, or {@link dropVelocity}, comes before its turn. */
  velocity(run: () => Promise<VelocityOutcome>): Promise<VelocityOutcome> {
    const own = () => run();
    this.#velocity = own;
    return this.run(async () => {
      if (this.#velocity !== own) return 'superseded';
      this.#velocity = null;
      return await own();
    });
  }

  /** Takes the waiting velocity out; it ends as `superseded` when its turn comes. */
  dropVelocity(): void {
    this.#velocity = null;
  }
}
