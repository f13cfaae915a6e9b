/**
 * Checks logins: WS-Security or HTTP digest, HTTP Basic for the Octagon API, and the lock after wrong logins. By ONVIF
 * Core ("Authentication"), a wrong WS-Security login is answered with 400 and a NotAuthorized fault, everything else
 * with 401 and digest challenges.
 */
import type { Clock } from '../../../runtime/clock.ts';
import type { Traits } from '../quirks.ts';
import type { XmlElement } from '../soap/read-xml.ts';
import { type Credentials, sameText } from './credentials.ts';
import { HttpDigest } from './http-digest.ts';
import { UsernameTokens } from './username-token.ts';

export interface LoginAttempt {
  readonly method: string;
  /** Path and query as requested. */
  readonly target: string;
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
  /** The WS-Security header. */
  readonly security: XmlElement | undefined;
}

export interface Refusal {
  readonly status: 400 | 401;
  readonly reason: string;
  /** Values of `WWW-Authenticate`, one header each. */
  readonly challenges: readonly string[];
}

export class Gate {
  /** Logins refused since the start; requests without a login do not count. */
  wrongLogins = 0;
  readonly #traits: Traits;
  readonly #clock: Clock;
  readonly #tokens: UsernameTokens;
  readonly #digest: HttpDigest;
  readonly #credentials: Credentials;
  #wrongInARow = 0;
  #lockedUntilMs = 0;

  constructor(credentials: Credentials, traits: Traits, clock: Clock) {
    this.#traits = traits;
    this.#clock = clock;
    this.#credentials = credentials;
    this.#tokens = new UsernameTokens(credentials);
    this.#digest = new HttpDigest(credentials);
  }

  get isLocked(): boolean {
    return this.#clock.monoMs() < this.#lockedUntilMs;
  }

  /** Milliseconds since 1970, as this camera's own clock has it. */
  cameraUnixMs(): number {
    return this.#clock.unixMs() + this.#traits.clockOffsetS * 1000;
  }

  /** @returns null when the login is right */
  refusal(attempt: LoginAttempt): Refusal | null {
    const { authorization, security } = attempt;
    const usesDigest = authorization !== undefined && /^Digest /i.test(authorization);
    if (usesDigest) return this.#digestRefusal(attempt, authorization);
    if (security && this.#traits.wsSecurity) return this.#tokenRefusal(security);
    return this.#unauthorized('a login is needed', false);
  }

  /**
   * HTTP Basic (RFC 7617), for services without SOAP.
   * @param authorization the `Authorization` header
   * @returns null when the login is right
   */
  basicRefusal(authorization: string | undefined): Refusal | null {
    const challenges = ['Basic realm="windhover camera", charset="UTF-8"'];
    const given = /^Basic +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (given === undefined) return { status: 401, reason: 'a login is needed', challenges };
    if (this.isLocked) return { status: 401, reason: LOCKED, challenges };
    const { user, password } = this.#credentials;
    if (sameText(Buffer.from(given, 'base64').toString('utf8'), `${user}:${password}`)) return this.#letIn();
    this.#countWrong();
    return { status: 401, reason: 'wrong login', challenges };
  }

  /** A restart clears all counters. */
  reset(): void {
    this.#tokens.reset();
    this.#digest.reset();
    this.#wrongInARow = 0;
    this.#lockedUntilMs = 0;
  }

  #digestRefusal({ method, target }: LoginAttempt, authorization: string): Refusal | null {
    if (this.isLocked) return this.#unauthorized(LOCKED, false);
    const verdict = this.#digest.verdict(authorization, method, target, this.#clock.monoMs());
    if (verdict === 'right') return this.#letIn();
    if (verdict === 'wrong') this.#countWrong();
    return this.#unauthorized(verdict === 'stale' ? 'the nonce is used up' : 'wrong login', verdict === 'stale');
  }

  #tokenRefusal(security: XmlElement): Refusal | null {
    if (this.isLocked) return { status: 400, reason: LOCKED, challenges: [] };
    const reason = this.#tokens.refusal(security, this.cameraUnixMs());
    if (reason === null) return this.#letIn();
    this.#countWrong();
    return { status: 400, reason: `Sender not authorized: ${reason}`, challenges: [] };
  }

  #unauthorized(reason: string, isStale: boolean): Refusal {
    const challenges = this.#digest.challenges(this.#clock.monoMs(), isStale);
    return { status: 401, reason: `Sender not authorized: ${reason}`, challenges };
  }

  #letIn(): null {
    this.#wrongInARow = 0;
    return null;
  }

  #countWrong(): void {
    this.wrongLogins++;
    this.#wrongInARow++;
    const { lockoutAfter, lockoutS } = this.#traits;
    if (lockoutAfter === 0 || this.#wrongInARow < lockoutAfter) return;
    this.#lockedUntilMs = this.#clock.monoMs() + lockoutS * 1000;
    this.#wrongInARow = 0;
  }
}

const LOCKED = 'the account is locked after too many wrong logins';
