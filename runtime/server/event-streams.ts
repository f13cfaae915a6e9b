/**
 * GET /events/stream and /sessions/{id}/events/stream: messages as server-sent events, for clients that only listen. Each
 * is a subscriber of the hub. A browser comes back by itself with the id of the last event, and gets those it missed.
 */
import type { Elysia } from 'elysia';
import type { Caller } from '../access/caller.ts';
import { WindhoverError } from '../errors.ts';
import type { Mark, Subscription } from '../hub/hub.ts';
import type { About, Answer, Message, Subscriber } from '../hub/message.ts';
import type { Sessions } from '../session/api.ts';
import { callerOf, seenBy } from './context.ts';
import { unknownSession } from './errors.ts';
import type { ServerLimits } from './limits.ts';
import { gapOf } from './topic-feed.ts';
import { sees } from './topic-socket.ts';
import { topicsNamed } from './topics.ts';
import { describe, ErrorSchema } from './views.ts';

const SWEEP_EVERY_MS = 1000;
const KEEP_ALIVE_MS = 15_000;
/** How soon a browser comes back. */
const RETRY_MS = 1000;
/** What may lie ready for the socket; more, and the client is behind. */
const READY_BYTES = 64 * 1024;
const HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' };

export class EventStreams {
  readonly #limits: ServerLimits;
  readonly #nowMs: () => number;
  readonly #streams = new Set<EventStream>();
  readonly #sweeper: ReturnType<typeof setInterval>;

  constructor(limits: ServerLimits, nowMs: () => number) {
    this.#limits = limits;
    this.#nowMs = nowMs;
    this.#sweeper = setInterval(() => {
      for (const stream of this.#streams) stream.sweep();
    }, SWEEP_EVERY_MS);
    this.#sweeper.unref();
  }

  get count(): number {
    return this.#streams.size;
  }

  /** @throws WindhoverError `too_many_clients` */
  open(sessions: Sessions, wanted: Wanted, after: Mark | undefined): Response {
    const { maxEventStreams } = this.#limits;
    if (this.#streams.size >= maxEventStreams) {
      throw new WindhoverError('too_many_clients', `Too many event streams: at most ${maxEventStreams} may be open`);
    }
    const stream = new EventStream({
      ...wanted,
      limits: this.#limits,
      nowMs: this.#nowMs,
      closed: () => this.#streams.delete(stream),
    });
    this.#streams.add(stream);
    const { epoch, seq } = sessions.hub.now;
    // After another run of the server, it has none of this one yet.
    const from = { epoch, seq: after ? (after.epoch === epoch ? Math.min(after.seq, seq) : 0) : seq };
    stream.begin(from, sessions.hub.subscribe(stream, after));
    return new Response(stream.body, { headers: HEADERS });
  }

  close(): void {
    clearInterval(this.#sweeper);
    for (const stream of [...this.#streams]) stream.close();
  }
}

interface Wanted {
  readonly sessionId?: string;
  readonly wants: (about: About) => boolean;
  /** Aborted when the client may see nothing more. */
  readonly ended: AbortSignal | null;
}

interface StreamParts extends Wanted {
  readonly limits: ServerLimits;
  readonly nowMs: () => number;
  readonly closed: () => void;
}

class EventStream implements Subscriber {
  readonly sessionId?: string;
  readonly isRecord = false;
  readonly isClient = true;
  readonly maxQueuedChars: number;
  readonly wants: (about: About) => boolean;
  readonly body: ReadableStream<Uint8Array>;
  readonly #parts: StreamParts;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #subscription: Subscription | undefined;
  #epoch = '';
  #sentMs: number;
  #behindSinceMs: number | undefined;

  constructor(parts: StreamParts) {
    this.#parts = parts;
    this.wants = parts.wants;
    this.maxQueuedChars = parts.limits.maxUnsentBytes;
    if (parts.sessionId !== undefined) this.sessionId = parts.sessionId;
    this.#sentMs = parts.nowMs();
    this.body = new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#subscription?.wake(),
        cancel: () => this.#gone(),
      },
      { highWaterMark: READY_BYTES, size: (chunk) => chunk?.byteLength ?? 0 },
    );
    parts.ended?.addEventListener('abort', this.#ended);
  }

  /** Says up to where the client has all events. */
  begin(from: Mark, subscription: Subscription): void {
    this.#subscription = subscription;
    this.#epoch = from.epoch;
    const gaps = subscription.missed.map((missed) => `event: gap\ndata: ${JSON.stringify(gapOf(missed))}\n\n`);
    this.#write(`retry: ${RETRY_MS}\nid: ${from.epoch}-${from.seq}\n\n${gaps.join('')}`);
  }

  deliver(messages: readonly Message[]): Answer {
    const nowMs = this.#parts.nowMs();
    if ((this.#controller?.desiredSize ?? 0) > 0) {
      this.#behindSinceMs = undefined;
      this.#write(messages.map((message) => this.#event(message)).join(''));
      return 'ok';
    }
    this.#behindSinceMs ??= nowMs;
    if (nowMs - this.#behindSinceMs < this.#parts.limits.unsentForMs) return 'behind';
    this.close();
    return 'gone';
  }

  /** Its session is over, or it is too slow. */
  dropped(): void {
    this.close();
  }

  sweep(): void {
    if (this.#behindSinceMs !== undefined) this.#subscription?.wake();
    else if (this.#parts.nowMs() - this.#sentMs >= KEEP_ALIVE_MS) this.#write(':\n\n');
  }

  close(): void {
    const controller = this.#controller;
    this.#gone();
    controller?.close();
  }

  /** Only events have an id: all that came before one of them have been sent. */
  #event({ json, keep, seq }: Message): string {
    return keep === 'every' ? `id: ${this.#epoch}-${seq}\ndata: ${json}\n\n` : `data: ${json}\n\n`;
  }

  #write(text: string): void {
    this.#sentMs = this.#parts.nowMs();
    this.#controller?.enqueue(Buffer.from(text));
  }

  readonly #ended = () => this.close();

  #gone(): void {
    this.#parts.ended?.removeEventListener('abort', this.#ended);
    this.#controller = undefined;
    this.#subscription?.end();
    this.#parts.closed();
  }
}

/** Adds the routes. @returns the streams */
export function addEventStreams(app: Elysia, sessions: Sessions, streams: EventStreams): EventStreams {
  const open = (request: Request, sessionId?: string) => {
    const caller = callerOf(request);
    const query = new URL(request.url).searchParams;
    const camera = query.get('camera_id');
    const asked = query.has('topics') ? topicsNamed(request.url, knownTopics(sessions, caller, sessionId)) : undefined;
    const wants = (about: About) => {
      if (about.sessionId === '' || !sees(caller, about)) return false;
      if (camera !== null && about.cameraId !== camera) return false;
      return asked?.has(about.topic) ?? sessions.topics(about.sessionId)[about.topic]?.keep === 'every';
    };
    const wanted = { wants, ended: caller.ended, ...(sessionId === undefined ? {} : { sessionId }) };
    return streams.open(sessions, wanted, readMark(request.headers.get('last-event-id')));
  };
  const answers = {
    200: { says: 'text/event-stream; each message is the data of an event. `gap`: events that are not to be had' },
    400: { says: 'Unknown topic', schema: ErrorSchema },
    503: { says: 'Too many streams', schema: ErrorSchema },
  };
  app.get('/events/stream', ({ request }) => open(request), {
    detail: {
      ...describe('Events of all sessions, as server-sent events', answers, { role: 'viewer' }),
      parameters: [TOPICS, { ...TOPICS, name: 'camera_id', schema: { type: 'string', description: 'Of one camera' } }],
    },
  });
  app.get(
    '/sessions/:id/events/stream',
    ({ params: { id }, request }) => {
      if (!sessions.get(id)) throw unknownSession();
      return open(request, id);
    },
    {
      detail: {
        ...describe(
          'Events of a session, as server-sent events',
          { ...answers, 404: { says: 'Unknown session', schema: ErrorSchema } },
          { role: 'viewer' },
        ),
        parameters: [TOPICS],
      },
    },
  );
  return streams;
}

const TOPICS = {
  name: 'topics',
  in: 'query',
  required: false,
  schema: { type: 'string', description: 'Names of topics, joined by commas; without it, all events and no states' },
} as const;

function knownTopics(sessions: Sessions, caller: Caller, sessionId: string | undefined) {
  const seen = () => seenBy(caller, sessions.list()).map(({ session_id }) => session_id);
  const ids = sessionId === undefined ? ['', ...seen()] : [sessionId];
  return Object.assign({}, ...ids.map((id) => sessions.topics(id)));
}

/** Of an id of ours; anything else is none. */
function readMark(text: string | null): Mark | undefined {
  const [, epoch, seq] = /^([0-9a-f]{1,64})-(\d{1,15})$/.exec(text ?? '') ?? [];
  return epoch === undefined ? undefined : { epoch, seq: Number(seq) };
}
