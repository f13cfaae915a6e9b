/** WebSockets through real sockets. */
import { describe, expect, test } from 'bun:test';
import { SystemClock } from '../../runtime/clock.ts';
import { createApp, listen } from '../../runtime/server/app.ts';
import { SilentClient, startRig, TestClient, until } from './clients.ts';
import { FakeLog, FakeSessions } from './fake-sessions.ts';

const tick = (n: number, size = 0) => JSON.stringify({ type: 'metadata_tick', n, pad: 'x'.repeat(size) });
const event = (n: number, size = 0) => JSON.stringify({ type: 'track_event', n, pad: 'x'.repeat(size) });
const state = (n: number, size = 0) => JSON.stringify({ type: 'ptz_state', n, pad: 'x'.repeat(size) });
const number = (json: string): number => JSON.parse(json).n;

describe('messages', () => {
  test('the retained tick comes at once', async () => {
    await using rig = startRig();
    rig.sessions.emit(rig.id, 'tick', tick(1));
    rig.sessions.emit(rig.id, 'tick', tick(2));
    const client = await TestClient.open(rig);
    await until('tick', () => client.received.length > 0);
    rig.sessions.emit(rig.id, 'tick', tick(3));
    await until('next tick', () => client.received.length > 1);
    expect(client.received).toEqual([tick(2), tick(3)]);
  });

  test('events come in order, byte for byte; of the ticks of one turn only the last', async () => {
    await using rig = startRig();
    const client = await TestClient.open(rig);
    for (let n = 0; n < 500; n += 1) {
      rig.sessions.emit(rig.id, 'event', event(n));
      rig.sessions.emit(rig.id, 'tick', tick(n));
    }
    await until('all', () => client.received.length >= 501);
    expect(client.received).toEqual([...Array.from({ length: 500 }, (_, n) => event(n)), tick(499)]);
  });

  test('200 clients of two sessions all get theirs', async () => {
    await using rig = startRig();
    const other = rig.sessions.create('cam_02').view.session_id;
    const [mine, theirs] = await Promise.all(
      [rig.id, other].map((id) => Promise.all(Array.from({ length: 100 }, () => TestClient.open(rig, id)))),
    );
    await until('all are in', () => rig.app.clients.stats().connected === 200);
    for (let n = 0; n < 20; n += 1) {
      rig.sessions.emit(rig.id, 'event', event(n));
      rig.sessions.emit(other, 'event', event(1000 + n));
    }
    const all = [...(mine ?? []), ...(theirs ?? [])];
    await until('all have all', () => all.every((client) => client.received.length === 20));
    for (const client of mine ?? [])
      expect(client.received.map(number)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    for (const client of theirs ?? []) expect(client.received.map(number)[19]).toBe(1019);
    for (const client of all) client.close();
    await until('all are gone', () => rig.app.clients.stats().connected === 0);
  }, 15_000);
});

describe('topics', () => {
  test('who asks for nothing gets ticks and events only, as ever', async () => {
    await using rig = startRig();
    rig.sessions.emitState(rig.id, 'ptz', state(1));
    const client = await TestClient.open(rig);
    rig.sessions.emitState(rig.id, 'ptz', state(2));
    rig.sessions.emit(rig.id, 'event', event(3));
    rig.sessions.emit(rig.id, 'tick', tick(4));
    await until('both', () => client.received.length >= 2);
    expect(client.received).toEqual([event(3), tick(4)]);
  });

  test('states that are retained come at once; of those of one turn only the last of each name', async () => {
    await using rig = startRig();
    rig.sessions.emit(rig.id, 'tick', tick(0));
    rig.sessions.emitState(rig.id, 'ptz', state(1));
    rig.sessions.emitState(rig.id, 'autotrack', state(2));
    const client = await TestClient.open(rig, rig.id, '?topics=autotrack,ptz,tracks');
    await until('retained', () => client.received.length >= 2);
    for (let n = 10; n < 20; n += 1) {
      rig.sessions.emitState(rig.id, n % 2 === 0 ? 'ptz' : 'autotrack', state(n));
      rig.sessions.emit(rig.id, 'tick', tick(n));
      rig.sessions.emit(rig.id, 'event', event(n));
    }
    await until('all', () => client.received.length >= 14);
    expect(client.received.slice(0, 2)).toEqual([state(2), state(1)]);
    const events = client.received.filter((json) => json.includes('track_event'));
    expect(events.map(number)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    expect(client.received.slice(2).filter((json) => !events.includes(json))).toEqual([state(18), state(19)]);
  });

  test('in one turn with the handshake, a state comes once', async () => {
    await using rig = startRig();
    rig.sessions.emitState(rig.id, 'ptz', state(1));
    const first = await TestClient.open(rig, rig.id, '?topics=ptz');
    await until('retained', () => first.received.length === 1);
    // Whichever comes first, the message on its way or the handshake: the newest, and none twice in a row.
    const second = TestClient.open(rig, rig.id, '?topics=ptz');
    for (let n = 2; n < 200; n += 1) {
      rig.sessions.emitState(rig.id, 'ptz', state(n));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { received } = await second;
    await until('the last', () => received.at(-1) === state(199));
    expect(received.map(number)).toEqual([...new Set(received.map(number))].sort((a, b) => a - b));
  });

  test.each([
    ['tick,foo', '"foo"'],
    ['', '""'],
    ['TICK', '"TICK"'],
    ['ptz&topics=toString', '"toString"'],
  ])('400 for an unknown one: %s', async (query, got) => {
    await using rig = startRig();
    const response = await fetch(`${rig.server.url}/ws/sessions/${rig.id}?topics=${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      error: `Unknown topic; expected some of tick, tracks, ptz, autotrack, got ${got}`,
    });
    expect((await fetch(`${rig.server.url}/ws/sessions/nope?topics=${query}`)).status).toBe(404);
  });

  test.each([
    '?topics=ptz,tick',
    '?x=1&topics=ptz,tick&topics=ptz',
    '?topics=ptz&topics=tick',
    '?topics=ptz,%20tick,tick',
  ])('ways to ask: %s', async (query) => {
    await using rig = startRig();
    rig.sessions.emit(rig.id, 'tick', tick(1));
    rig.sessions.emitState(rig.id, 'ptz', state(2));
    const client = await TestClient.open(rig, rig.id, query);
    rig.sessions.emit(rig.id, 'event', event(3));
    await until('both', () => client.received.length >= 2);
    expect(client.received).toEqual([state(2), tick(1)]);
  });
});

describe('handshake', () => {
  test('404 before the upgrade when the session is unknown', async () => {
    await using rig = startRig();
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
    };
    const response = await fetch(`${rig.server.url}/ws/sessions/nope`, { headers });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ error: 'Unknown session' });
  });

  test('426 for a plain request', async () => {
    await using rig = startRig();
    const response = await fetch(`${rig.server.url}/ws/sessions/${rig.id}`);
    expect(response.status).toBe(426);
    expect(await response.json()).toEqual({ error: 'Expected a WebSocket handshake' });
  });

  test('503 when there are too many', async () => {
    await using rig = startRig({ maxClients: 2 });
    await Promise.all([TestClient.open(rig), TestClient.open(rig)]);
    const response = await fetch(`${rig.server.url}/ws/sessions/${rig.id}`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ error: 'Too many clients: at most 2 may be connected' });
  });
});

describe('commands', () => {
  const error = (code: string) => ({ type: 'error', error: code });

  test('are passed on and acknowledged', async () => {
    await using rig = startRig();
    const client = await TestClient.open(rig);
    expect(await client.ask('{"type":"set_target_id","target_id":17}')).toEqual({
      type: 'ack',
      command: 'set_target_id',
      target_id: 17,
    });
    expect(await client.ask(' {"target_id":0, "type":"set_target_id"} ')).toMatchObject({ type: 'ack', target_id: 0 });
    expect(await client.ask('{"type":"clear_target"}')).toEqual({ type: 'ack', command: 'clear_target' });
    expect(rig.sessions.commands).toEqual([
      { sessionId: rig.id, command: { type: 'set_target_id', target_id: 17 } },
      { sessionId: rig.id, command: { type: 'set_target_id', target_id: 0 } },
      { sessionId: rig.id, command: { type: 'clear_target' } },
    ]);
  });

  test('bad ones are refused with their code, and the socket stays open', async () => {
    await using rig = startRig();
    const client = await TestClient.open(rig);
    const table: [string | Uint8Array<ArrayBuffer>, string][] = [
      ['', 'invalid_json'],
      ['hello', 'invalid_json'],
      ['{"type":"clear_target"', 'invalid_json'],
      ['{"type":"clear_target",}', 'invalid_json'],
      ['NaN', 'invalid_json'],
      [new TextEncoder().encode('{"type":"clear_target"}'), 'invalid_json'],
      ['x'.repeat(1024 * 1024), 'invalid_json'],
      [`{"type":"clear_target","pad":"${'x'.repeat(1024 * 1024)}"}`, 'invalid_json'],
      ['['.repeat(60_000), 'invalid_json'],
      ['null', 'unknown_command'],
      ['17', 'unknown_command'],
      ['"clear_target"', 'unknown_command'],
      ['[]', 'unknown_command'],
      ['[{"type":"clear_target"}]', 'unknown_command'],
      ['{}', 'unknown_command'],
      ['{"type":null}', 'unknown_command'],
      ['{"type":"CLEAR_TARGET"}', 'unknown_command'],
      ['{"type":"ptz_move","pan":1}', 'unknown_command'],
      ['{"type":"toString"}', 'unknown_command'],
      ['{"type":"clear_target","target_id":1}', 'unknown_command'],
      ['{"type":"clear_target","__proto__":1}', 'unknown_command'],
      ['{"type":"set_target_id","target_id":1,"zoom":2}', 'unknown_command'],
      ['{"type":"set_target_id"}', 'target_id_must_be_int'],
      ['{"type":"set_target_id","id":1}', 'target_id_must_be_int'],
      ['{"type":"set_target_id","__proto__":{"target_id":1}}', 'target_id_must_be_int'],
      ...['null', 'true', '"17"', '1.5', '-1', '[1]', '{}', '1e999', '9007199254740992', '-9007199254740993'].map(
        (id): [string, string] => [`{"type":"set_target_id","target_id":${id}}`, 'target_id_must_be_int'],
      ),
    ];
    for (const [message, code] of table)
      expect([String(message).slice(0, 60), await client.ask(message)]).toEqual([
        String(message).slice(0, 60),
        error(code),
      ]);
    expect(await client.ask('{"type":"clear_target"}')).toEqual({ type: 'ack', command: 'clear_target' });
    expect(rig.sessions.commands.length).toBe(1);
    expect(client.closed).toBeUndefined();
  });

  test('too many are refused, for that client only', async () => {
    await using rig = startRig({ commandsPerS: 0.001, commandBurst: 3 });
    const [eager, calm] = [await TestClient.open(rig), await TestClient.open(rig)];
    const replies: unknown[] = [];
    for (let n = 0; n < 5; n += 1) replies.push(await eager.ask('{"type":"clear_target"}'));
    expect(replies.slice(3)).toEqual([error('rate_limited'), error('rate_limited')]);
    // Nonsense has a budget of its own.
    expect(await eager.ask('?')).toEqual(error('invalid_json'));
    expect(await calm.ask('{"type":"clear_target"}')).toMatchObject({ type: 'ack' });
    expect(rig.sessions.commands.length).toBe(4);
  });
});

describe('slow clients', () => {
  const quick = { sweepEveryMs: 5, unsentForMs: 150, pingEveryMs: 10_000 };
  /** Emits large ticks until the silent client's kernel buffers are full and `done` holds. */
  async function flood(
    rig: ReturnType<typeof startRig>,
    topic: 'tick' | 'event',
    done: () => boolean,
  ): Promise<number> {
    let n = 0;
    await until(
      'flooded',
      () => {
        rig.sessions.emit(rig.id, topic, topic === 'tick' ? tick(n, 100_000) : event(n, 100_000));
        n += 1;
        return done();
      },
      15_000,
    );
    return n;
  }

  test('one that never reads is closed, and the others lose nothing', async () => {
    await using rig = startRig(quick);
    const silent = await SilentClient.open(rig);
    const good = await TestClient.open(rig);
    const sent = await flood(rig, 'tick', () => rig.app.clients.stats().closedForSlowness === 1);
    await until('the good one has all', () => good.received.length === sent);
    expect(good.received.map(number)).toEqual(Array.from({ length: sent }, (_, n) => n));
    expect(rig.app.clients.stats()).toEqual({ connected: 1, closedForSlowness: 1 });
    expect(good.closed).toBeUndefined();
    // Within Bun's grace it still gets the close frame: 0x88, length, 1001, reason.
    silent.read();
    await until('close frame', () => silent.gone);
    expect(silent.text()).toEndWith('\x88\x11\x03\xe9client too slow');
  }, 20_000);

  test('one that is behind gets no ticks, all events, and the latest tick when it is back', async () => {
    await using rig = startRig({ ...quick, unsentForMs: 60_000, maxUnsentBytes: 64 * 1024 * 1024 });
    const silent = await SilentClient.open(rig);
    // About 5 MB fill the kernel's buffers; all that comes after stays unsent.
    let sent = 0;
    await until('far too much', () => {
      rig.sessions.emit(rig.id, 'tick', tick(sent, 100_000));
      sent += 1;
      return sent === 200;
    });
    for (let n = 0; n < 10; n += 1) rig.sessions.emit(rig.id, 'event', event(n));
    silent.read();
    await until('the latest tick', () => silent.text().includes(`"n":${sent - 1},`));
    const text = silent.text();
    const ticks = [...text.matchAll(/metadata_tick","n":(\d+)/g)].map((m) => Number(m[1]));
    const events = [...text.matchAll(/track_event","n":(\d+)/g)].map((m) => Number(m[1]));
    expect(events).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(ticks.at(-1)).toBe(sent - 1);
    expect(ticks.length).toBeLessThan(150);
    expect(ticks).toEqual([...ticks].sort((a, b) => a - b));
    rig.sessions.emit(rig.id, 'tick', tick(7777));
    await until('ticks go on', () => silent.text().includes('"n":7777,'));
    silent.destroy();
  }, 20_000);

  test('one that is behind gets the latest of each state when it is back', async () => {
    await using rig = startRig({ ...quick, unsentForMs: 60_000, maxUnsentBytes: 64 * 1024 * 1024 });
    const silent = await SilentClient.open(rig, '?topics=ptz,autotrack');
    for (let n = 0; n < 200; n += 1) {
      rig.sessions.emitState(rig.id, n % 2 === 0 ? 'ptz' : 'autotrack', state(n, 100_000));
      await new Promise((resolve) => setImmediate(resolve));
    }
    silent.read();
    const seen = () => [...silent.text().matchAll(/ptz_state","n":(\d+)/g)].map((match) => Number(match[1]));
    await until('the latest of both', () => seen().includes(198) && seen().includes(199));
    expect(seen().length).toBeLessThan(150);
    expect(new Set(seen()).size).toBe(seen().length);
    silent.destroy();
  }, 20_000);

  test('too many unsent events close it at once', async () => {
    await using rig = startRig({ ...quick, unsentForMs: 60_000 });
    const silent = await SilentClient.open(rig);
    await flood(rig, 'event', () => rig.app.clients.stats().closedForSlowness === 1);
    expect(rig.log.lines).toMatchObject([{ level: 'warn', message: 'client too slow, closed' }]);
    silent.destroy();
  }, 20_000);

  test('one that does not read is found by its pings even when all fits the kernel', async () => {
    await using rig = startRig({ sweepEveryMs: 5, pingEveryMs: 20, neverAnsweredForMs: 600 });
    const silent = await SilentClient.open(rig);
    const good = await TestClient.open(rig);
    await until('closed', () => rig.app.clients.stats().closedForSlowness === 1);
    silent.read();
    await until('close frame', () => silent.gone);
    expect(silent.text()).toEndWith('\x88\x11\x03\xe9client too slow');
    expect(await good.ask('{"type":"clear_target"}')).toMatchObject({ type: 'ack' });
  });
});

describe('ends', () => {
  test('a session that is deleted says its last words, then closes its sockets', async () => {
    await using rig = startRig();
    const client = await TestClient.open(rig);
    rig.sessions.emit(rig.id, 'event', event(1));
    const response = await fetch(`${rig.server.url}/sessions/${rig.id}`, { method: 'DELETE' });
    expect(response.status).toBe(200);
    await until('closed', () => client.closed !== undefined);
    expect(client.closed).toEqual({ code: 1000, reason: 'session ended' });
    expect(client.received).toEqual([event(1)]);
  });

  test('a server that stops closes its sockets and frees its port', async () => {
    const rig = startRig();
    const client = await TestClient.open(rig);
    await rig.server.stop();
    await until('closed', () => client.closed !== undefined);
    expect(client.closed).toEqual({ code: 1001, reason: 'server stopping' });
    await using again = {
      server: listen(rig.app, { host: '127.0.0.1', port: rig.server.port }),
      [Symbol.asyncDispose]: () => again.server.stop(),
    };
    expect(again.server.port).toBe(rig.server.port);
  });

  test('a port in use is said so', async () => {
    await using rig = startRig();
    const other = createApp({
      sessions: new FakeSessions(),
      version: '0',
      clock: new SystemClock(),
      log: new FakeLog(),
    });
    let failure: unknown;
    try {
      listen(other, { host: '127.0.0.1', port: rig.server.port });
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({ code: 'port_in_use' });
    expect(String(failure)).toContain(`Port in use: 127.0.0.1:${rig.server.port} (choose another port`);
  });
});
