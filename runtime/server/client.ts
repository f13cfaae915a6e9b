/** One WebSocket client of one session: what it is sent, and whether it keeps up. */
import type { ServerWebSocket } from 'bun';
import type { SessionMessage } from '../session/api.ts';
import type { ServerLimits } from './limits.ts';
import { RateLimit } from './rate-limit.ts';
import { SlowClientWatch } from './slow-client.ts';

export type Socket = ServerWebSocket<Client>;

export class Client {
  readonly sessionId: string;
  /** Every message takes from the first, valid commands also from the second. */
  readonly messages: RateLimit;
  readonly commands: RateLimit;
  readonly #watch: SlowClientWatch;
  readonly #onTooSlow: (client: Client) => void;
  #socket: Socket | undefined;
  /** A tick was held back; the latest one is owed. */
  #tickDue = false;

  constructor(sessionId: string, limits: ServerLimits, onTooSlow: (client: Client) => void) {
    this.sessionId = sessionId;
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

  /** Sends the events, and the ticks unless the client is behind. One write for the lot. */
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
        if (message.topic === 'tick' && pace === 'behind') this.#tickDue = true;
        else if (socket.sendText(message.json) === 0) kept = false;
      }
    });
    if (!kept || this.#watch.step(nowMs, socket.getBufferedAmount()) === 'too_slow') this.#tooSlow();
  }

  /** Sends one message now: a reply, or the retained tick. */
  send(json: string): void {
    if (this.#socket?.sendText(json) === 0) this.#tooSlow();
  }

  /** Sends the tick that is owed, once the client is no longer behind. */
  catchUp(nowMs: number, latestTick: () => string | undefined): void {
    if (!this.#tickDue || !this.#socket) return;
    if (this.#watch.step(nowMs, this.#socket.getBufferedAmount()) !== 'keeps_up') return;
    this.#tickDue = false;
    const tick = latestTick();
    if (tick !== undefined) this.send(tick);
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
