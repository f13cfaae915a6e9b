/** A server that checks tokens, over two cameras: `mine`, which some tokens see alone, and `other`. */
import { Access } from '../../runtime/access/access.ts';
import { type AuditEntry, AuditLog } from '../../runtime/access/audit.ts';
import type { Role } from '../../runtime/access/caller.ts';
import { createToken } from '../../runtime/access/tokens.ts';
import { createLog, type Log } from '../../runtime/log.ts';
import { type App, type AppOptions, createApp, type Listening, listen } from '../../runtime/server/app.ts';
import { addReplay, type ReplayView } from '../../runtime/server/replay.ts';
import { Rig } from '../catalog/rig.ts';
import { GOOD } from '../graph/nodes.ts';
import { Folder } from '../support/graphs.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { until } from '../support/patience.ts';
import { FakeSessions } from './fake-sessions.ts';

export const MINE = 'mine';
export const OTHER = 'other';
const FILES = { 'mine.yaml': GOOD.replace('cam01', MINE), 'other.yaml': GOOD.replace('cam01', OTHER) };

export interface Guarded extends AsyncDisposable {
  readonly app: App;
  readonly access: Access;
  readonly clock: ManualClock;
  readonly sessions: FakeSessions;
  /** Where tokens, the key and the audit log are. */
  readonly folder: string;
  /** Lines of the log. */
  readonly lines: string[];
  readonly entries: AuditEntry[];
  /** Makes a token. */
  token(name: string, role: Role, more?: { cameras?: string[] | null; expiresUnixMs?: number }): string;
  /** A request of a client, with both sessions running. */
  ask(method: string, path: string, options?: { headers?: Record<string, string>; body?: string }): Promise<Response>;
}

export interface GuardedOptions extends Partial<AppOptions> {
  readonly mayBeOpen?: boolean;
  /** With a catalog, whose settings are shown. */
  readonly hasSettings?: boolean;
}

/** Its rate limits are out of the way unless a test sets some. */
export async function guarded(options: GuardedOptions = {}): Promise<Guarded> {
  const { mayBeOpen = false, hasSettings = false, ...more } = options;
  const rig = hasSettings ? await Rig.start({ files: FILES }) : undefined;
  const ownFolder = new Folder();
  const clock = new ManualClock();
  const lines: string[] = [];
  const log: Log = createLog({ write: (line) => lines.push(line), pretty: false });
  const folder = ownFolder.file('access');
  const access = new Access({ folder, mayBeOpen, clock, log });
  const entries: AuditEntry[] = [];
  const audit = new AuditLog({ file: `${folder}/audit.jsonl`, clock, log });
  audit.onAudit((entry) => entries.push(entry));
  const sessions = new FakeSessions([MINE, OTHER], log);
  const limits = { writeBurst: 1e6, commandBurst: 1e6, failedLoginBurst: 1e6 };
  const app = createApp({
    sessions,
    ...(rig ? { catalog: rig.catalog } : {}),
    version: '1',
    clock,
    log,
    limits,
    access,
    audit,
    ...more,
  });
  addReplay(app.http, { view: () => ({}) as ReplayView, change: () => undefined, video: null });
  return {
    ...{ app, access, clock, sessions, folder, lines, entries },
    token: (name, role, { cameras = null, expiresUnixMs } = {}) =>
      createToken(folder, {
        ...{ name, role, cameras, created_unix_ms: clock.unixMs(), expires_unix_ms: expiresUnixMs ?? null },
      }),
    ask: async (method, path, { headers = {}, body } = {}) => {
      for (const camera of [MINE, OTHER]) sessions.create(camera);
      const init = { method, headers, ...(body === undefined ? {} : { body }) };
      return begun(await app.handle(new Request(`http://localhost${path}`, init)));
    },
    [Symbol.asyncDispose]: async () => {
      access.close();
      ownFolder[Symbol.dispose]();
      await rig?.[Symbol.asyncDispose]();
    },
  };
}

/** Of an answer without end, what it begins with. */
async function begun(answer: Response): Promise<Response> {
  if (answer.headers.get('content-type') !== 'text/event-stream') return answer;
  const reader = answer.body?.getReader();
  const first = await reader?.read();
  await reader?.cancel();
  return new Response(first?.value, answer);
}

export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

/** Of a test file: rigs and servers that end with each test. */
export class Rigs {
  readonly #open: AsyncDisposable[] = [];

  async of(options: GuardedOptions = {}): Promise<Guarded> {
    const rig = await guarded(options);
    this.#open.push(rig);
    return rig;
  }

  /** The same on a port, with both sessions running. */
  async serving(options: GuardedOptions = {}) {
    const rig = await this.of(options);
    for (const camera of [MINE, OTHER]) rig.sessions.create(camera);
    const server = listen(rig.app, { host: '127.0.0.1', port: 0 });
    this.#open.unshift({ [Symbol.asyncDispose]: () => server.stop() });
    const socket = (path: string, token: string) => new TokenSocket(server, path, token);
    return { rig, server, socket };
  }

  async end(): Promise<void> {
    for (const each of this.#open.splice(0)) await each[Symbol.asyncDispose]();
  }
}

/** A socket that remembers, opened with a subprotocol that holds the token; without one when that is empty. */
export class TokenSocket {
  readonly received: string[] = [];
  closed: { code: number; reason: string } | undefined;
  readonly #socket: WebSocket;

  constructor(server: Listening, path: string, token: string) {
    const protocols = token === '' ? [] : ['windhover', `bearer.${token}`];
    this.#socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`, protocols);
    this.#socket.onmessage = ({ data }) => this.received.push(String(data));
    this.#socket.onclose = ({ code, reason }) => {
      this.closed = { code, reason };
    };
  }

  /** False: refused. */
  async opened(): Promise<boolean> {
    await until('open or refused', () => this.#socket.readyState === WebSocket.OPEN || this.closed !== undefined);
    return this.closed === undefined;
  }

  send(message: object | string | Uint8Array<ArrayBuffer>): void {
    const isRaw = typeof message === 'string' || message instanceof Uint8Array;
    this.#socket.send(isRaw ? message : JSON.stringify(message));
  }

  close(): void {
    this.#socket.close();
  }

  /** Waits until the server has closed it. */
  async ended(): Promise<{ code: number; reason: string } | undefined> {
    await until('closed', () => this.closed !== undefined);
    return this.closed;
  }

  async ask(message: object): Promise<unknown> {
    const before = this.received.length;
    this.send(message);
    await until('a reply', () => this.received.length > before);
    return JSON.parse(this.received[before] ?? '');
  }
}
