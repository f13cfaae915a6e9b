/** Whether the camera can be talked to, why not, and when to try again. Pure: time is an argument. */
import { WindhoverError } from '../../../../runtime/node.ts';
import type { Link } from '../driver.ts';
import { message } from './http.ts';

/** A single request gets lost on good networks too. */
const FAILURES_TO_LOSE = 2;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

export class LinkState {
  #state: Link['state'] = 'closed';
  #reason: string | null = null;
  #nextTryMs: number | null = null;
  #failures = 0;

  get now(): Link {
    return { state: this.#state, reason: this.#reason, nextTryMs: this.#nextTryMs };
  }

  isDue(nowMs: number): boolean {
    return this.#nextTryMs === null || nowMs >= this.#nextTryMs;
  }

  worked(): void {
    this.#failures = 0;
    if (this.#state === 'ready') this.#reason = null;
  }

  ready(): void {
    [this.#state, this.#reason, this.#nextTryMs, this.#failures] = ['ready', null, null, 0];
  }

  closed(): void {
    [this.#state, this.#reason, this.#nextTryMs] = ['closed', 'closed', null];
  }

  /**
   * Takes note of what a call ended with.
   * @param loginTryMs when the next login is allowed
   */
  failed(error: unknown, nowMs: number, loginTryMs: number | null): void {
    const code = error instanceof WindhoverError ? error.code : '';
    this.#reason = message(error);
    if (code === 'ptz_login') {
      [this.#state, this.#nextTryMs] = ['refused', loginTryMs];
    } else if (code === 'ptz_unreachable' || code === 'ptz_stop_failed') {
      this.#failures++;
      // A stop that failed is made up for when the camera is back, so that counts at once.
      const isFew = this.#failures < FAILURES_TO_LOSE && code === 'ptz_unreachable';
      if (isFew && this.#state === 'ready') return;
      const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(10, Math.max(0, this.#failures - 2)));
      [this.#state, this.#nextTryMs] = ['lost', nowMs + waitMs];
    }
  }
}
