/**
 * The HTTP side of WHEP: an offer is posted, the answer comes back, late candidates are sent after it, and the session is
 * deleted at the end. Servers of the time before WHEP take the offer as JSON.
 */
import { errorCode, errorMessage, WindhoverError } from '../../../runtime/node.ts';
import { takeLogin } from '../address.ts';
import { namedError } from '../faults.ts';

const MOST_ANSWER_BYTES = 64 * 1024;
const MOST_LOCATION_CHARS = 2000;
const MOST_REDIRECTS = 3;
const END_TIMEOUT_MS = 1000;
const SDP = 'application/sdp';
const FRAGMENT = 'application/trickle-ice-sdpfrag';
/** Answers of servers that may want JSON instead. */
const WANTS_JSON: readonly number[] = [400, 404, 405, 406, 415, 422, 500, 501];

export interface SignallingOptions {
  /** Bearer token, in place of the login in the URL. */
  readonly token?: string;
  /** False: any certificate will do (https). */
  readonly tls_verify: boolean;
}

export class Signalling {
  readonly #endpoint: URL;
  readonly #authorization: string | undefined;
  readonly #tls: { tls?: { rejectUnauthorized: false } };
  /** Of the session on the server, when it has told its address. */
  #session: URL | undefined;
  #takesCandidates = false;
  #etag: string | undefined;

  /** @param url with the login in it, if there is one */
  constructor(url: string, { token, tls_verify }: SignallingOptions) {
    this.#tls = tls_verify ? {} : { tls: { rejectUnauthorized: false } };
    const { url: plain, login } = takeLogin(url);
    const basic = login && `Basic ${Buffer.from(login.join(':')).toString('base64')}`;
    this.#authorization = token === undefined ? basic : `Bearer ${token}`;
    const endpoint = new URL(plain);
    endpoint.hash = '';
    this.#endpoint = endpoint;
  }

  /** The media are sent and received on this machine. */
  get isLoopback(): boolean {
    return /^(localhost|127\.[\d.]+|\[::1\])$/.test(this.#endpoint.hostname);
  }

  /** True when the server takes candidates after the offer. */
  get takesCandidates(): boolean {
    return this.#takesCandidates;
  }

  /**
   * Posts the offer. @returns the answer, as SDP
   * @throws WindhoverError `source_refused`, `source_login`, `source_not_found`, `source_unsupported`, `source_busy`,
   * `source_unreadable`
   */
  async offer(sdp: string, signal: AbortSignal): Promise<string> {
    const answer = await this.#post(sdp, signal);
    if (answer.isOk && isSdp(answer.text)) {
      this.#keepSession(answer);
      return answer.text;
    }
    if (answer.isOk || WANTS_JSON.includes(answer.status)) {
      const legacy = await this.#postJson(sdp, signal);
      if (legacy !== undefined) return legacy;
    }
    throw refusal(answer);
  }

  /** Tells candidates that were found after the offer. @param fragment of SDP */
  async trickle(fragment: string, signal: AbortSignal): Promise<void> {
    if (!this.#session || !this.#takesCandidates) return;
    const headers = { 'content-type': FRAGMENT, ...(this.#etag === undefined ? {} : { 'if-match': this.#etag }) };
    await this.#send(this.#session, { method: 'PATCH', headers, body: fragment, signal });
  }

  /** Ends the session on the server, if it can be reached. */
  async end(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (!session) return;
    const signal = AbortSignal.timeout(END_TIMEOUT_MS);
    // A server that does not answer any more has no session, or ends it by itself.
    await this.#send(session, { method: 'DELETE', headers: {}, signal }).catch(() => undefined);
  }

  async #post(body: string, signal: AbortSignal): Promise<Answer> {
    let url = this.#endpoint;
    for (let redirects = 0; ; redirects++) {
      const answer = await this.#send(url, {
        method: 'POST',
        headers: { 'content-type': SDP, accept: SDP },
        body,
        signal,
      });
      const next = answer.status === 307 || answer.status === 308 ? answer.location : undefined;
      if (next === undefined || redirects >= MOST_REDIRECTS) return answer;
      url = next;
    }
  }

  async #postJson(sdp: string, signal: AbortSignal): Promise<string | undefined> {
    const url = new URL(this.#endpoint);
    if (url.pathname === '/') url.pathname = '/offer';
    const body = JSON.stringify({ type: 'offer', sdp });
    const headers = { 'content-type': 'application/json' };
    const { isOk, text } = await this.#send(url, { method: 'POST', headers, body, signal });
    const answer = isOk ? sdpOfJson(text) : undefined;
    return answer !== undefined && isSdp(answer) ? answer : undefined;
  }

  #keepSession({ url, location, headers }: Answer): void {
    // A server must not make us send requests to others.
    this.#session = location?.origin === url.origin ? location : undefined;
    this.#takesCandidates = headers.get('accept-patch')?.includes(FRAGMENT) ?? false;
    this.#etag = headers.get('etag') ?? undefined;
  }

  async #send(url: URL, request: HttpRequest): Promise<Answer> {
    const headers = new Headers(request.headers);
    // A login is for the server that it was given for.
    if (this.#authorization !== undefined && url.origin === this.#endpoint.origin) {
      headers.set('authorization', this.#authorization);
    }
    try {
      const response = await fetch(url, { ...request, ...this.#tls, headers, redirect: 'manual' });
      const text = await boundedText(response);
      const { status, ok: isOk } = response;
      return { url, status, isOk, text, headers: response.headers, location: locationOf(response, url) };
    } catch (cause) {
      throw unreachable(cause);
    }
  }
}

interface HttpRequest {
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

interface Answer {
  /** What was asked. */
  readonly url: URL;
  readonly status: number;
  readonly isOk: boolean;
  readonly text: string;
  readonly headers: Headers;
  readonly location: URL | undefined;
}

function isSdp(text: string): boolean {
  return text.startsWith('v=0');
}

function sdpOfJson(text: string): string | undefined {
  try {
    const { sdp } = JSON.parse(text) as { sdp?: unknown };
    return typeof sdp === 'string' ? sdp : undefined;
  } catch {
    return undefined; // then it is no server of this kind
  }
}

function locationOf({ headers }: Response, base: URL): URL | undefined {
  const location = headers.get('location');
  if (location === null || location.length > MOST_LOCATION_CHARS || !URL.canParse(location, base.href))
    return undefined;
  const url = new URL(location, base);
  return /^https?:$/.test(url.protocol) ? url : undefined;
}

async function boundedText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let [text, bytes] = ['', 0];
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MOST_ANSWER_BYTES) throw new Error(`an answer of more than ${MOST_ANSWER_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** The text of an answer is not shown: it may repeat what was sent, the login too. */
function refusal({ status, isOk, text }: Answer): WindhoverError {
  const got = `HTTP status ${status}`;
  if (status === 401 || status === 403) return namedError('source_login', 'the server refused the login', got);
  if (status === 406 || (!isOk && /codec/i.test(text))) {
    return namedError('source_unsupported', 'the server has no video that can be played over WebRTC', got);
  }
  if (status === 404 || status === 410) return namedError('source_not_found', 'cannot be opened', got);
  if (status === 429 || status >= 500) return namedError('source_busy', 'cannot be opened', got);
  const hint = 'the address of WHEP is wanted, such as http://HOST:8889/PATH/whep';
  return new WindhoverError('source_unreadable', 'the server gave no answer of WHEP', { got, hint });
}

function unreachable(cause: unknown): WindhoverError {
  const got = errorMessage(cause);
  if (/refused$/i.test(errorCode(cause) ?? '')) return namedError('source_refused', 'cannot be opened', got);
  return new WindhoverError('source_unreadable', 'cannot be opened', { got });
}
