/** One WebSocket client of one session: what it is sent, and whether it keeps up. */
import type { ServerWebSocket } from 'bun';
import type { Reply } from '../../schemas/index.ts';
import type { SessionMessage } from '../session/api.ts';
import type { ServerLimits } from './limits.ts';
import { RateLimit } from './rate-limit.ts';
import { SlowClientWatch } from './slow-client.ts';
import { isLatestWins, type Topic, topicOf } from './topics.ts';

export type Socket = ServerWebSocket<Client>;

export class Client {
  readonly sessionId: string;
  /** What it asked for; nothing else is sent. */
  readonly topics: ReadonlySet<Topic>;
  /** Every message takes from the first, valid commands also from the second. */
  readonly messages: RateLimit;
  readonly commands: RateLimit;
  readonly #watch: SlowClientWatch;
  readonly #onTooSlow: (client: Client) => void;
  #socket: Socket | undefined;
  /** Resolves when every reply so far is out. */
  #replied: Promise<void> = Promise.resolve();
  /** Topics of which a message was held back: the latest one is owed. */
  readonly #due = new Set<Topic>();

  constructor(
    sessionId: string,
    topics: ReadonlySet<Topic>,
    limits: ServerLimits,
    onTooSlow: (client: Client) => void,
  ) {
    this.sessionId = sessionId;
    this.topics = topics;
    this.messages = new RateLimit(limits.messagesPerS, limits.messageBurst);
    this.commands = new RateLimit(limits.commandsPerS, limits.commandBurst);
    this.#watch = new SlowClientWatch(limits);
    this.#onTooSlow = onTooSlow;
  }

  opened(socket: Socket): void {
    this.#socket = socket;
  }

  /** The socket is closed, by whomever. */
  gone(): void {
    this.#socket = undefined;
  }

  /** Sends the events, and ticks and states unless the client is behind. One write for the lot. */
  deliver(messages: readonly SessionMessage[], nowMs: number): void {
    const socket = this.#socket;
    const pace = this.#watch.step(nowMs, socket?.getBufferedAmount() ?? 0);
    if (!socket || pace === 'too_slow') {
      this.#tooSlow();
      return;
    }
    let kept = true;
    socket.cork(() => {
      for (const message of messages) {
        const topic = topicOf(message);
        if (!this.topics.has(topic)) continue;
        if (pace === 'behind' && isLatestWins(topic)) this.#due.add(topic);
        else {
          this.#due.delete(topic);
          if (socket.sendText(message.json) === 0) kept = false;
        }
      }
    });
    if (!kept || this.#watch.step(nowMs, socket.getBufferedAmount()) === 'too_slow') this.#tooSlow();
  }

  /** Sends one message now: a reply, or one that is retained. */
  send(json: string): void {
    if (this.#socket?.sendText(json) === 0) this.#tooSlow();
  }

  /** Sends a reply once it is there, after those to earlier messages. */
  reply(reply: Promise<Reply>): void {
    this.#replied = this.#replied.then(async () => this.send(JSON.stringify(await reply)));
  }

  /** Sends what is owed, once the client is no longer behind. */
  catchUp(nowMs: number, latest: (topic: Topic) => string | undefined): void {
    if (this.#due.size === 0 || !this.#socket) return;
    if (this.#watch.step(nowMs, this.#socket.getBufferedAmount()) !== 'keeps_up') return;
    const due = [...this.#due];
    this.#due.clear();
    for (const topic of due) {
      const json = latest(topic);
      if (json !== undefined) this.send(json);
    }
  }

  /** Called at a steady rate: closes a client that is too slow, pings one that is not. */
  sweep(nowMs: number): void {
    const socket = this.#socket;
    if (!socket) return;
    const unsent = socket.getBufferedAmount();
    if (this.#watch.step(nowMs, unsent) === 'too_slow') {
      this.#tooSlow();
      return;
    }
    const ping = unsent === 0 ? this.#watch.pingDue(nowMs) : undefined;
    if (ping !== undefined) socket.ping(ping);
  }

  pong(payload: string): void {
    this.#watch.pong(payload);
  }

  /** Sends a close frame behind what is unsent. Bun drops the socket hard if that takes long (see limits.ts). */
  close(code: number, reason: string): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close(code, reason);
  }

  #tooSlow(): void {
    if (!this.#socket) return;
    this.close(1001, 'client too slow');
    this.#onTooSlow(this);
  }
}
