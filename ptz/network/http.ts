/** One HTTP request to a camera, with one deadline for all of it, and an AbortSignal. */
import { errorMessage, WindhoverError } from '../../runtime/node.ts';
import type { DriverTime } from '../time.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly body?: string;
  readonly contentType?: string;
  readonly authorization?: string | undefined;
  /** False: any certificate will do (https). */
  readonly tlsVerify: boolean;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  readonly challenges: string | null;
}

const MAX_ANSWER_BYTES = 1024 * 1024;

/** @throws WindhoverError `ptz_unreachable`, `ptz_aborted` */
export async function send(request: HttpRequest, time: DriverTime): Promise<HttpAnswer> {
  const { method, url, body, contentType, authorization, tlsVerify, deadlineMs, signal } = request;
  if (signal?.aborted) throw aborted(signal.reason);
  const late = new AbortController();
  const callOff = time.after(deadlineMs, () => late.abort());
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
      ...(tlsVerify ? {} : { tls: { rejectUnauthorized: false } }),
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
