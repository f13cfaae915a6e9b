/** Test clients: a WebSocket that remembers, a raw TCP socket that never reads, and waiting with a deadline. */
import { connect, type Socket } from 'node:net';
import { SystemClock } from '../../runtime/clock.ts';
import { createApp, type Listening, listen } from '../../runtime/server/app.ts';
import type { ServerLimits } from '../../runtime/server/limits.ts';
import { until } from '../support/patience.ts';
import { FakeLog, FakeSessions } from './fake-sessions.ts';

export interface Rig extends AsyncDisposable {
  readonly sessions: FakeSessions;
  readonly log: FakeLog;
  readonly app: ReturnType<typeof createApp>;
  readonly server: Listening;
  /** A session that runs. */
  readonly id: string;
}

/** A server on a free port with one session; stops with `await using`. */
export function startRig(limits: Partial<ServerLimits> = {}): Rig {
  const sessions = new FakeSessions();
  const log = new FakeLog();
  const app = createApp({ sessions, version: '0.0.1', clock: new SystemClock(), log, limits });
  const server = listen(app, { host: '127.0.0.1', port: 0 });
  const id = sessions.create().view.session_id;
  return { sessions, log, app, server, id, [Symbol.asyncDispose]: () => server.stop() };
}

export class TestClient {
  readonly received: string[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = (event) => this.received.push(String(event.data));
    socket.onclose = (event) => {
      this.closed = { code: event.code, reason: event.reason };
    };
  }

  /** @param query such as `?topics=ptz` */
  static async open(rig: Rig, id = rig.id, query = ''): Promise<TestClient> {
    const socket = new WebSocket(`${rig.server.url.replace('http', 'ws')}/ws/sessions/${id}${query}`);
    const client = new TestClient(socket);
    await until('open', () => socket.readyState === WebSocket.OPEN);
    return client;
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(data);
  }

  /** Sends a message and gives the next reply (ticks and events aside), parsed. */
  async ask(data: string | Uint8Array<ArrayBuffer>): Promise<unknown> {
    const before = this.#replies().length;
    this.send(data);
    await until(`reply to ${String(data).slice(0, 40)}`, () => this.#replies().length > before);
    return JSON.parse(this.#replies()[before] ?? 'null');
  }

  close(): void {
    this.#socket.close();
  }

  #replies(): string[] {
    return this.received.filter((json) => json.startsWith('{"type":"ack"') || json.startsWith('{"type":"error"'));
  }
}

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** Completes the handshake and then reads nothing until `read` is called. */
export class SilentClient {
  readonly #socket: Socket;
  #bytes: Buffer[] = [];
  gone = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#bytes.push(Buffer.from(chunk)));
    socket.on('error', () => {
      this.gone = true;
    });
    socket.on('close', () => {
      this.gone = true;
    });
  }

  static async open(rig: Rig, query = ''): Promise<SilentClient> {
    const socket = connect({ host: '127.0.0.1', port: rig.server.port });
    const client = new SilentClient(socket);
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    const before = rig.app.clients.stats().connected;
    const lines = [
      `GET /ws/sessions/${rig.id}${query} HTTP/1.1`,
      'Host: x',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Key: ${KEY}`,
      'Sec-WebSocket-Version: 13',
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    socket.pause();
    await until('silent client connected', () => rig.app.clients.stats().connected > before);
    return client;
  }

  /** Starts reading. */
  read(): void {
    this.#socket.resume();
  }

  /** All bytes so far as text. */
  text(): string {
    return Buffer.concat(this.#bytes).toString('latin1');
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
