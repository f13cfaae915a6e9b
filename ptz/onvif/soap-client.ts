/** SOAP calls to one camera, with a login that is negotiated once. Why by hand: see ../README.md. */
import { errorMessage, WindhoverError } from '../../runtime/node.ts';
import type { Account } from '../network/account.ts';
import { aborted, type CameraClient, type HttpAnswer, HttpPort, type HttpPortOptions } from '../network/http.ts';
import { LOGIN_PATIENCE, LoginPolicy, loginError } from '../network/login-policy.ts';
import type { DriverTime } from '../time.ts';
import { type Credentials, DigestChallenge, usernameToken } from './credentials.ts';
import { type Answer, isUnauthorized, readAnswer, refusedError } from './soap-answer.ts';
import type { XmlElement } from './xml.ts';

export const DEVICE_NS = 'http://www.onvif.org/ver10/device/wsdl';
export const MEDIA_NS = 'http://www.onvif.org/ver10/media/wsdl';
export const MEDIA2_NS = 'http://www.onvif.org/ver20/media/wsdl';
export const PTZ_NS = 'http://www.onvif.org/ver20/ptz/wsdl';

export interface Call {
  /** Where the service is. */
  readonly url: URL;
  readonly namespace: string;
  readonly operation: string;
  /** Arguments of the operation, as XML. */
  readonly inside?: string;
  /** `open`: without login first (ONVIF Core, access class PRE_AUTH), with one when the camera wants it. */
  readonly access?: 'open' | 'login';
  /** False: must not be sent twice. */
  readonly repeatable?: boolean;
  readonly isOptional?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** `token-own-clock`: for cameras that report another time than the one they check logins by. */
export type LoginMethod = 'token' | 'digest' | 'token-own-clock';
const METHODS: readonly LoginMethod[] = ['token', 'digest', 'token-own-clock'];

export interface SoapClientOptions extends HttpPortOptions {
  readonly credentials: Credentials | null;
  readonly time: DriverTime;
  /** When others log in with it, too. */
  readonly account?: Account | undefined;
  /** Learns the camera's clock again, after a refused login that was good. @returns the change, ms */
  readonly relearnClock: () => Promise<number>;
}

/** Requests for one answer: to be challenged, an old nonce, two refusals. */
const MAX_ROUNDS = 6;
/** A change of the camera's clock that a login does not mind. */
const SMALL_SHIFT_MS = 5000;

export class SoapClient implements CameraClient {
  retries = 0;
  /** The login that the camera takes; null before one was accepted. */
  method: LoginMethod | null = null;
  /** Logins that the camera has refused so far. */
  readonly refusedMethods = new Set<LoginMethod>();
  readonly policy: LoginPolicy;
  readonly #options: SoapClientOptions;
  /** The camera's clock when our monotonic one was at 0. Ours may be set at any time; the camera's goes on. */
  #cameraUnixMs: number;
  readonly #port: HttpPort;
  #next: LoginMethod = 'token';
  #challenge: DigestChallenge | null = null;
  /** Requests with a login that have no answer yet. */
  #underWay = 0;

  constructor(options: SoapClientOptions) {
    this.#options = options;
    this.policy = options.account?.policy ?? new LoginPolicy();
    this.#cameraUnixMs = this.#zeroUnixMs();
    this.#port = new HttpPort(options, options.time);
  }

  /** The camera's clock minus ours. */
  get clockOffsetMs(): number {
    return this.#cameraUnixMs - this.#zeroUnixMs();
  }

  set clockOffsetMs(ms: number) {
    this.#cameraUnixMs = this.#zeroUnixMs() + ms;
  }

  #zeroUnixMs(): number {
    const { clock } = this.#options.time;
    return clock.unixMs() - clock.monoMs();
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

  /**
   * For what the camera may lack, or the user have no right to: that it is not answered at all is a refusal, and a fault
   * of the rights is none of the login that was good before.
   */
  async askAnyway(call: Call): Promise<Answer> {
    try {
      return await this.ask({ ...call, isOptional: true });
    } catch (error) {
      if (!(error instanceof WindhoverError) || error.code !== 'ptz_unreachable') throw error;
      return { refusal: { subcodes: [], reason: errorMessage(error) } };
    }
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
      if (!isUnauthorized(answer)) return readAnswer(call.operation, answer);
      this.#challenge = DigestChallenge.from(answer.challenges) ?? this.#challenge;
      if (this.#options.credentials === null) throw loginError('the camera requires a login', null);
      // Without the time a token would be a guess; digest needs none.
      if (this.method === null && this.#challenge) this.#next = 'digest';
    }
    const { account, credentials } = this.#options;
    const login = () => this.#askWithLogin(call, credentials);
    return await (account && this.method === null ? account.turn(login, call.signal) : login());
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
        if (!isUnauthorized(answer)) return readAnswer(call.operation, answer);
        this.#challenge = DigestChallenge.from(answer.challenges);
        if (!this.#challenge) [this.method, this.#next] = [null, 'token-own-clock'];
        continue;
      }
      const answer = await this.#sendLogin(call, { method, credentials });
      const isOfRights = call.isOptional === true && this.method === method && answer.status !== 401;
      if (isOfRights || !isUnauthorized(answer)) {
        this.method = method;
        this.policy.accepted();
        return readAnswer(call.operation, answer);
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
    { url, namespace, operation, inside = '', signal }: Call,
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
    const body = envelope(security, `<${operation} xmlns="${namespace}">${inside}</${operation}>`);
    // Optional by SOAP 1.2; without it some cameras (Pelco) answer with nothing.
    const contentType = `application/soap+xml; charset=utf-8; action="${namespace}/${operation}"`;
    const request = { method: 'POST' as const, url, body, contentType, authorization, signal };
    return await this.#port.send(request, login !== null && this.method === null ? LOGIN_PATIENCE : 1);
  }
}

/** SOAP 1.2, as ONVIF Core asks for. */
function envelope(security: string, body: string): string {
  const header = security === '' ? '' : `<s:Header>${security}</s:Header>`;
  return `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">${header}<s:Body>${body}</s:Body></s:Envelope>`;
}
