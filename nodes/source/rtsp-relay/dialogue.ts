/**
 * What is said between FFmpeg and a camera: the relay puts the login and the wish for times into requests, sends them
 * again where the camera wants them otherwise, and hands on the answer to the last. Pure.
 */
import { WindhoverError } from '../../../runtime/node.ts';
import type { RtspLogin } from './login.ts';
import type { Reports } from './reports.ts';
import { RtspMessage } from './rtsp-messages.ts';
import type { Urls } from './urls.ts';

const REPLAY = 'onvif-replay';
const WITH_REPLAY: readonly string[] = ['SETUP', 'PLAY'];
/** Of requests that are not refused for what they require. */
const OTHER_REFUSALS: readonly number[] = [401, 403, 404];
const MOST_TRIES = 4;
/** Some cameras never answer what keeps the session alive. */
const MOST_PENDING = 32;

/** Where to a message goes on, or one in its place. */
export interface Passed {
  readonly toCamera?: Buffer;
  readonly toClient?: Buffer;
}

/** A request on its way. */
interface Asked {
  /** As the client wrote it, with the address of the camera. */
  readonly request: RtspMessage;
  readonly hasLogin: boolean;
  readonly requiresReplay: boolean;
  readonly tries: number;
}

interface Parts {
  readonly urls: Urls;
  readonly login: RtspLogin;
  readonly reports: Reports;
}

export class Dialogue {
  readonly #parts: Parts;
  /** By its number on the side of the camera, oldest first. */
  readonly #pending = new Map<string, Asked>();
  #sequence = 0;
  #requiresReplay = true;
  /** Reports in between would not be encrypted. */
  #isEncrypted = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  fromClient(message: RtspMessage): Passed {
    // It answers a request of the camera.
    if (message.status !== undefined) return { toCamera: message.bytes() };
    if (message.method === 'SETUP' && !/\binterleaved=/i.test(message.header('transport') ?? '')) {
      const headers = [['CSeq', message.header('cseq') ?? '']] as const;
      return { toClient: new RtspMessage('RTSP/1.0 461 Unsupported transport', headers).bytes() };
    }
    return this.#send(message.withUrl(this.#parts.urls.toCamera(message.url)), 1);
  }

  /** @throws WindhoverError `source_unreadable` */
  fromCamera(message: RtspMessage): Passed {
    const { status } = message;
    const asked = status === undefined ? undefined : this.#take(message.header('cseq'));
    if (status === undefined || !asked) return { toClient: message.bytes() };
    if (this.#isToTryAgain(message, status, asked)) return this.#send(asked.request, asked.tries + 1);
    if (status >= 300 && status < 400) throw redirected(status);
    if (status < 300) this.#learn(message, asked);
    return { toClient: this.#answer(message, asked).bytes() };
  }

  #send(request: RtspMessage, tries: number): Passed {
    const { method, url } = request;
    const sequence = String(++this.#sequence);
    const authorization = this.#parts.login.authorization(method, url);
    const requiresReplay = this.#requiresReplay && WITH_REPLAY.includes(method);
    this.#pending.set(sequence, { request, hasLogin: authorization !== undefined, requiresReplay, tries });
    const [oldest] = this.#pending.keys();
    if (this.#pending.size > MOST_PENDING && oldest !== undefined) this.#pending.delete(oldest);
    const sent = request.with('CSeq', sequence).with('Authorization', authorization);
    return { toCamera: (requiresReplay ? sent.with('Require', REPLAY) : sent).bytes() };
  }

  /** What is answered: by number, else the oldest, as some cameras count wrong. */
  #take(sequence = ''): Asked | undefined {
    const [oldest = ''] = this.#pending.keys();
    const key = this.#pending.has(sequence) ? sequence : oldest;
    const asked = this.#pending.get(key);
    this.#pending.delete(key);
    return asked;
  }

  #isToTryAgain(answer: RtspMessage, status: number, { hasLogin, requiresReplay, tries }: Asked): boolean {
    const { login } = this.#parts;
    if (status === 401) return login.challenged(answer.all('www-authenticate'), hasLogin) && tries < MOST_TRIES;
    if (hasLogin) login.accepted();
    const isRefused = status === 551 || status === 501 || (status >= 400 && status < 500);
    if (!requiresReplay || !isRefused || OTHER_REFUSALS.includes(status)) return false;
    this.#requiresReplay = false;
    return tries < MOST_TRIES;
  }

  #learn(answer: RtspMessage, { request }: Asked): void {
    if (request.method === 'DESCRIBE') this.#isEncrypted = /^a=crypto:/m.test(answer.body.toString('latin1'));
    if (request.method !== 'SETUP' || this.#isEncrypted) return;
    const channels = channelsOf(answer.header('transport')) ?? channelsOf(request.header('transport'));
    if (channels) this.#parts.reports.carries(...channels);
  }

  #answer(message: RtspMessage, { request }: Asked): RtspMessage {
    const { urls } = this.#parts;
    // The login is none of the client's business: it would try again without one.
    const kept = message.headers.filter(([name]) => name.toLowerCase() !== 'www-authenticate');
    const headers = kept.map(([name, value]) => [name, urls.headerToRelay(name, value)] as const);
    const sequence = request.header('cseq');
    const answer = new RtspMessage(message.startLine, headers, message.body).with('CSeq', sequence);
    if (request.method !== 'DESCRIBE' || message.body.length === 0) return answer;
    return answer.withBody(Buffer.from(urls.sdpToRelay(message.body.toString('latin1')), 'latin1'));
  }
}

/** Of RTP and of the reports about it. */
function channelsOf(transport = ''): [rtp: number, reports: number] | undefined {
  const [, rtp, reports] = /\binterleaved=(\d{1,3})(?:-(\d{1,3}))?/i.exec(transport) ?? [];
  const channels = [Number(rtp), Number(reports ?? Number(rtp) + 1)] as [number, number];
  return channels.every((channel) => channel <= 255) ? channels : undefined;
}

function redirected(status: number): WindhoverError {
  return new WindhoverError('source_unreadable', 'the server sends on to another address', {
    got: `RTSP status ${status}`,
    hint: 'with onvif_times that is not followed: write the other address as url',
  });
}
