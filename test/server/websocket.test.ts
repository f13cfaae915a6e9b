/** WebSockets through real sockets: what comes, how they open and end. */

import { describe, expect, test } from 'bun:test';
import { SystemClock } from '../../runtime/clock.ts';
import { createApp, listen } from '../../runtime/server/app.ts';
import { TEST_LIMIT_MS, until } from '../support/patience.ts';
import { startRig, TestClient } from './clients.ts';
import { FakeLog, FakeSessions } from './fake-sessions.ts';
import { event, number, tick } from './numbered.ts';

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
      rig.sessions.emit(rig.id, 'tracks', event(n));
      rig.sessions.emit(rig.id, 'tick', tick(n));
    }
    await until('all', () => client.received.length >= 501);
    expect(client.received).toEqual([...Array.from({ length: 500 }, (_, n) => event(n)), tick(499)]);
  });

  test(
    '200 clients of two sessions all get theirs',
    async () => {
      await using rig = startRig();
      const other = rig.sessions.create('cam_02').view.session_id;
      const [mine, theirs] = await Promise.all(
        [rig.id, other].map((id) => Promise.all(Array.from({ length: 100 }, () => TestClient.open(rig, id)))),
      );
      await until('all are in', () => rig.app.clients.stats().connected === 200);
      for (let n = 0; n < 20; n += 1) {
        rig.sessions.emit(rig.id, 'tracks', event(n));
        rig.sessions.emit(other, 'tracks', event(1000 + n));
      }
      const all = [...(mine ?? []), ...(theirs ?? [])];
      await until('all have all', () => all.every((client) => client.received.length === 20));
      for (const client of mine ?? [])
        expect(client.received.map(number)).toEqual(Array.from({ length: 20 }, (_, n) => n));
      for (const client of theirs ?? []) expect(client.received.map(number)[19]).toBe(1019);
      for (const client of all) client.close();
      await until('all are gone', () => rig.app.clients.stats().connected === 0);
    },
    TEST_LIMIT_MS,
  );
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

describe('ends', () => {
  test('a session that is deleted says its last words, then closes its sockets', async () => {
    await using rig = startRig();
    const client = await TestClient.open(rig);
    rig.sessions.emit(rig.id, 'tracks', event(1));
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
