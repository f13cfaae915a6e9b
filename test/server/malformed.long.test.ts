/**
 * 20,000 requests and messages with something wrong in them, to every route, over real sockets: none is an error of the
 * server, none ends a socket of another client, and memory does not grow with them.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { slope } from '../../bench/slope.ts';
import { modelInspector } from '../../runtime/cli/models/inspector.ts';
import { ModelStore } from '../../runtime/models/model-store.ts';
import type { Listening } from '../../runtime/server/app.ts';
import type { RouteDetail } from '../../runtime/server/views.ts';
import { GOOD } from '../graph/nodes.ts';
import { HistoryRig } from '../sinks/history/rig.ts';
import { ROOT } from '../support/command.ts';
import { Folder } from '../support/graphs.ts';
import { LONG_TEST_LIMIT_MS, until } from '../support/patience.ts';
import { bearer, type Guarded, MINE, Rigs } from './guarded.ts';
import { bodies, edits, frames, messages } from './malformed.ts';

/** Of each kind, in each round. */
const COUNTS = { requests: 500, bodies: 700, topics: 400, commands: 350, frames: 50 };
const ROUNDS = 10;
const AT_ONCE = 16;
/** What a message may leave behind, with the noise of a busy machine: one that is kept takes more. */
const MOST_HEAP_BYTES = 1024;
const MOST_RSS_BYTES = 8 * 1024;
const NO_LIMITS = { commandBurst: 1e6, writeBurst: 1e6, failedLoginBurst: 1e6, messageBurst: 1e6 };

const rigs = new Rigs();
const folder = new Folder();
const history = new HistoryRig({ file: folder.file('history.db') });
let rig: Guarded;
let server: Listening;
let token: string;

beforeAll(async () => {
  const surroundings = { root: ROOT, cwd: folder.path, env: {}, stdout: process.stdout, stderr: process.stderr };
  const models = new ModelStore(
    [folder.file('models'), join(folder.path, 'state', 'models')],
    modelInspector(surroundings),
  );
  const options = { hasSettings: true, limits: NO_LIMITS, models, history: () => history.history.reader };
  ({ rig, server } = await rigs.serving(options));
  token = rig.token('admin', 'admin');
});
afterAll(async () => {
  await rigs.end();
  await history[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

interface Route {
  readonly method: string;
  readonly path: string;
  /** A right body. */
  readonly example: unknown;
}

function routes(): Route[] {
  return rig.app.http.routes.map(({ method, path, hooks }) => {
    const { requestBody } = hooks.detail as RouteDetail;
    const [[type, { example }] = ['', { example: {} }]] = Object.entries(requestBody?.content ?? {});
    const isForm = type.startsWith('multipart');
    return { method, path, example: isForm ? FORM : type.includes('yaml') ? GOOD.replace('cam01', MINE) : example };
  });
}

const FORM = '--b\r\ncontent-disposition: form-data; name="file"; filename="a.onnx"\r\n\r\n\b\b:\r\n--b--\r\n';
const TYPES = ['application/json', 'application/yaml', 'multipart/form-data; boundary=b', 'text/plain', ''];

/** Names for the parameters of a path; what is there is not taken away. */
function pathOf({ method, path }: Route): fc.Arbitrary<string> {
  const there = method === 'DELETE' ? [] : [MINE, `s-${MINE}`];
  const names = fc.constantFrom(
    ...there,
    'nowhere',
    '%00',
    '%ff',
    '..%2f..',
    '__proto__',
    'a'.repeat(300),
    '%F0%9F%8C%B3',
  );
  return names.map((name) => path.replaceAll(/:\w+/g, name).replace('*', name));
}

const requests = () =>
  fc.constantFrom(...routes()).chain((route) =>
    pathOf(route).chain((path) => {
      const body = route.method === 'GET' ? '' : JSON.stringify(route.example ?? {});
      const more = body === '' ? '' : `Content-Length: ${body.length}\r\n`;
      const head = `Host: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n${more}`;
      return edits(`${route.method} ${path} HTTP/1.1\r\n${head}\r\n${body}`);
    }),
  );

/** Statuses by how often they came. */
const seen = new Map<number, number>();

test(
  'malformed requests and messages',
  async () => {
    const changing = routes().filter(({ method }) => method !== 'GET');
    expect(changing.length).toBeGreaterThan(20);
    const withBody = fc.constantFrom(...changing).chain((route) => {
      return fc.tuple(fc.constant(route.method), pathOf(route), bodies(route.example), fc.constantFrom(...TYPES));
    });
    const [topics, commands] = [await open('/ws'), await open(`/ws/sessions/s-${MINE}`)];
    const memory: { sent: number; heap: number; rss: number }[] = [];
    const perRound = Object.values(COUNTS).reduce((sum, count) => sum + count, 0);
    for (let round = 1; round <= ROUNDS; round++) {
      const some = <T>(arbitrary: fc.Arbitrary<T>, count: number) =>
        fc.sample(arbitrary, { numRuns: count, seed: round });
      await Promise.all([
        each(some(requests(), COUNTS.requests), (bytes) => raw(bytes)),
        each(some(withBody, COUNTS.bodies), ([method, path, body, type]) => ask(method, path, body, type)),
        each(some(fc.tuple(frames, fc.boolean()), COUNTS.frames), ([bytes, isKnown]) => raw(bytes, handshake(isKnown))),
        topics.tell(some(messages(`s-${MINE}`), COUNTS.topics)),
        commands.tell(some(messages(`s-${MINE}`), COUNTS.commands)),
      ]);
      // What the rig itself keeps.
      rig.entries.length = 0;
      rig.sessions.requests.length = 0;
      Bun.gc(true);
      const { heapUsed: heap, rss } = process.memoryUsage();
      memory.push({ sent: round * perRound, heap, rss });
    }
    expect(ROUNDS * perRound).toBe(20_000);
    expect([topics.closed, commands.closed]).toEqual([undefined, undefined]);
    expect(rig.lines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    // No `__proto__` of a body has become one.
    expect(Object.keys(Object.prototype)).toEqual([]);
    // The first rounds fill caches and compile.
    const of = (kind: 'heap' | 'rss') => slope(memory.slice(2).map((each) => ({ x: each.sent, y: each[kind] })));
    const [heap, rss] = [of('heap'), of('rss')];
    console.log(
      `each leaves ${heap.slope.toFixed(0)} ± ${heap.noise.toFixed(0)} bytes of heap, ` +
        `${rss.slope.toFixed(0)} ± ${rss.noise.toFixed(0)} of the process; answers ${JSON.stringify(Object.fromEntries(seen))}`,
    );
    expect(heap.slope).toBeLessThan(MOST_HEAP_BYTES);
    expect(rss.slope).toBeLessThan(MOST_RSS_BYTES);
  },
  LONG_TEST_LIMIT_MS,
);

/** A few at a time. */
async function each<T>(items: readonly T[], act: (item: T) => Promise<unknown>): Promise<void> {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await act(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** No errors of the server: one upload comes at a time, and Bun's own word on what is no HTTP. */
const FINE = new Set([503, 505]);

function note(status: number, what: () => string): void {
  seen.set(status, (seen.get(status) ?? 0) + 1);
  if (status >= 500 && !FINE.has(status)) throw new Error(`${status} for ${what()}`);
}

async function ask(method: string, path: string, body: Uint8Array<ArrayBuffer>, type: string): Promise<void> {
  const headers = { ...bearer(token), ...(type === '' ? {} : { 'content-type': type }) };
  const answer = await fetch(`${server.url}${path}`, { method, headers, body });
  const text = await answer.text();
  note(answer.status, () => `${method} ${path} ${type} ${Buffer.from(body).toString('latin1').slice(0, 300)}: ${text}`);
}

const handshake = (isKnown: boolean) =>
  `GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\n${isKnown ? `Authorization: Bearer ${token}\r\n` : ''}Upgrade: websocket\r\nConnection: Upgrade\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';

/** Sends bytes and the end, and reads what comes first; a stream that goes on is not read. */
function raw(bytes: Uint8Array, before = ''): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(server.port, '127.0.0.1', () => {
    if (before !== '') socket.write(before);
    socket.end(bytes);
  });
  let text = '';
  socket
    .on('data', (data) => {
      text += data.toString('latin1');
      if (before === '') resolve(text);
    })
    .on('close', () => resolve(text))
    // What is not read when the server closes: the connection is reset.
    .on('error', () => resolve(text));
  return promise.then((answer) => {
    socket.destroy();
    const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1];
    if (status !== undefined) note(Number(status), () => Buffer.from(bytes).toString('latin1'));
  });
}

/** A client that counts the replies to what it sends. */
async function open(path: string) {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`, ['windhover', `bearer.${token}`]);
  let [replies, sent] = [0, 0];
  const client = {
    closed: undefined as number | undefined,
    async tell(all: readonly (string | Uint8Array<ArrayBuffer>)[]): Promise<void> {
      for (const message of all) socket.send(message);
      sent += all.length;
      await until('all are answered', () => replies === sent || client.closed !== undefined);
    },
  };
  socket.onmessage = ({ data }) => {
    if (/^\{"type":"(ack|error|subscribed|unsubscribed|authorized)"/.test(String(data))) replies += 1;
  };
  socket.onclose = ({ code }) => {
    client.closed = code;
  };
  await until('open', () => socket.readyState === WebSocket.OPEN);
  return client;
}
