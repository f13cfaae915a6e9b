/** One WebSocket client of one session: a subscriber of the hub that watches whether it keeps up. */
import type { ServerWebSocket } from 'bun';
import type { Reply } from '../../schemas/index.ts';
import type { Subscription } from '../hub/hub.ts';
import type { Answer, Message, Subscriber } from '../hub/message.ts';
import { RateLimit } from '../rate-limit.ts';
import type { ServerLimits } from './limits.ts';
import { SlowClientWatch } from './slow-client.ts';

export type Socket = ServerWebSocket<Client>;

export interface ClientParts {
  readonly sessionId: string;
  /** What it asked for; nothing else is sent. */
  readonly topics: ReadonlySet<string>;
  readonly limits: ServerLimits;
  /** Time in which this process was awake. */
  readonly nowMs: () => number;
  readonly onTooSlow: (client: Client) => void;
}

export class Client implements Subscriber {
  readonly sessionId: string;
  readonly topics: ReadonlySet<string>;
  readonly isRecord = false;
  readonly maxQueuedChars: number;
  /** Every message takes from the first, valid commands also from the second. */
  readonly messages: RateLimit;
  readonly commands: RateLimit;
  readonly #parts: ClientParts;
  readonly #watch: SlowClientWatch;
  #socket: Socket | undefined;
  #subscription: Subscription | undefined;
  /** Resolves when every reply so far is out. */
  #replied: Promise<void> = Promise.resolve();

  constructor(parts: ClientParts) {
    const { limits } = parts;
    this.sessionId = parts.sessionId;
    this.topics = parts.topics;
    this.maxQueuedChars = limits.maxUnsentBytes;
    this.messages = new RateLimit(limits.messagesPerS, limits.messageBurst);
    this.commands = new RateLimit(limits.commandsPerS, limits.commandBurst);
    this.#parts = parts;
    this.#watch = new SlowClientWatch(limits);
  }

  opened(socket: Socket): void {
    this.#socket = socket;
  }

  /** Sends to it from now on, until `gone` or `close`. */
  subscribed(subscription: Subscription): void {
    this.#subscription = subscription;
  }

  /** The socket is closed, by whomever. */
  gone(): void {
    this.#socket = undefined;
    this.#subscription?.end();
  }

  /** One write for the lot. */
  deliver(messages: readonly Message[]): Answer {
    const socket = this.#socket;
    if (!socket) return 'gone';
    const nowMs = this.#parts.nowMs();
    const pace = this.#watch.step(nowMs, socket.getBufferedAmount());
    if (pace === 'behind') return 'behind';
    let isSent = pace === 'keeps_up';
    if (isSent) {
      socket.cork(() => {
        for (const { json } of messages) if (socket.sendText(json) === 0) isSent = false;
      });
    }
    if (isSent && this.#watch.step(nowMs, socket.getBufferedAmount()) !== 'too_slow') return 'ok';
    this.#tooSlow();
    return 'gone';
  }

  dropped(why: Parameters<NonNullable<Subscriber['dropped']>>[0]): void {
    if (why === 'session_over') this.close(1000, 'session ended');
    else this.#tooSlow();
  }

  /** Sends a reply once it is there, after those to earlier messages. */
  reply(reply: Promise<Reply>): void {
    this.#replied = this.#replied.then(async () => {
      const json = JSON.stringify(await reply);
      if (this.#socket?.sendText(json) === 0) this.#tooSlow();
    });
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

  #tooSlow(): void {
    if (!this.#socket) return;
    this.close(1001, 'client too slow');
    this.#parts.onTooSlow(this);
  }
}
