/**
 * When a login may be tried. Cameras lock an account after a few wrong logins, often for half an hour, and then lock
 * out everybody: so after the second refusal in a row at most one attempt a minute, and fewer and fewer. Pure: time is
 * an argument (ms on a clock that does not jump).
 */
import { WindhoverError } from '../../runtime/node.ts';

/** The wait after the second, third, … refusal in a row. */
export const LOGIN_WAITS_MS = [60_000, 300_000, 900_000, 1_800_000] as const;

/** State as plain data without a clock, to tell another process about the same account. */
export interface LoginRecord {
  readonly refusals: number;
  /** Until the next attempt is allowed; 0: at once. */
  readonly waitMs: number;
}

/** How many times longer a login may take than another request, because an aborted one counts as a refusal. */
export const LOGIN_PATIENCE = 4;
const REFUSED = 'the camera refused the login';
const UNANSWERED = 'the camera does not answer logins; it may have refused them';

export class LoginPolicy {
  /** In a row; those that may have been ones count. */
  #refusals = 0;
  #nextMs = Number.NEGATIVE_INFINITY;
  /** Result of the last login that was not accepted. */
  #last = REFUSED;

  get refusals(): number {
    return this.#refusals;
  }

  /** When the next attempt is allowed; null: at any time. */
  nextTryMs(nowMs: number): number | null {
    return nowMs < this.#nextMs ? this.#nextMs : null;
  }

  /** @throws WindhoverError `ptz_login` while no attempt is allowed */
  check(nowMs: number): void {
    const nextMs = this.nextTryMs(nowMs);
    if (nextMs !== null) throw loginError(this.#last, Math.ceil((nextMs - nowMs) / 1000));
  }

  /** The camera refused credentials. */
  refused(nowMs: number): void {
    this.#last = REFUSED;
    this.#count(nowMs);
  }

  /** Credentials were sent and no answer came: it may have been a refusal, which the camera counts all the same. */
  unanswered(nowMs: number): void {
    this.#last = UNANSWERED;
    this.#count(nowMs);
  }

  accepted(): void {
    this.#refusals = 0;
    this.#nextMs = Number.NEGATIVE_INFINITY;
  }

  record(nowMs: number): LoginRecord {
    return { refusals: this.#refusals, waitMs: Math.max(0, (this.nextTryMs(nowMs) ?? nowMs) - nowMs) };
  }

  /** Another client was refused with the same credentials: that counts here too. */
  learn({ refusals, waitMs }: LoginRecord, nowMs: number): void {
    this.#refusals = Math.max(this.#refusals, refusals);
    this.#nextMs = Math.max(this.#nextMs, nowMs + waitMs);
  }

  #count(nowMs: number): void {
    this.#refusals++;
    if (this.#refusals < 2) return;
    const index = Math.min(this.#refusals - 2, LOGIN_WAITS_MS.length - 1);
    this.#nextMs = nowMs + (LOGIN_WAITS_MS[index] ?? 0);
  }
}

export function loginError(what: string, waitS: number | null): WindhoverError {
  const hint = 'check username and password';
  return new WindhoverError('ptz_login', what, {
    hint: waitS === null ? hint : `${hint}; the next attempt is in ${waitS} s, so that the account is not locked`,
  });
}
