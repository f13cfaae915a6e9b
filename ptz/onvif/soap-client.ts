/**
 * SOAP calls to one camera, with a login that is negotiated once.
 *
 * Written by hand rather than over the npm package `onvif` 0.8.3: that reads a position that is nil as 0, 0, 0; it
 * starts several logins at once when it connects and repeats a refused one by other means without asking, which locks
 * accounts; its requests can't be called off and its timeout starts again with every byte; the subcodes of faults are
 * lost; digest costs two round trips each time; and the clock offset is learned once and never again.
 */
import { WindhoverError } from '../../runtime/node.ts';
import { aborted, type CameraClient, type HttpAnswer, HttpPort, type HttpPortOptions } from '../network/http.ts';
import { LOGIN_PATIENCE, LoginPolicy, loginError } from '../network/login-policy.ts';
import type { DriverTime } from '../time.ts';
import { type Credentials, DigestChallenge, usernameToken } from './credentials.ts';
import { all, at, readXml, type XmlElement } from './xml.ts';

export interface Call {
  /** Where the service is. */
  readonly url: URL;
  /** The element of the operation, complete with its namespace. */
  readonly xml: string;
  /** For messages. */
  readonly operation: string;
  /** `open`: without login first (ONVIF Core, access class PRE_AUTH), with one when the camera wants it. */
  readonly access?: 'open' | 'login';
  /** False: must not be sent twice. */
  readonly repeatable?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** The camera understood the request and refused it. */
export interface Refusal {
  /** Local names, general first: `ActionNotSupported`, `InvalidArgVal`, … */
  readonly subcodes: readonly string[];
  readonly reason: string;
}

export type Answer = { readonly body: XmlElement; readonly refusal: null } | { readonly refusal: Refusal };

/** `token-own-clock`: for cameras that report another time than the one they check logins by. */
export type LoginMethod = 'token' | 'digest' | 'token-own-clock';
const METHODS: readonly LoginMethod[] = ['token', 'digest', 'token-own-clock'];

export interface SoapClientOptions extends HttpPortOptions {
  readonly credentials: Credentials | null;
  readonly time: DriverTime;
  /** Learns the camera's clock again, after a refused login that was good. @returns the change, ms */
  readonly relearnClock: () => Promise<number>;
}

/** Requests for one answer: to be challenged, an old nonce, two refusals. */
const MAX_ROUNDS = 6;
const SOAP_TYPE = 'application/soap+xml; charset=utf-8';
/** A change of the camera's clock that a login does not mind. */
const SMALL_SHIFT_MS = 5000;

export class SoapClient implements CameraClient {
  /** The camera's clock minus ours. */
  clockOffsetMs = 0;
  retries = 0;
  /** The login that the camera takes; null before one was accepted. */
  method: LoginMethod | null = null;
  /** Logins that the camera has refused so far. */
  readonly refusedMethods = new Set<LoginMethod>();
  readonly policy = new LoginPolicy();
  readonly #options: SoapClientOptions;
  readonly #port: HttpPort;
  #next: LoginMethod = 'token';
  #challenge: DigestChallenge | null = null;
  /** Requests with a login that have no answer yet. */
  #underWay = 0;

  constructor(options: SoapClientOptions) {
    this.#options = options;
    this.#port = new HttpPort(options, options.time);
  }

  get roundTripMs(): number | null {
    return this.#port.roundTripMs;
  }

  /** @throws WindhoverError also when the camera refuses */
  async call(call: Call): Promise<XmlElement> {
    const answer = await this.ask(call);
    if (answer.refusal === null) return answer.body;
    throw refusedError(call.operation, answer.refusal);
  }

  /** @throws WindhoverError `ptz_unreachable`, `ptz_aborted`, `ptz_login`; a refusal is returned */
  async ask(call: Call): Promise<Answer> {
    for (let left = call.repeatable === false ? 0 : this.retries; ; left--) {
      try {
        return await this.#ask(call);
      } catch (error) {
        const isLost = error instanceof WindhoverError && error.code === 'ptz_unreachable';
        const isLogin = this.#options.credentials !== null && call.access !== 'open';
        if (!isLost || left <= 0 || (isLogin && this.method === null)) throw error;
      }
    }
  }

  async #ask(call: Call): Promise<Answer> {
    if (this.#options.credentials === null || call.access === 'open') {
      const answer = await this.#send(call, null);
      if (!isUnauthorized(answer)) return read(answer);
      this.#challenge = DigestChallenge.from(answer.challenges) ?? this.#challenge;
      if (this.#options.credentials === null) throw loginError('the camera requires a login', null);
      // Without the time a token would be a guess; digest needs none.
      if (this.method === null && this.#challenge) this.#next = 'digest';
    }
    return await this.#askWithLogin(call, this.#options.credentials);
  }

  async #askWithLogin(call: Call, credentials: Credentials): Promise<Answer> {
    let hasBeenStale = false;
    // The policy ends it long before; nothing that a camera answers may keep us here.
    for (let round = 0; round < MAX_ROUNDS; round++) {
      this.policy.check(this.#options.time.clock.monoMs());
      // Their refusals are not counted yet: one more attempt could lock the account.
      if (this.method === null && this.#underWay > 0) throw loginError('another login is being tried', null);
      const method = this.method ?? this.#next;
      if (method === 'digest' && !this.#challenge) {
        // Asking without a login is no attempt; a camera that wants none has done what was asked.
        const answer = await this.#send(call, null);
        if (!isUnauthorized(answer)) return read(answer);
        this.#challenge = DigestChallenge.from(answer.challenges);
        if (!this.#challenge) [this.method, this.#next] = [null, 'token-own-clock'];
        continue;
      }
      const answer = await this.#sendLogin(call, { method, credentials });
      if (!isUnauthorized(answer)) {
        this.method = method;
        this.policy.accepted();
        return read(answer);
      }
      this.#challenge = DigestChallenge.from(answer.challenges);
      // An old nonce says nothing about the password; twice in a row it counts as a refusal.
      const isStale: boolean = method === 'digest' && this.#challenge?.isStale === true && !hasBeenStale;
      hasBeenStale ||= isStale;
      if (!isStale) await this.#refused(method);
    }
    throw loginError('the camera refused the login', null);
  }

  /** Counts a refusal, and decides what to try next. */
  async #refused(method: LoginMethod): Promise<void> {
    const wasGood = this.method === method;
    this.method = null;
    this.refusedMethods.add(method);
    this.policy.refused(this.#options.time.clock.monoMs());
    const isAgain = wasGood && (method === 'digest' ? this.#challenge !== null : await this.#clockWasOff());
    this.#next = isAgain ? method : (METHODS[(METHODS.indexOf(method) + 1) % METHODS.length] ?? 'token');
  }

  async #clockWasOff(): Promise<boolean> {
    return Math.abs(await this.#options.relearnClock()) > SMALL_SHIFT_MS;
  }

  async #sendLogin(call: Call, login: { method: LoginMethod; credentials: Credentials }): Promise<HttpAnswer> {
    if (call.signal?.aborted) throw aborted(call.signal.reason);
    this.#underWay++;
    try {
      return await this.#send(call, login);
    } catch (error) {
      // It may have been a refusal.
      if (this.method === null) this.policy.unanswered(this.#options.time.clock.monoMs());
      throw error;
    } finally {
      this.#underWay--;
    }
  }

  async #send(
    { url, xml, signal }: Call,
    login: { readonly method: LoginMethod; readonly credentials: Credentials } | null,
  ): Promise<HttpAnswer> {
    const { time } = this.#options;
    const isToken = login !== null && login.method !== 'digest';
    const offsetMs = login?.method === 'token-own-clock' ? 0 : this.clockOffsetMs;
    const security = isToken ? usernameToken(login.credentials, time.clock.unixMs() + offsetMs) : '';
    const isDigest = login?.method === 'digest' && this.#challenge !== null;
    const authorization =
      isDigest && login && this.#challenge
        ? this.#challenge.answer(login.credentials, 'POST', url.pathname + url.search)
        : undefined;
    const body = envelope(security, xml);
    const request = { method: 'POST' as const, url, body, contentType: SOAP_TYPE, authorization, signal };
    return await this.#port.send(request, login !== null && this.method === null ? LOGIN_PATIENCE : 1);
  }
}

/** SOAP 1.2, as ONVIF Core asks for. */
function envelope(security: string, body: string): string {
  const header = security === '' ? '' : `<s:Header>${security}</s:Header>`;
  return `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">${header}<s:Body>${body}</s:Body></s:Envelope>`;
}

/** ONVIF Core, "Authentication": 401, or 400 with a NotAuthorized fault. Some cameras say it in words, or with 403. */
function isUnauthorized({ status, text }: HttpAnswer): boolean {
  if (status === 401 || status === 403) return true;
  return status >= 400 && /:?NotAuthorized\s*</.test(text);
}

/** @throws WindhoverError `ptz_refused` for what is no SOAP */
function read({ status, text }: HttpAnswer): Answer {
  if (status >= 300 && text.trim() === '') {
    return { refusal: { subcodes: [], reason: `HTTP status ${status}` } };
  }
  const body = at(readXml(text), 'Body')?.children[0];
  if (!body) return { refusal: { subcodes: [], reason: `HTTP status ${status} without a SOAP body` } };
  if (body.local !== 'Fault') return { body, refusal: null };
  const values = all(at(body, 'Code'), 'Value').map((value) => value.text.slice(value.text.indexOf(':') + 1));
  const reason = all(body, 'Text')[0]?.text ?? all(body, 'faultstring')[0]?.text ?? '';
  return { refusal: { subcodes: values.slice(1), reason: reason.slice(0, 300) } };
}

export function refusedError(operation: string, { subcodes, reason }: Refusal): WindhoverError {
  return new WindhoverError('ptz_refused', `the camera refused ${operation}`, {
    got: [subcodes.join('/'), reason].filter((part) => part !== '').join(': '),
  });
}
