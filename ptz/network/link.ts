/** Whether the camera can be talked to, why not, and when to try again. */
import { errorMessage, WindhoverError } from '../../runtime/node.ts';
import type { Link } from '../driver.ts';
import type { LoginPolicy } from './login-policy.ts';

/** A single request gets lost on good networks too. */
const FAILURES_TO_LOSE = 2;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/** Pure: time is an argument. */
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
    this.#reason = errorMessage(error);
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

/** Makes requests and keeps the link's state by what comes of them. */
export class LinkKeeper {
  readonly #state = new LinkState();
  readonly #policy: LoginPolicy;
  readonly #nowMs: () => number;

  constructor(policy: LoginPolicy, nowMs: () => number) {
    this.#policy = policy;
    this.#nowMs = nowMs;
  }

  get now(): Link {
    return this.#state.now;
  }

  /** Lost or refused, and it is time to try again. */
  get isDue(): boolean {
    const { state } = this.#state.now;
    return (state === 'lost' || state === 'refused') && this.#state.isDue(this.#nowMs());
  }

  ready(): void {
    this.#state.ready();
  }

  closed(): void {
    this.#state.closed();
  }

  worked(): void {
    this.#state.worked();
  }

  failed(error: unknown): void {
    const nowMs = this.#nowMs();
    this.#state.failed(error, nowMs, this.#policy.nextTryMs(nowMs));
  }

  /** Asks the camera, unless it is away. @throws WindhoverError `ptz_unreachable`, `ptz_login` */
  async ask<T>(request: () => Promise<T>): Promise<T> {
    const { state, reason } = this.now;
    if (state === 'lost')
      throw new WindhoverError('ptz_unreachable', 'the camera is lost', { got: reason ?? 'no answer' });
    if (state === 'refused') this.#policy.check(this.#nowMs());
    return await this.try(request);
  }

  /** Asks whatever the link's state. */
  async try<T>(request: () => Promise<T>): Promise<T> {
    try {
      const answer = await request();
      this.#state.worked();
      return answer;
    } catch (error) {
      this.failed(error);
      throw error;
    }
  }
}
