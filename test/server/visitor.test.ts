/** A token in the first message of a WebSocket: what it opens, and that nothing passes before. */
import { afterEach, expect, test } from 'bun:test';
import { ANYBODY, ROLES } from '../../runtime/access/caller.ts';
import { revokeToken } from '../../runtime/access/tokens.ts';
import { PATIENCE_MS, until } from '../support/patience.ts';
import { bearer, type Guarded, MINE, OTHER, Rigs, type TokenSocket } from './guarded.ts';

const rigs = new Rigs();
afterEach(() => rigs.end());

const PATHS = ['/ws', `/ws/sessions/s-${MINE}`];
const SELECT = { type: 'set_target_id', target_id: 7, session_id: `s-${MINE}` };
const NEEDED = { code: 1008, reason: 'a token is needed' };
const NOT_VALID = { code: 1008, reason: 'the token is not valid' };
const auth = (token: string) => ({ type: 'auth', token });
const subscribe = { type: 'subscribe', topics: ['#'] };

/** Retained, so that whoever subscribes gets it at once. */
function publish(rig: Guarded): void {
  for (const camera of [MINE, OTHER]) {
    const message = { sessionId: `s-${camera}`, cameraId: camera, topic: 'tick', json: `{"of":"${camera}"}` };
    rig.sessions.hub.publish({ ...message, keep: 'latest', live: true, isNews: true });
  }
}

async function refused(visitor: TokenSocket): Promise<unknown> {
  const closed = await visitor.ended();
  expect(visitor.received).toEqual([]);
  return closed;
}

test.each(ROLES.flatMap((role) => PATHS.map((path) => [role, path] as const)))(
  '%s at %s: as if the token had come with the handshake, and not before',
  async (role, path) => {
    const { rig, socket } = await rigs.serving();
    publish(rig);
    const visitor = socket(path, '');
    expect(await visitor.opened()).toBe(true);
    publish(rig);
    rig.sessions.hub.flush();
    expect(rig.app.clients.stats().connected).toBe(0);
    // All at once: a client need not wait for the answer.
    const { session_id, ...command } = SELECT;
    visitor.send(auth(rig.token('t', role, { cameras: [MINE] })));
    if (path === '/ws') visitor.send(subscribe);
    visitor.send(path === '/ws' ? { ...command, session_id } : command);
    await until('a tick', () => visitor.received.some((text) => text.includes(`"of":"${MINE}"`)));
    await until(
      'all replies',
      () => visitor.received.filter((text) => text.startsWith('{"type"')).length >= (path === '/ws' ? 3 : 2),
    );
    const [first, ...others] = visitor.received.map((text) => JSON.parse(text));
    expect(first).toEqual({ type: 'authorized', role, cameras: [MINE], expires_unix_ms: null });
    expect(others).toContainEqual(
      role === 'viewer'
        ? { type: 'error', error: 'forbidden' }
        : { type: 'ack', command: 'set_target_id', target_id: 7 },
    );
    expect(visitor.received.join()).not.toContain(OTHER);
    revokeToken(rig.folder, 't');
    rig.access.look();
    expect(await visitor.ended()).toEqual({ code: 1008, reason: 'token revoked' });
  },
);

test('a short-lived token', async () => {
  const { rig, socket } = await rigs.serving();
  const headers = bearer(rig.token('t', 'controller'));
  const answer = await rig.ask('POST', `/sessions/s-${MINE}/token`, { headers, body: '{"expires_in_s":60}' });
  const { token, expires_unix_ms } = (await answer.json()) as { token: string; expires_unix_ms: number };
  const visitor = socket('/ws', '');
  await visitor.opened();
  expect(await visitor.ask(auth(token))).toEqual({
    type: 'authorized',
    role: 'viewer',
    cameras: [MINE],
    expires_unix_ms,
  });
  // Once let in, it stays who it is.
  expect(await visitor.ask(auth('x'))).toMatchObject({ type: 'authorized', role: 'viewer' });
  rig.clock.advance(60_000);
  rig.access.look();
  expect(await visitor.ended()).toEqual({ code: 1008, reason: 'token expired' });
});

test('a foreign session is as unknown as one that is not there', async () => {
  const { rig, socket } = await rigs.serving();
  const token = rig.token('t', 'admin', { cameras: [MINE] });
  for (const session of [`s-${OTHER}`, 'nowhere']) {
    const visitor = socket(`/ws/sessions/${session}`, '');
    expect(await visitor.opened()).toBe(true);
    visitor.send(auth(token));
    expect(await refused(visitor)).toEqual({ code: 1008, reason: 'Unknown session' });
  }
  const visitor = socket(`/ws/sessions/s-${MINE}?topics=nonsense`, '');
  await visitor.opened();
  visitor.send(auth(token));
  expect(await refused(visitor)).toMatchObject({ code: 1008, reason: expect.stringContaining('Unknown topic') });
});

test('no token that is not valid, and no other message, gets in', async () => {
  const { rig, socket } = await rigs.serving();
  publish(rig);
  const revoked = rig.token('revoked', 'admin');
  rig.access.look();
  revokeToken(rig.folder, 'revoked');
  rig.access.look();
  const good = rig.token('good', 'admin');
  const caller = (await rig.access.callerOf({ by: 'bearer', token: good })) ?? ANYBODY;
  const { token: forPage } = await rig.access.sign(caller, 'page', { role: 'admin', cameras: null, forMs: 60_000 });
  const expired = rig.token('expired', 'admin', { expiresUnixMs: rig.clock.unixMs() - 1 });
  const tokens = [revoked, expired, forPage, 'x', `wh_${'A'.repeat(43)}`, `${good} `, 'a'.repeat(4096)];
  const others: (object | string | Uint8Array<ArrayBuffer>)[] = [
    ...[
      subscribe,
      SELECT,
      auth(''),
      auth('a'.repeat(4097)),
      { ...auth(good), more: 1 },
      { type: 'auth' },
      [auth(good)],
    ],
    ...[
      '',
      '{',
      `"auth"`,
      JSON.stringify(auth(good)).repeat(2),
      new Uint8Array(Buffer.from(JSON.stringify(auth(good)))),
    ],
  ];
  for (const path of PATHS) {
    for (const [message, closed] of [
      ...tokens.map((token) => [auth(token), NOT_VALID] as const),
      ...others.map((other) => [other, NEEDED] as const),
    ]) {
      const visitor = socket(path, '');
      await visitor.opened();
      visitor.send(message);
      // Too late.
      visitor.send(auth(good));
      expect(await refused(visitor)).toEqual(closed);
    }
  }
  expect(rig.sessions.requests).toEqual([]);
  expect(rig.lines).toEqual([]);
});

test('it is waited for so long', async () => {
  const { socket } = await rigs.serving({ limits: { authWithinMs: 20 } });
  for (const path of PATHS) {
    const silent = socket(path, '');
    expect(await silent.opened()).toBe(true);
    expect(await refused(silent)).toEqual(NEEDED);
  }
});

test('so many may wait, which keeps out nobody who comes with a token', async () => {
  const { rig, socket } = await rigs.serving({ limits: { authWithinMs: PATIENCE_MS, maxVisitors: 2 } });
  const token = rig.token('t', 'viewer');
  const [first, second] = [socket('/ws', ''), socket('/ws', '')];
  for (const each of [first, second]) expect(await each.opened()).toBe(true);
  expect(await socket('/ws', '').opened()).toBe(false);
  expect(await socket('/ws', token).opened()).toBe(true);
  await first.ask(auth(token));
  expect(await socket('/ws', '').opened()).toBe(true);
  second.close();
  await until('room', async () => socket('/ws', '').opened());
});

test('one token has so many clients, however it comes; others have room', async () => {
  const { rig, socket } = await rigs.serving({ limits: { maxClientsPerToken: 1 } });
  const [one, other] = [rig.token('one', 'viewer'), rig.token('other', 'viewer')];
  const first = socket('/ws', one);
  expect(await first.opened()).toBe(true);
  await until('the first is counted', async () => !(await socket('/ws', one).opened()));
  const visitor = socket('/ws', '');
  expect(await visitor.opened()).toBe(true);
  visitor.send(auth(one));
  expect(await refused(visitor)).toMatchObject({
    reason: 'Too many clients with one token: at most 1 may be connected',
  });
  expect(await socket('/ws', other).opened()).toBe(true);
});

test('and so much may wait behind it', async () => {
  const { rig, socket } = await rigs.serving({ limits: { maxWaitingMessages: 1 } });
  const hasty = socket('/ws', '');
  expect(await hasty.opened()).toBe(true);
  const signed = await rig.access.sign(ANYBODY, 'session', { role: 'viewer', cameras: null, forMs: 60_000 });
  for (const message of [auth(signed.token), subscribe, subscribe, subscribe]) hasty.send(message);
  expect(await refused(hasty)).toEqual({ code: 1008, reason: 'too much before the token is checked' });
});

test('a handshake with a token that is not valid is refused as before, and so is what is none', async () => {
  const { rig, socket } = await rigs.serving();
  expect(await socket('/ws', 'nonsense').opened()).toBe(false);
  expect((await rig.ask('GET', '/ws')).status).toBe(401);
  expect((await rig.ask('GET', '/cameras', { headers: { upgrade: 'websocket' } })).status).toBe(401);
});

test('a server that checks no tokens answers, too', async () => {
  const { socket } = await rigs.serving({ mayBeOpen: true });
  for (const path of PATHS) {
    const free = socket(path, '');
    await free.opened();
    expect(await free.ask(auth('anything'))).toMatchObject({ type: 'authorized', role: 'admin', cameras: null });
  }
});
