/** Server-sent events through real sockets: what comes, coming back, slow clients. */
import { expect, test } from 'bun:test';
import { connect } from 'node:net';
import { until } from '../support/patience.ts';
import { type Rig, startRig } from './clients.ts';
import { event, state, tick } from './numbered.ts';

/** Reads a stream as a browser does. */
class EventClient {
  readonly data: string[] = [];
  readonly gaps: unknown[] = [];
  readonly ends: unknown[] = [];
  text = '';
  lastId: string | undefined;
  isOver = false;
  readonly #abort = new AbortController();

  static async open(rig: Rig, path: string, lastId?: string): Promise<EventClient> {
    const client = new EventClient();
    const headers: Record<string, string> = lastId === undefined ? {} : { 'last-event-id': lastId };
    const answer = await fetch(`${rig.server.url}${path}`, { headers, signal: client.#abort.signal });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    // A server that stops, and this client itself, cut the connection.
    client.#read(answer.body as ReadableStream<Uint8Array>).catch((error) => client.ends.push(error));
    await until('the first id', () => client.lastId !== undefined);
    return client;
  }

  close(): void {
    this.#abort.abort();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of body) this.#take(decoder.decode(chunk, { stream: true }));
    } finally {
      this.isOver = true;
    }
  }

  #take(text: string): void {
    this.text += text;
    const blocks = this.text.split('\n\n');
    this.text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(block.split('\n').map((line) => [line.split(': ')[0] ?? '', line.replace(/^\w+: /, '')]));
      this.lastId = fields.get('id') ?? this.lastId;
      const data = fields.get('data');
      if (data === undefined) continue;
      if (fields.get('event') === 'gap') this.gaps.push(JSON.parse(data));
      else this.data.push(data);
    }
  }
}

test.each([
  ['/events/stream', [1, 3]],
  ['/events/stream?camera_id=cam_02', [3]],
  ['/events/stream?topics=tracks,ptz', [1, 2, 3]],
  ['/sessions/s-cam_01/events/stream', [1]],
  ['/sessions/s-cam_01/events/stream?topics=tick', [0, 4]],
])('%s', async (path, wanted) => {
  await using rig = startRig();
  rig.sessions.create('cam_02');
  rig.sessions.emit(rig.id, 'tick', tick(0));
  const client = await EventClient.open(rig, path);
  rig.sessions.emit(rig.id, 'tracks', event(1));
  rig.sessions.emit(rig.id, 'ptz', state(2));
  rig.sessions.emit('s-cam_02', 'tracks', event(3));
  rig.sessions.emit(rig.id, 'tick', tick(4));
  const made = [tick(0), event(1), state(2), event(3), tick(4)];
  await until('all', () => client.data.length === wanted.length);
  expect(client.data).toEqual(wanted.map((n) => made[n] ?? ''));
});

test('one that comes back with the last id has each event once and in order; of what is gone, the number', async () => {
  await using rig = startRig();
  const told: string[] = [];
  const taken: string[] = [];
  let lastId: string | undefined;
  for (let visit = 0; visit < 20; visit++) {
    const client = await EventClient.open(rig, '/events/stream', lastId);
    for (let n = 0; n < 10; n++) {
      told.push(event(told.length));
      rig.sessions.emit(rig.id, 'tracks', told.at(-1) ?? '');
    }
    if (visit % 2 === 1) await until('some', () => client.data.length > 0);
    if (visit === 19) await until('the last', () => client.data.at(-1) === told.at(-1));
    // Whatever has come by now; the rest comes again.
    taken.push(...client.data);
    lastId = client.lastId;
    client.close();
  }
  expect(taken).toEqual(told);
  for (let n = 0; n < 6000; n++) rig.sessions.emit(rig.id, 'tracks', event(1000 + n));
  const late = await EventClient.open(rig, '/events/stream', lastId);
  await until('the rest', () => late.data.at(-1) === event(6999));
  expect(late.gaps).toEqual([{ type: 'gap', topic: `sessions/${rig.id}/tracks`, missed: 6000 - late.data.length }]);
  await using other = startRig();
  const elsewhere = await EventClient.open(other, '/events/stream', lastId);
  other.sessions.emit(other.id, 'tracks', event(1));
  await until('an event', () => elsewhere.data.length === 1);
  expect([elsewhere.gaps, elsewhere.lastId?.split('-')[1]]).toEqual([[{ type: 'gap', missed: null }], '1']);
});

test('a stream ends with its session, with the server, and is refused when there are too many', async () => {
  await using rig = startRig({ maxEventStreams: 2 });
  const [own, all] = [
    await EventClient.open(rig, `/sessions/${rig.id}/events/stream`),
    await EventClient.open(rig, '/events/stream', 'not an id'),
  ];
  expect((await fetch(`${rig.server.url}/events/stream`)).status).toBe(503);
  expect((await fetch(`${rig.server.url}/sessions/nope/events/stream`)).status).toBe(404);
  expect((await fetch(`${rig.server.url}/events/stream?topics=nope`)).status).toBe(400);
  await rig.sessions.remove(rig.id);
  await until('the end of its stream', () => own.isOver);
  expect(all.isOver).toBe(false);
  await until('a free place', () => rig.app.streams.count === 1);
  all.close();
  await until('nobody is left', () => rig.app.streams.count === 0);
});

test('a client that does not read is closed, and others notice nothing', async () => {
  await using rig = startRig({ unsentForMs: 300, maxUnsentBytes: 256 * 1024 });
  const socket = connect({ host: '127.0.0.1', port: rig.server.port });
  socket.on('error', () => undefined);
  socket.write('GET /events/stream?topics=tracks,tick HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  socket.pause();
  await until('the stream', () => rig.app.streams.count === 1);
  const good = await EventClient.open(rig, '/events/stream');
  const big = JSON.stringify({ ...JSON.parse(tick(1)), filling: 'x'.repeat(100_000) });
  let n = 0;
  await until('it is closed', () => {
    rig.sessions.emit(rig.id, 'tick', big);
    if (n < 100) rig.sessions.emit(rig.id, 'tracks', event(n++));
    return rig.app.streams.count === 1;
  });
  await until('all events', () => good.data.length === n);
  socket.destroy();
});
