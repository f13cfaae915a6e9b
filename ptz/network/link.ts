/** State of the connection to a camera: ready or not, why, and when to try again. Follows from the requests. */
import { Backoff, errorMessage, WindhoverError } from '../../runtime/node.ts';
import type { Link } from '../driver.ts';
import type { DriverTime } from '../time.ts';
import type { LoginPolicy } from './login-policy.ts';

/** A single lost request is normal. */
const FAILURES_TO_LOSE = 2;

export class LinkState {
  readonly #policy: LoginPolicy;
  readonly #time: DriverTime;
  readonly #backoff = new Backoff();
  #now: Link = { state: 'connecting', reason: null, nextTryMs: null };
  #failures = 0;
  #wasReady = false;

  constructor(policy: LoginPolicy, time: DriverTime) {
    this.#policy = policy;
    this.#time = time;
  }

  get now(): Link {
    return this.#now;
  }

  get isReady(): boolean {
    return this.#now.state === 'ready';
  }

  /** Lost or refused, and the next attempt is due. */
  get isDue(): boolean {
    const { state, nextTryMs } = this.#now;
    return (state === 'lost' || state === 'refused') && (nextTryMs === null || this.#time.clock.monoMs() >= nextTryMs);
  }

  ready(): void {
    this.#wasReady = true;
    this.worked();
    this.#now = { state: 'ready', reason: null, nextTryMs: null };
  }

  /** A request was answered. */
  worked(): void {
    this.#failures = 0;
    this.#backoff.reset();
    if (this.isReady) this.#now = { ...this.#now, reason: null };
  }

  closed(): void {
    this.#now = { state: 'closed', reason: 'closed', nextTryMs: null };
  }

  /** Records the result of a call. */
  failed(error: unknown): void {
    const nowMs = this.#time.clock.monoMs();
    const code = error instanceof WindhoverError ? error.code : '';
    const reason = errorMessage(error);
    this.#now = { ...this.#now, reason };
    if (code === 'ptz_login') this.#now = { state: 'refused', reason, nextTryMs: this.#policy.nextTryMs(nowMs) };
    if (code !== 'ptz_unreachable' && code !== 'ptz_stop_failed') return;
    this.#failures++;
    // A failed stop is repeated when the camera is back, so it counts as lost at once.
    const isFew = this.#failures < FAILURES_TO_LOSE && code === 'ptz_unreachable';
    if (isFew && this.isReady) return;
    const nextTryMs = nowMs + this.#backoff.next(this.#time.random());
    this.#now = { state: this.#wasReady ? 'lost' : 'connecting', reason, nextTryMs };
  }

  /** @throws WindhoverError `ptz_unreachable`, `ptz_login` while the camera is away */
  check(): void {
    const { state, reason } = this.#now;
    if (state === 'lost') {
      throw new WindhoverError('ptz_unreachable', 'the connection to the camera is lost', {
        got: reason ?? 'no answer',
      });
    }
    if (state === 'refused') this.#policy.check(this.#time.clock.monoMs());
  }
}
