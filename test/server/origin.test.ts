import { expect, test } from 'bun:test';
import { SystemClock } from '../../runtime/clock.ts';
import { createApp } from '../../runtime/server/app.ts';
import { checkOrigin } from '../../runtime/server/origin.ts';
import { FakeLog, FakeSessions } from './fake-sessions.ts';

const ALLOWED = ['https://ops.example'];

async function call(url: string, headers: Record<string, string>, method = 'GET'): Promise<Response> {
  const app = createApp({
    sessions: new FakeSessions(),
    version: '0',
    clock: new SystemClock(),
    log: new FakeLog(),
    allowedOrigins: ALLOWED,
  });
  return app.handle(new Request(url, { method, headers }));
}

test.each([
  ['a program on this machine', 'http://127.0.0.1:8080/cameras', {}, 200],
  ['by name', 'http://localhost:8080/cameras', {}, 200],
  ['over IPv6', 'http://[::1]:8080/cameras', {}, 200],
  ['a page of a development server', 'http://127.0.0.1:8080/cameras', { origin: 'http://localhost:5173' }, 200],
  ['a page that is allowed', 'http://127.0.0.1:8080/cameras', { origin: 'https://ops.example' }, 200],
  ['through a proxy of an allowed host', 'http://ops.example/cameras', {}, 200],
  ['a foreign page', 'http://127.0.0.1:8080/cameras', { origin: 'https://evil.example' }, 403],
  ['a page without an origin of its own', 'http://127.0.0.1:8080/cameras', { origin: 'null' }, 403],
  ['a name that was made to point here', 'http://evil.example/cameras', {}, 403],
  ['a name that only starts like loopback', 'http://127.0.0.1.evil.example/cameras', {}, 403],
  [
    'a WebSocket of a foreign page',
    'http://127.0.0.1/ws/sessions/x',
    { origin: 'https://evil.example', upgrade: 'websocket' },
    403,
  ],
])('%s', async (_who, url, headers: Record<string, string>, status) => {
  const response = await call(url, headers);
  expect(response.status).toBe(status);
  if (status === 200) expect(response.headers.get('access-control-allow-origin')).toBe(headers.origin ?? null);
  else expect(await response.json()).toEqual({ error: expect.stringContaining('not allowed') });
});

test('an allowed page may ask first', async () => {
  const response = await call('http://127.0.0.1:8080/sessions', { origin: 'https://ops.example' }, 'OPTIONS');
  expect(response.status).toBe(204);
  expect(response.headers.get('access-control-allow-methods')).toContain('DELETE');
});

test.each(['ops.example', 'https://ops.example/page', 'file:///x', '*'])('--allow-origin refuses %s', (text) => {
  expect(() => checkOrigin(text)).toThrow('--allow-origin');
});

test('the OpenAPI page needs nothing but itself: no script, no file, no other server', async () => {
  const answer = await call('http://localhost/openapi', {});
  expect(answer.headers.get('content-security-policy')).toStartWith("default-src 'none'; ");
  const page = await answer.text();
  expect(page).not.toMatch(/<script| on\w+=|@import|url\(/);
  const links = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link ?? '');
  expect(links).toEqual(['data:,', '/openapi/json']);
  expect((await call('http://localhost/openapi/json', {})).status).toBe(200);
});
