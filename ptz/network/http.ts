/** Requests to a camera over HTTP, each with a deadline that covers all of it and an end when the caller wants none. */
import { errorMessage, WindhoverError } from '../../runtime/node.ts';
import type { DriverTime } from '../time.ts';
import type { LoginPolicy } from './login-policy.ts';

/** Sends requests to a camera: what the clients of all protocols share. */
export interface CameraClient {
  readonly policy: LoginPolicy;
  /** From a request to its answer, smoothed; null before the first. */
  readonly roundTripMs: number | null;
  /**
   * How often a request that got no answer is sent again; none is whose login was not accepted yet: its answer may have
   * been a refusal, which the camera has counted and we have not.
   */
  retries: number;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly body?: string;
  readonly contentType?: string;
  readonly authorization?: string | undefined;
  readonly signal: AbortSignal | undefined;
}

export interface HttpPortOptions {
  /** Deadline of a request. */
  readonly requestMs: number;
  /** False: any certificate will do (https). */
  readonly tlsVerify: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  readonly challenges: string | null;
}

const MAX_ANSWER_BYTES = 1024 * 1024;

/** Requests to one camera, and how long their answers take. */
export class HttpPort {
  /** Smoothed; null before the first answer. */
  roundTripMs: number | null = null;
  readonly #options: HttpPortOptions;
  readonly #time: DriverTime;

  constructor(options: HttpPortOptions, time: DriverTime) {
    this.#options = options;
    this.#time = time;
  }

  /**
   * @param patience how many times longer than usual an answer is waited for
   * @throws WindhoverError `ptz_unreachable`, `ptz_aborted`
   */
  async send(request: HttpRequest, patience = 1): Promise<HttpAnswer> {
    const { clock } = this.#time;
    const startMs = clock.monoMs();
    const answer = await this.#send(request, patience * this.#options.requestMs);
    const tookMs = clock.monoMs() - startMs;
    const beforeMs = this.roundTripMs ?? tookMs;
    this.roundTripMs = beforeMs + (tookMs - beforeMs) / 8;
    return answer;
  }

  async #send(request: HttpRequest, deadlineMs: number): Promise<HttpAnswer> {
    const { method, url, body, contentType, authorization, signal } = request;
    if (signal?.aborted) throw aborted(signal.reason);
    const late = new AbortController();
    const callOff = this.#time.after(deadlineMs, () => late.abort());
    try {
      const response = await fetch(url, {
        method,
        ...(body === undefined ? {} : { body }),
        headers: {
          ...(contentType === undefined ? {} : { 'Content-Type': contentType }),
          ...(authorization === undefined ? {} : { Authorization: authorization }),
        },
        redirect: 'manual',
        signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal,
        ...(this.#options.tlsVerify ? {} : { tls: { rejectUnauthorized: false } }),
      });
      const text = await readText(response);
      return { status: response.status, text, challenges: response.headers.get('www-authenticate') };
    } catch (cause) {
      if (signal?.aborted) throw aborted(cause);
      const got = late.signal.aborted ? `nothing within ${deadlineMs} ms` : errorMessage(cause);
      throw new WindhoverError('ptz_unreachable', `no answer from the camera at ${url.host}`, { got, cause });
    } finally {
      callOff();
    }
  }
}

/**
 * The address of a camera as people write it: host, host:port or an http(s) address.
 * @throws WindhoverError `ptz_url`
 */
export function cameraUrl(text: string, defaultPath: string): URL {
  const full = /^https?:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(full)) {
    // Not shown: people write passwords into addresses.
    throw new WindhoverError('ptz_url', 'the camera address is not valid', {
      expected: 'host, host:port or an http address',
      permanent: true,
    });
  }
  const url = new URL(full);
  if (url.username !== '' || url.password !== '') {
    const hint = 'use the options username and password';
    throw new WindhoverError('ptz_url', 'a camera address must not contain a login', { hint, permanent: true });
  }
  if (url.pathname === '/') url.pathname = defaultPath;
  return url;
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** The error of a call that was ended by its caller or by the driver's deadline. */
export function aborted(cause: unknown): WindhoverError {
  return new WindhoverError('ptz_aborted', 'the request to the camera was cancelled', { cause });
}

/** @returns what the camera said when it refused; null when it did not. @throws what else went wrong */
export async function refusalOf(request: Promise<unknown>): Promise<string | null> {
  try {
    await request;
    return null;
  } catch (error) {
    if (error instanceof WindhoverError && error.code === 'ptz_refused') return error.message;
    throw error;
  }
}
