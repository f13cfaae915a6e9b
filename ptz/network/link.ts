/** State of the connection to a camera: ready or not, why, and when to try again. */
import { Backoff, errorMessage, WindhoverError } from '../../runtime/node.ts';
import type { Link } from '../driver.ts';
import type { DriverTime } from '../time.ts';
import type { LoginPolicy } from './login-policy.ts';

/** A single lost request is normal. */
const FAILURES_TO_LOSE = 2;

/** Pure: time and random numbers are arguments. */
export class LinkState {
  #state: Link['state'] = 'closed';
  #reason: string | null = null;
  #nextTryMs: number | null = null;
  readonly #backoff = new Backoff();
  #failures = 0;

  get now(): Link {
    return { state: this.#state, reason: this.#reason, nextTryMs: this.#nextTryMs };
  }

  isDue(nowMs: number): boolean {
    return this.#nextTryMs === null || nowMs >= this.#nextTryMs;
  }

  worked(): void {
    this.#begin();
    if (this.#state === 'ready') this.#reason = null;
  }

  ready(): void {
    [this.#state, this.#reason, this.#nextTryMs] = ['ready', null, null];
    this.#begin();
  }

  closed(): void {
    [this.#state, this.#reason, this.#nextTryMs] = ['closed', 'closed', null];
  }

  /**
   * Records the result of a call.
   * @param loginTryMs when the next login is allowed
   * @param random in [0, 1): spreads attempts to connect
   */
  failed(error: unknown, nowMs: number, loginTryMs: number | null, random: number): void {
    const code = error instanceof WindhoverError ? error.code : '';
    this.#reason = errorMessage(error);
    if (code === 'ptz_login') {
      [this.#state, this.#nextTryMs] = ['refused', loginTryMs];
    } else if (code === 'ptz_unreachable' || code === 'ptz_stop_failed') {
      this.#failures++;
      // A failed stop is repeated when the camera is back, so it counts as lost at once.
      const isFew = this.#failures < FAILURES_TO_LOSE && code === 'ptz_unreachable';
      if (isFew && this.#state === 'ready') return;
      [this.#state, this.#nextTryMs] = ['lost', nowMs + this.#backoff.next(random)];
    }
  }

  #begin(): void {
    this.#failures = 0;
    this.#backoff.reset();
  }
}

/** Makes requests and updates the state of the link from their results. */
export class LinkKeeper {
  readonly #state = new LinkState();
  readonly #policy: LoginPolicy;
  readonly #time: DriverTime;

  constructor(policy: LoginPolicy, time: DriverTime) {
    this.#policy = policy;
    this.#time = time;
  }

  get now(): Link {
    return this.#state.now;
  }

  /** Lost or refused, and the next attempt is due. */
  get isDue(): boolean {
    const { state } = this.#state.now;
    return (state === 'lost' || state === 'refused') && this.#state.isDue(this.#nowMs);
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
    const nowMs = this.#nowMs;
    this.#state.failed(error, nowMs, this.#policy.nextTryMs(nowMs), this.#time.random());
  }

  /** Sends a request, unless the camera is lost. @throws WindhoverError `ptz_unreachable`, `ptz_login` */
  async ask<T>(request: () => Promise<T>): Promise<T> {
    const { state, reason } = this.now;
    if (state === 'lost')
      throw new WindhoverError('ptz_unreachable', 'the connection to the camera is lost', {
        got: reason ?? 'no answer',
      });
    if (state === 'refused') this.#policy.check(this.#nowMs);
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

  get #nowMs(): number {
    return this.#time.clock.monoMs();
  }
}
