/** One WebSocket client: a subscriber of the hub that watches whether it keeps up. What passes is up to its feed. */
import type { ServerWebSocket } from 'bun';
import type { Caller } from '../access/caller.ts';
import type { Subscription } from '../hub/hub.ts';
import type { About, Answer, Message, Subscriber } from '../hub/message.ts';
import { RateLimit } from '../rate-limit.ts';
import type { RequestContext } from './context.ts';
import type { ServerLimits } from './limits.ts';
import { SlowClientWatch } from './slow-client.ts';

export type Socket = ServerWebSocket<unknown>;

/** Carries out a command for a session. */
export type Command = (sessionId: string, text: string | Uint8Array) => Promise<object>;

/** Of a batch: what is sent now, and messages that come later. */
export interface Selected {
  readonly texts: readonly string[];
  readonly held: readonly Message[];
}

/** What passes on a client's socket, and in which form. */
export interface ClientFeed {
  /** Its messages alone; the socket is closed when it is over. */
  readonly sessionId?: string;
  /** These topics alone. */
  readonly topics?: ReadonlySet<string>;
  wants?(about: About): boolean;
  opened?(subscription: Subscription, send: (text: string) => void): void;
  closed?(): void;
  select(messages: readonly Message[], nowMs: number): Selected;
  /** The reply to a message of the client. */
  receive(text: string | Uint8Array, command: Command): Promise<object>;
}

/** All messages of one session, as they are. */
export class SessionFeed implements ClientFeed {
  readonly sessionId: string;
  readonly topics: ReadonlySet<string>;

  /** @param topics what the client asked for; nothing else is sent */
  constructor(sessionId: string, topics: ReadonlySet<string>) {
    this.sessionId = sessionId;
    this.topics = topics;
  }

  select(messages: readonly Message[]): Selected {
    return { texts: messages.map(({ json }) => json), held: [] };
  }

  receive(text: string | Uint8Array, command: Command): Promise<object> {
    return command(this.sessionId, text);
  }
}

export interface ClientParts {
  readonly feed: ClientFeed;
  readonly caller: Caller;
  readonly from: Pick<RequestContext, 'id' | 'address'>;
  readonly limits: ServerLimits;
  /** Time in which this process was awake. */
  readonly nowMs: () => number;
  readonly onTooSlow: (client: Client) => void;
}

export class Client implements Subscriber {
  readonly feed: ClientFeed;
  readonly id = crypto.randomUUID();
  readonly sessionId?: string;
  readonly topics?: ReadonlySet<string>;
  readonly isRecord = false;
  readonly isClient = true;
  readonly maxQueuedChars: number;
  readonly caller: Caller;
  /** Of the handshake. */
  readonly requestId: string;
  readonly address: string | null;
  readonly messages: RateLimit;
  /** Messages so far. */
  received = 0;
  readonly #parts: ClientParts;
  readonly #watch: SlowClientWatch;
  #socket: Socket | undefined;
  #subscription: Subscription | undefined;
  /** Resolves when every reply so far is out. */
  #replied: Promise<void> = Promise.resolve();

  constructor(parts: ClientParts) {
    const { feed, limits } = parts;
    this.feed = feed;
    if (feed.sessionId !== undefined) this.sessionId = feed.sessionId;
    if (feed.topics) this.topics = feed.topics;
    this.maxQueuedChars = limits.maxUnsentBytes;
    this.messages = new RateLimit(limits.messagesPerS, limits.messageBurst);
    this.caller = parts.caller;
    ({ id: this.requestId, address: this.address } = parts.from);
    this.#parts = parts;
    this.#watch = new SlowClientWatch(limits);
  }

  wants(about: About): boolean {
    return this.feed.wants?.(about) ?? true;
  }

  opened(socket: Socket): void {
    this.#socket = socket;
    const { ended } = this.caller;
    if (ended?.aborted) this.#ended();
    else ended?.addEventListener('abort', this.#ended);
  }

  /** Sends to it from now on, until `gone` or `close`. */
  subscribed(subscription: Subscription): void {
    this.#subscription = subscription;
    this.feed.opened?.(subscription, (text) => this.#sendText(text));
  }

  /** The socket is closed, by whomever. */
  gone(): void {
    this.caller.ended?.removeEventListener('abort', this.#ended);
    this.#socket = undefined;
    this.#subscription?.end();
    this.feed.closed?.();
  }

  /** One write for the lot. */
  deliver(messages: readonly Message[]): Answer {
    const socket = this.#socket;
    if (!socket) return 'gone';
    const nowMs = this.#parts.nowMs();
    const pace = this.#watch.step(nowMs, socket.getBufferedAmount());
    if (pace === 'behind') return 'behind';
    let isSent = pace === 'keeps_up';
    let held: readonly Message[] = [];
    if (isSent) {
      const selected = this.feed.select(messages, nowMs);
      held = selected.held;
      socket.cork(() => {
        for (const text of selected.texts) if (socket.sendText(text) === 0) isSent = false;
      });
    }
    if (isSent && this.#watch.step(nowMs, socket.getBufferedAmount()) !== 'too_slow') return held;
    this.#tooSlow();
    return 'gone';
  }

  dropped(why: Parameters<NonNullable<Subscriber['dropped']>>[0]): void {
    if (why === 'session_over') this.close(1000, 'session ended');
    else this.#tooSlow();
  }

  /** Sends a reply once it is there, after those to earlier messages. */
  reply(reply: Promise<object>): void {
    this.#replied = this.#replied.then(async () => this.#sendText(JSON.stringify(await reply)));
  }

  /** Sends what waits, if it is no longer behind. */
  wake(): void {
    this.#subscription?.wake();
  }

  /** Called at a steady rate: closes a client that is too slow, pings one that is not. */
  sweep(): void {
    const socket = this.#socket;
    if (!socket) return;
    const [nowMs, unsent] = [this.#parts.nowMs(), socket.getBufferedAmount()];
    if (this.#watch.step(nowMs, unsent) === 'too_slow') {
      this.#tooSlow();
      return;
    }
    const ping = unsent === 0 ? this.#watch.pingDue(nowMs) : undefined;
    if (ping !== undefined) socket.ping(ping);
    this.wake();
  }

  pong(payload: string): void {
    this.#watch.pong(payload);
    this.wake();
  }

  /** Sends a close frame behind what is unsent. Bun drops the socket hard if that takes long (see limits.ts). */
  close(code: number, reason: string): void {
    const socket = this.#socket;
    this.gone();
    socket?.close(code, reason);
  }

  /** What its caller was allowed is over. */
  readonly #ended = () => this.close(1008, String(this.caller.ended?.reason));

  #sendText(text: string): void {
    if (this.#socket?.sendText(text) === 0) this.#tooSlow();
  }

  #tooSlow(): void {
    if (!this.#socket) return;
    this.close(1001, 'client too slow');
    this.#parts.onTooSlow(this);
  }
}
