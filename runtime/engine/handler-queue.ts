/** Runs the handlers of one node one at a time, in the order in which they came. */
import { WindhoverError } from '../errors.ts';
import type { Pulse } from './pulse.ts';

type Task = () => void | Promise<void>;

export class HandlerQueue {
  readonly #failed: (error: unknown) => void;
  readonly #pulse: Pulse;
  readonly #waiting: Task[] = [];
  #isBusy = false;
  #isClosed = false;

  /** @param failed called with the error of a task */
  constructor(failed: (error: unknown) => void, pulse: Pulse) {
    this.#failed = failed;
    this.#pulse = pulse;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Tasks that wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Runs a task now, or after the ones before it. */
  enter(task: Task): void | Promise<void> {
    if (!this.#isBusy) return this.#perform(task);
    return new Promise((resolve) => {
      this.#waiting.push(() => {
        const work = this.#perform(task);
        if (work instanceof Promise) void work.then(resolve);
        else resolve();
      });
    });
  }

  /** The same for work with a result. @throws the error of the work, which is no failure, or `node_gone` */
  async result<T>(work: () => T | Promise<T>): Promise<T> {
    let outcome: Promise<T> | undefined;
    await this.enter(async () => {
      outcome = (async () => work())();
      await outcome.catch(() => undefined);
    });
    if (!outcome) throw new WindhoverError('node_gone', 'the node has ended and cannot answer');
    return outcome;
  }

  /** Skips all tasks from now on, also the waiting ones. */
  close(): void {
    this.#isClosed = true;
  }

  #perform(task: Task): void | Promise<void> {
    this.#isBusy = true;
    this.#pulse.enter('handler');
    try {
      const work = this.#isClosed ? undefined : task();
      if (work instanceof Promise) return work.catch((error: unknown) => this.#failed(error)).then(() => this.#next());
    } catch (error) {
      this.#failed(error);
    }
    this.#next();
  }

  #next(): void {
    this.#isBusy = false;
    this.#pulse.leave();
    void this.#waiting.shift()?.();
  }
}
