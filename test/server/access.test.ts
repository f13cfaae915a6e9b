/** Limits, request ids, the audit log, secrets, and headers of all kinds. */
import { afterEach, describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { revokeToken } from '../../runtime/access/tokens.ts';
import { readText } from '../../runtime/server/body.ts';
import { PROPERTY_LIMIT_MS, until } from '../support/patience.ts';
import { bearer, MINE, Rigs } from './guarded.ts';

const rigs = new Rigs();
afterEach(() => rigs.end());

const SELECT = { type: 'set_target_id', target_id: 7 };
const ACK = { type: 'ack', command: 'set_target_id', target_id: 7 };

describe('limits', () => {
  test('changes and commands for each token, with how long to wait', async () => {
    const rig = await rigs.of({ limits: { writesPerS: 1, writeBurst: 2, commandsPerS: 10, commandBurst: 2 } });
    const [one, two] = [bearer(rig.token('one', 'admin')), bearer(rig.token('two', 'admin'))];
    const change = async (headers: Record<string, string>) => rig.ask('POST', '/sessions', { headers, body: '{}' });
    for (let i = 0; i < 2; i++) expect((await change(one)).status).toBe(200);
    const refused = await change(one);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect((await change(two)).status).toBe(200);
    expect((await rig.ask('GET', '/sessions', { headers: one })).status).toBe(200);
    rig.clock.advance(1000);
    expect((await change(one)).status).toBe(200);
    const seek = async () => (await rig.ask('POST', '/replay', { headers: one, body: '{}' })).status;
    expect([await seek(), await seek(), await seek()]).toEqual([200, 200, 429]);
  });

  test('commands of all sockets of a token together', async () => {
    const { rig, socket } = await rigs.serving({ limits: { commandsPerS: 0.001, commandBurst: 2 } });
    const token = rig.token('op', 'controller');
    const sockets = [1, 2, 3].map(() => socket(`/ws/sessions/s-${MINE}`, token));
    const replies: unknown[] = [];
    for (const each of sockets) {
      await each.opened();
      replies.push(await each.ask(SELECT));
    }
    expect(replies).toEqual([ACK, ACK, { type: 'error', error: 'rate_limited' }]);
  });
});

test('a body that comes too slowly is not waited for', async () => {
  let sent = 0;
  const drips = new ReadableStream<Uint8Array>({
    async pull(stream) {
      await Bun.sleep(5);
      sent += 1;
      stream.enqueue(new Uint8Array([32]));
    },
  });
  const request = new Request('http://localhost/sessions', { method: 'POST', body: drips });
  await expect(readText(request, 64 * 1024, 50)).rejects.toMatchObject({ code: 'body_too_slow' });
  expect(sent).toBeLessThan(1000);
});

describe('request ids and the audit log', () => {
  test.each([
    ['abc-1.2:3', true],
    ['a'.repeat(128), true],
    ['a'.repeat(129), false],
    ['a b', false],
    ['<script>', false],
    ['', false],
  ])('x-request-id %s', async (id, isKept) => {
    const rig = await rigs.of();
    const answered = (await rig.ask('GET', '/healthz', { headers: { 'x-request-id': id } })).headers.get(
      'x-request-id',
    );
    expect(answered === id).toBe(isKept);
    expect(answered).toMatch(/^[\w.:-]+$/);
  });

  test('are in every line of the log about a request or a command, and in the audit log', async () => {
    const { rig, server, socket } = await rigs.serving();
    rig.sessions.listFails = new Error('inside');
    const token = rig.token('op', 'admin');
    const headers = { ...bearer(token), 'x-request-id': 'mine-1' };
    expect((await fetch(`${server.url}/sessions`, { headers })).status).toBe(500);
    expect(JSON.parse(rig.lines[0] ?? '')).toMatchObject({ level: 'error', request_id: 'mine-1', error: 'inside' });
    rig.sessions.answer = async () => ({ error: { code: 'request_timeout', message: 'late', permanent: false } });
    const one = socket(`/ws/sessions/s-${MINE}`, token);
    await one.opened();
    await one.ask(SELECT);
    const line = JSON.parse(rig.lines[1] ?? '');
    expect(line).toMatchObject({ session_id: `s-${MINE}`, camera: MINE, request_id: expect.stringMatching(/\.1$/) });
    expect(rig.entries).toMatchObject([
      {
        ...{ request_id: line.request_id, caller: 'op', role: 'admin', address: '127.0.0.1', action: 'set_target_id' },
        ...{ session: `s-${MINE}`, camera: MINE, details: { target_id: 7 }, outcome: 'rate_limited' },
      },
    ]);
  });

  test('every answer says what a browser must not make of it', async () => {
    const rig = await rigs.of();
    for (const path of ['/', '/healthz', '/nope', '/cameras', '/page.css', '/openapi']) {
      const { headers } = await rig.ask('GET', path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('x-request-id')).toBeTruthy();
      const isPage = headers.get('content-type')?.includes('html') ?? false;
      expect(headers.has('content-security-policy')).toBe(isPage);
    }
  });
});

test('no secret is in a log, an answer or a file', async () => {
  const { rig, server, socket } = await rigs.serving({ hasSettings: true });
  const secrets = [
    rig.token('op', 'admin'),
    rig.token('gone', 'admin'),
    'wh_never-made-and-much-too-short',
    'p@ss w"rd',
  ];
  revokeToken(rig.folder, 'gone');
  rig.access.look();
  const said: string[] = [];
  for (const secret of secrets) {
    const headers = bearer(encodeURIComponent(secret));
    for (const [method, path, body] of [
      ['GET', '/whoami'],
      ['POST', '/sessions', '{"camera_id":"nowhere"}'],
      ['POST', '/login', JSON.stringify({ token: secret })],
      ['POST', '/login', JSON.stringify({ token: secret, more: secret })],
      ['POST', '/login', JSON.stringify(secret)],
      ['PATCH', '/settings', JSON.stringify({ [MINE]: { source: { url: `rtsp://a:${secret}@b/` } } })],
    ] as const) {
      const answer = await fetch(`${server.url}${path}`, { method, headers, ...(body ? { body } : {}) });
      const cookie = answer.headers.get('set-cookie') ?? '';
      said.push(await answer.text(), cookie, JSON.stringify([...answer.headers]));
    }
    const one = socket(`/ws/sessions/s-${MINE}`, encodeURIComponent(secret));
    if (await one.opened()) await one.ask(SELECT);
    said.push(...one.received);
    const two = socket('/ws', '');
    await two.opened();
    two.send({ type: 'auth', token: secret });
    await until('an answer', () => two.received.length > 0 || two.closed !== undefined);
    said.push(...two.received, JSON.stringify(two.closed ?? null));
  }
  rig.sessions.listFails = new Error('inside');
  await fetch(`${server.url}/sessions`, { headers: bearer(secrets[0] ?? '') });
  const files = readdirSync(rig.folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  expect(files.map(({ name }) => name).toSorted()).toEqual(['audit.jsonl', 'key', 'op.json']);
  for (const { parentPath, name } of files) {
    expect(statSync(join(parentPath, name)).mode & 0o777).toBe(0o600);
    said.push(readFileSync(join(parentPath, name), 'latin1'));
  }
  said.push(...rig.lines);
  for (const secret of secrets) {
    for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]) {
      expect(said.filter((text) => text.includes(form))).toEqual([]);
    }
  }
});

test(
  'whatever the headers hold, no answer is an error of the server',
  async () => {
    const rig = await rigs.of({ hasSettings: true, trustedProxies: ['loopback'] });
    const good = rig.token('op', 'admin');
    const text = fc.oneof(
      fc.string({ unit: fc.integer({ min: 32, max: 255 }).map((code) => String.fromCharCode(code)) }),
      fc.constantFrom(
        'Bearer ',
        `Bearer ${good}`,
        `bearer.${good}`,
        'windhover_login=',
        'null',
        'http://[',
        '::1',
        ';=;,',
      ),
      fc.string().map((some) => `Bearer ${btoa(encodeURIComponent(some))}.${btoa('{}')}.x`),
    );
    const names = ['authorization', 'cookie', 'origin', 'host', 'x-request-id', 'sec-websocket-protocol', 'upgrade'];
    const more = ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'sec-fetch-site', 'if-match'];
    const headers = fc.dictionary(fc.constantFrom(...names, ...more), text, { maxKeys: 5 });
    const route = fc.constantFrom(...rig.app.http.routes.filter(({ path }) => path !== '/page.js'));
    await fc.assert(
      fc.asyncProperty(route, headers, text, async ({ method, path }, some, body) => {
        const trimmed = Object.fromEntries(Object.entries(some).map(([name, value]) => [name, value.trim()]));
        const init = { method, headers: trimmed, ...(method === 'GET' ? {} : { body }) };
        const url = `http://localhost${path.replaceAll(/:\w+/g, encodeURIComponent(body) || 'x')}`;
        const { status } = await rig.app.handle(new Request(url, init), '127.0.0.1');
        expect(status === 503 ? 200 : status).toBeLessThan(500);
      }),
      { numRuns: 1500 },
    );
    expect(rig.lines.filter((line) => line.includes('"error"'))).toEqual([]);
  },
  PROPERTY_LIMIT_MS,
);
