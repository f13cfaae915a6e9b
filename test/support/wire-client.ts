/** A WebSocket client of a real server, that remembers and understands what it gets. */
import type { MetadataTick, TrackEvent } from '../../schemas/index.ts';
import { PATIENCE_MS, until } from './patience.ts';

export class WireClient implements Disposable {
  readonly ticks: MetadataTick[] = [];
  readonly events: TrackEvent[] = [];
  readonly replies: unknown[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#take(JSON.parse(String(data)));
    socket.onclose = ({ code, reason }) => {
      this.closed = { code, reason };
    };
  }

  /** @param url of the server, `http://…` */
  static async open(url: string, session: string): Promise<WireClient> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/sessions/${session}`);
    const client = new WireClient(socket);
    await until('WebSocket open', () => socket.readyState === WebSocket.OPEN);
    return client;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  /** Sends a command and gives the reply. */
  async ask(command: unknown): Promise<unknown> {
    const before = this.replies.length;
    this.send(JSON.stringify(command));
    await until(`reply to ${JSON.stringify(command)}`, () => this.replies.length > before);
    return this.replies[before];
  }

  /** Waits for the next tick that is so. */
  async tick(what: string, matches: (tick: MetadataTick) => boolean, deadlineMs = PATIENCE_MS): Promise<MetadataTick> {
    const from = this.ticks.length;
    const find = () => this.ticks.slice(from).find(matches);
    await until(what, () => find() !== undefined, deadlineMs);
    return find() ?? this.#none(what);
  }

  /** Ids of tracks whose `new` was seen and whose `end` was not. */
  openTracks(): number[] {
    const ended = new Set(this.events.filter(({ event }) => event === 'end').map(({ after }) => after.id));
    return this.events
      .filter(({ event, after }) => event === 'new' && !ended.has(after.id))
      .map(({ after }) => after.id);
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  #take(message: { type: string }): void {
    if (message.type === 'metadata_tick') this.ticks.push(message as MetadataTick);
    else if (message.type === 'track_event') this.events.push(message as TrackEvent);
    else this.replies.push(message);
  }

  #none(what: string): never {
    throw new Error(`no tick: ${what}`);
  }
}
