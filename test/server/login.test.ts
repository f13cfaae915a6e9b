/** The log-in of the page, and short-lived tokens for browsers. */
import { afterEach, describe, expect, test } from 'bun:test';
import { revokeToken } from '../../runtime/access/tokens.ts';
import { bearer, type Guarded, MINE, OTHER, Rigs } from './guarded.ts';

const rigs = new Rigs();
afterEach(() => rigs.end());

describe('the log-in of the page', () => {
  const login = async (rig: Guarded, token: string, headers: Record<string, string> = {}) =>
    rig.ask('POST', '/login', { headers, body: JSON.stringify({ token }) });
  const cookieOf = (answer: Response) => answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  const own = { 'sec-fetch-site': 'same-origin' };

  test('a cookie for a token, until it is given back', async () => {
    const rig = await rigs.of();
    const answer = await login(rig, rig.token('op', 'admin', { cameras: [MINE] }));
    expect(await answer.json()).toEqual({ name: 'op', role: 'admin', cameras: [MINE], login: true });
    expect(answer.headers.get('set-cookie')).toMatch(/; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43\d+$/);
    const cookie = cookieOf(answer);
    const loggedIn = async () => (await rig.ask('GET', '/login', { headers: { cookie } })).json();
    expect((await rig.ask('GET', '/whoami', { headers: { cookie } })).status).toBe(200);
    expect(await loggedIn()).toEqual({ who: { name: 'op', role: 'admin', cameras: [MINE], login: true } });
    expect((await rig.ask('POST', '/logout', { headers: { cookie, ...own } })).status).toBe(200);
    expect((await rig.ask('GET', '/whoami', { headers: { cookie } })).status).toBe(401);
    expect(await loggedIn()).toEqual({ who: null });
  });

  test('ends with its token', async () => {
    const rig = await rigs.of();
    const cookie = cookieOf(await login(rig, rig.token('op', 'admin')));
    revokeToken(rig.folder, 'op');
    rig.access.look();
    expect((await rig.ask('GET', '/whoami', { headers: { cookie } })).status).toBe(401);
  });

  test('under HTTPS the cookie is for HTTPS alone', async () => {
    const rig = await rigs.of({ allowedHosts: ['ops.example'] });
    const answer = await login(rig, rig.token('op', 'viewer'), { origin: 'https://ops.example' });
    expect(answer.headers.get('set-cookie')).toEndWith('; Secure');
  });

  test.each([
    ['of this page', { 'sec-fetch-site': 'same-origin' }, true],
    ['of this page, by its origin', { origin: 'http://localhost' }, true],
    ['through a proxy of an allowed name', { origin: 'https://ops.example' }, true],
    ['of another server on this machine', { origin: 'http://localhost:5173' }, false],
    ['of a page of another site', { 'sec-fetch-site': 'cross-site' }, false],
    ['of another host of the same site', { 'sec-fetch-site': 'same-site' }, false],
    ['without a word about the page', {}, false],
  ])('a change by cookie %s', async (_who, headers: Record<string, string>, isTaken) => {
    const rig = await rigs.of({ allowedHosts: ['ops.example'] });
    const cookie = cookieOf(await login(rig, rig.token('op', 'admin')));
    const path = `/sessions/s-${MINE}`;
    expect((await rig.ask('DELETE', path, { headers: { ...headers, cookie } })).status).toBe(isTaken ? 200 : 403);
    const upgrade = { ...headers, cookie, upgrade: 'websocket' };
    // Not over a real socket, so that it goes no further.
    expect((await rig.ask('GET', `/ws/sessions/s-${MINE}`, { headers: upgrade })).status).toBe(isTaken ? 426 : 403);
  });

  test('failures are limited for each address, and a right token still gets in', async () => {
    const rig = await rigs.of({ limits: { failedLoginsPerS: 0.1, failedLoginBurst: 3 } });
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) statuses.push((await login(rig, 'wrong')).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    expect((await login(rig, 'wrong')).headers.get('retry-after')).toBe('10');
    expect((await login(rig, rig.token('op', 'viewer'))).status).toBe(200);
  });
});

describe('a short-lived token', () => {
  const make = async (rig: Guarded, token: string, body: object = {}) => {
    const answer = await rig.ask('POST', `/sessions/s-${MINE}/token`, {
      headers: bearer(token),
      body: JSON.stringify(body),
    });
    return { status: answer.status, ...((await answer.json()) as { token?: string; expires_unix_ms?: number }) };
  };

  test('is for the camera of its session, and for a role of at most its maker', async () => {
    const rig = await rigs.of();
    const controller = rig.token('op', 'controller');
    const { token = '' } = await make(rig, controller);
    expect(await (await rig.ask('GET', '/whoami', { headers: bearer(token) })).json()).toEqual({
      ...{ name: 'op', role: 'viewer', cameras: [MINE], login: true },
    });
    expect((await rig.ask('GET', `/sessions/s-${OTHER}`, { headers: bearer(token) })).status).toBe(404);
    expect((await make(rig, controller, { role: 'controller' })).status).toBe(200);
    expect((await make(rig, controller, { role: 'admin' })).status).toBe(403);
    const [made] = rig.entries;
    expect(made).toMatchObject({
      action: 'POST /sessions/:id/token',
      caller: 'op',
      camera: MINE,
      details: { role: 'viewer' },
    });
    expect(rig.entries.at(-1)).toMatchObject({ details: { role: 'admin' }, outcome: '403' });
    expect((await make(rig, controller, { expires_in_s: 1e9 })).status).toBe(400);
  });

  test('expires, and makes none that lasts longer', async () => {
    const rig = await rigs.of();
    const first = await make(rig, rig.token('op', 'viewer'), { expires_in_s: 60 });
    const second = await make(rig, first.token ?? '', { expires_in_s: 3600 });
    expect(second.expires_unix_ms).toBe(first.expires_unix_ms);
    rig.clock.advance(60_000);
    expect((await rig.ask('GET', '/whoami', { headers: bearer(second.token ?? '') })).status).toBe(401);
  });
});
