/** A client of `/ws` that remembers what it gets, and comes back with the number of the last message it has. */
import type { Json } from '../../schemas/delta.ts';
import { applyDelta } from '../../schemas/delta.ts';
import type { Gap, TopicMessage } from '../../schemas/topic-messages.ts';
import { until } from '../support/patience.ts';
import type { Rig } from './clients.ts';

export interface Taken {
  readonly topic: string;
  readonly seq: number;
  /** The message, made whole again. */
  readonly json: string;
  readonly isDelta: boolean;
  readonly bytes: number;
}

export class TopicClient {
  readonly taken: Taken[] = [];
  readonly replies: unknown[] = [];
  readonly gaps: Gap[] = [];
  since: { epoch: string; seq: number } | undefined;
  closed: number | undefined;
  readonly #before = new Map<string, { seq: number; value: Json }>();
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#take(String(data));
    socket.onclose = ({ code }) => {
      this.closed = code;
    };
  }

  static async open(rig: Pick<Rig, 'server'>): Promise<TopicClient> {
    const socket = new WebSocket(`${rig.server.url.replace('http', 'ws')}/ws`);
    const client = new TopicClient(socket);
    await until('open', () => socket.readyState === WebSocket.OPEN);
    return client;
  }

  /** Sends a message and gives the reply. */
  async ask(message: unknown): Promise<unknown> {
    const before = this.replies.length;
    this.send(typeof message === 'string' ? message : JSON.stringify(message));
    await until(`reply to ${String(JSON.stringify(message)).slice(0, 80)}`, () => this.replies.length > before);
    return this.replies[before];
  }

  subscribe(topics: readonly string[], more: object = {}): Promise<unknown> {
    return this.ask({ type: 'subscribe', topics, ...more });
  }

  send(text: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(text);
  }

  close(): void {
    this.#socket.close();
  }

  /** `topic json`, in order. */
  lines(): string[] {
    return this.taken.map(({ topic, json }) => `${topic} ${json}`);
  }

  #take(text: string): void {
    const message: TopicMessage | { type: 'ack' } = JSON.parse(text);
    if ('type' in message) {
      if (message.type === 'gap') this.gaps.push(message);
      else this.replies.push(message);
      if (message.type === 'subscribed') this.since = { epoch: message.epoch, seq: message.seq };
      return;
    }
    const { topic, seq } = message;
    const before = this.#before.get(topic);
    if ('base' in message && before?.seq !== message.base) throw new Error(`no base for ${text}`);
    const value = 'base' in message ? applyDelta(before?.value, message.delta as Json) : (message.message as Json);
    this.#before.set(topic, { seq, value });
    this.taken.push({ topic, seq, json: JSON.stringify(value), isDelta: 'base' in message, bytes: text.length });
    if (this.since) this.since = { ...this.since, seq: Math.max(this.since.seq, seq) };
  }
}
