/**
 * Calls of the Octagon HTTP API (Infiniti, protocol 2.19): HTTP Basic, JSON, `{"success": …}`. What a device could not
 * do comes as HTTP 200 with `success: false`; what was only busy is asked again.
 */
import { WindhoverError } from '../../runtime/node.ts';
import { type CameraClient, cameraUrl, type HttpAnswer, HttpPort } from '../network/http.ts';
import { LOGIN_PATIENCE, LoginPolicy, loginError } from '../network/login-policy.ts';
import type { DriverTime } from '../time.ts';
import type { OctagonAddress } from './options.ts';

export interface OctagonCall {
  /** Below the API's address: `/devices/pantilt`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  /** A POST with this as JSON; without: a GET. */
  readonly body?: Readonly<Record<string, number>>;
  readonly signal?: AbortSignal | undefined;
}

/** A device with a busy or late serial line: the same request may succeed now. */
const BUSY = /busy|time[ _-]?out|timed[ _-]?out|try again/i;
const BUSY_RETRIES = 2;
const BUSY_WAIT_MS = 100;
const DEFAULT_PATH = '/api';

export class OctagonClient implements CameraClient {
  readonly policy = new LoginPolicy();
  retries = 0;
  readonly #base: URL;
  readonly #options: OctagonAddress;
  readonly #time: DriverTime;
  readonly #port: HttpPort;
  /** The login has been taken, and neither refused nor in doubt since. */
  #isLoggedIn = false;
  #gate: Promise<void> = Promise.resolve();

  /** @throws WindhoverError `ptz_url` */
  constructor(options: OctagonAddress, time: DriverTime) {
    this.#base = cameraUrl(options.url, DEFAULT_PATH);
    this.#options = options;
    this.#time = time;
    this.#port = new HttpPort({ requestMs: options.request_ms, tlsVerify: options.tls_verify }, time);
  }

  get roundTripMs(): number | null {
    return this.#port.roundTripMs;
  }

  /**
   * @returns `data` of the answer
   * @throws WindhoverError `ptz_unreachable`, `ptz_login`, `ptz_refused`, `ptz_aborted`
   */
  async call(call: OctagonCall): Promise<unknown> {
    let lost = this.retries;
    for (let busy = 0; ; ) {
      const isKnownGood = this.#isLoggedIn;
      try {
        return await this.#once(call);
      } catch (error) {
        if (!(error instanceof WindhoverError) || call.signal?.aborted) throw error;
        if (error.code === 'ptz_unreachable' && isKnownGood && lost-- > 0) continue;
        const isBusy = error.code === 'ptz_refused' && BUSY.test(error.details.got ?? '');
        if (!isBusy || busy++ >= BUSY_RETRIES) throw error;
        await this.#time.wait(busy * BUSY_WAIT_MS, call.signal ?? NEVER);
      }
    }
  }

  /**
   * Is the camera there again? Its password may be another one by now, so the login is in doubt.
   * @throws WindhoverError `ptz_unreachable`, `ptz_login`, `ptz_aborted`
   */
  async greet(signal: AbortSignal): Promise<void> {
    this.#isLoggedIn = false;
    this.policy.check(this.#nowMs);
    await this.#knock(signal);
  }

  /** Until the login is known to be good, one after the other: several at once could be one refusal too many. */
  async #once(call: OctagonCall): Promise<unknown> {
    if (this.#isLoggedIn) return await this.#send(call);
    const before = this.#gate;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    try {
      await before;
      return await this.#logIn(call);
    } finally {
      resolve();
    }
  }

  /**
   * A login may be one too many for the account even when its answer is lost. So none is sent to a camera that has not
   * just answered, and one without an answer counts as refused.
   */
  async #logIn(call: OctagonCall): Promise<unknown> {
    if (this.#isLoggedIn || this.#options.username === '') return await this.#send(call);
    this.policy.check(this.#nowMs);
    await this.#knock(call.signal);
    return await this.#send(call, () => this.policy.unanswered(this.#nowMs));
  }

  /** Without a login, so it is not an attempt; any answer is enough. */
  async #knock(signal: AbortSignal | undefined): Promise<void> {
    await this.#port.send({ method: 'GET', url: this.#url('/devices'), signal });
  }

  /** @param lost called when it was sent and not answered */
  async #send(call: OctagonCall, lost?: () => void): Promise<unknown> {
    this.policy.check(this.#nowMs);
    const answer = await this.#port.send(this.#request(call), lost ? LOGIN_PATIENCE : 1).catch((error: unknown) => {
      lost?.();
      throw error;
    });
    return this.#read(call, answer);
  }

  #request({ path, query = {}, body, signal }: OctagonCall) {
    const { username, password } = this.#options;
    const url = this.#url(path);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    const login = username === '' ? undefined : `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    const json = body === undefined ? {} : { body: JSON.stringify(body), contentType: 'application/json' };
    const method = body === undefined ? ('GET' as const) : ('POST' as const);
    return { method, url, ...json, authorization: login, signal };
  }

  #url(path: string): URL {
    const url = new URL(this.#base);
    url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`;
    return url;
  }

  #read({ path }: OctagonCall, { status, text }: HttpAnswer): unknown {
    if (status === 401 || status === 403) {
      this.#isLoggedIn = false;
      if (this.#options.username === '') throw loginError('the camera requires a login', null);
      this.policy.refused(this.#nowMs);
      throw loginError('the camera refused the login', null);
    }
    this.#isLoggedIn = true;
    this.policy.accepted();
    const answer = parse(text);
    if (answer === null) throw refused(path, `HTTP status ${status}, and no JSON`);
    if (answer.success === true) return answer.data;
    throw refused(path, failure(answer.error) || `HTTP status ${status}`);
  }

  get #nowMs(): number {
    return this.#time.clock.monoMs();
  }
}

const NEVER = new AbortController().signal;

/** An element of a path. */
export function segment(name: string): string {
  return encodeURIComponent(name);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    // Not JSON: the caller says what it was.
    return null;
  }
}

function failure(error: unknown): string {
  if (typeof error === 'string') return error.slice(0, 300);
  if (!isRecord(error)) return '';
  const parts = [error.code, error.message].filter((part) => typeof part === 'string' || typeof part === 'number');
  return parts.join(': ').slice(0, 300);
}

function refused(path: string, got: string): WindhoverError {
  return new WindhoverError('ptz_refused', `the camera refused ${path}`, { got });
}
