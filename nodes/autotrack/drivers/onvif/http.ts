/** One SOAP request over HTTP, with a deadline that covers all of it and an end when the caller wants none. */
import { WindhoverError } from '../../../../runtime/node.ts';
import type { DriverTime } from '../time.ts';
import { MAX_ANSWER_BYTES } from './xml.ts';

export interface HttpRequest {
  readonly url: URL;
  readonly xml: string;
  readonly authorization: string | undefined;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  readonly challenges: string | null;
}

/** @throws WindhoverError `ptz_unreachable`, `ptz_aborted` */
export async function post(request: HttpRequest, time: DriverTime): Promise<HttpAnswer> {
  const { url, xml, authorization, deadlineMs, signal } = request;
  if (signal?.aborted) throw aborted(signal.reason);
  const late = new AbortController();
  const callOff = time.after(deadlineMs, () => late.abort());
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: xml,
      headers: {
        'Content-Type': 'application/soap+xml; charset=utf-8',
        ...(authorization === undefined ? {} : { Authorization: authorization }),
      },
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal,
    });
    const text = await readText(response);
    return { status: response.status, text, challenges: response.headers.get('www-authenticate') };
  } catch (cause) {
    if (signal?.aborted) throw aborted(cause);
    const got = late.signal.aborted ? `nothing within ${deadlineMs} ms` : message(cause);
    throw new WindhoverError('ptz_unreachable', `no answer from the camera at ${url.host}`, { got, cause });
  } finally {
    callOff();
  }
}

export function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
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

/** The error of a call that its caller, or the driver's own deadline, ended. */
export function aborted(cause: unknown): WindhoverError {
  return new WindhoverError('ptz_aborted', 'the request to the camera was called off', { cause });
}
