/** Who may use what: every route × every role × own and foreign camera × every kind of token that is not valid. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { ANYBODY, hasRole, ROLES, type Role } from '../../runtime/access/caller.ts';
import { Signer } from '../../runtime/access/signed.ts';
import { revokeToken } from '../../runtime/access/tokens.ts';
import type { RouteDetail } from '../../runtime/server/views.ts';
import { bearer, type Guarded, guarded, MINE, OTHER } from './guarded.ts';

let rig: Guarded;
/** Tokens of `mine` alone, by role. */
const tokens = new Map<Role, string>();
const invalid = new Map<string, Record<string, string>>();

beforeAll(async () => {
  rig = await guarded({ hasSettings: true });
  for (const role of ROLES) tokens.set(role, rig.token(`my-${role}`, role, { cameras: [MINE] }));
  const nowUnixMs = rig.clock.unixMs();
  const expired = rig.token('expired', 'admin', { expiresUnixMs: nowUnixMs - 1 });
  const revoked = rig.token('revoked', 'admin');
  rig.access.look();
  const owner = await rig.access.callerOf({ by: 'bearer', token: revoked });
  const wanted = { role: 'admin', cameras: null, forMs: 60_000 } as const;
  const { token: ofRevoked } = await rig.access.sign(owner ?? ANYBODY, 'session', wanted);
  revokeToken(rig.folder, 'revoked');
  rig.access.look();
  const admin = await rig.access.callerOf({ by: 'bearer', token: tokens.get('admin') ?? '' });
  const { token: short } = await rig.access.sign(admin ?? ANYBODY, 'session', { ...wanted, forMs: -1000 });
  const { token: forPage } = await rig.access.sign(admin ?? ANYBODY, 'page', wanted);
  const { token: good } = await rig.access.sign(admin ?? ANYBODY, 'session', wanted);
  const signed = { id: 'x', role: 'admin', cameras: null, expiresUnixMs: nowUnixMs + 1e6 } as const;
  const foreign = await new Signer(`${rig.folder}/another`).sign(
    { ...signed, tokenId: admin?.tokenId ?? null },
    'session',
  );
  const [, payload] = good.split('.');
  const unsigned = `${btoa('{"alg":"none"}').replaceAll('=', '')}.${payload}.`;
  const bad = {
    ...{ expired, revoked, 'short-lived and expired': short, 'short-lived, its owner revoked': ofRevoked },
    ...{ 'the cookie of the page': forPage, 'signed by another server': foreign, unsigned },
    'with another signature': `${good.slice(0, -4)}AAAA`,
    'never made': `wh_${'A'.repeat(43)}`,
    malformed: 'x',
    empty: '',
    'very long': 'a'.repeat(5000),
  };
  for (const [what, token] of Object.entries(bad)) invalid.set(what, bearer(token));
  invalid.set('none', {});
  invalid.set('another scheme', { authorization: `Basic ${btoa(`admin:${tokens.get('admin')}`)}` });
  invalid.set('in the URL alone', {});
  invalid.set('a subprotocol that is not valid', { 'sec-websocket-protocol': `windhover, bearer.${expired}` });
  invalid.set('a cookie that is not valid', { cookie: `windhover_login=${short}` });
  invalid.set('a session token as cookie', { cookie: `windhover_login=${good}` });
});
afterAll(() => rig[Symbol.asyncDispose]());

interface Route {
  readonly method: string;
  readonly path: string;
  readonly detail: RouteDetail;
}

function routes(): Route[] {
  return rig.app.http.routes.map(({ method, path, hooks }) => ({ method, path, detail: hooks.detail as RouteDetail }));
}

/** The path of a route for a camera. */
function of(path: string, camera: string): string {
  const params: Record<string, string> = { id: `s-${camera}`, camera, topic: 'ptz' };
  return path.replaceAll(/:(\w+)/g, (_, name: string) => params[name] ?? 'x');
}

function isOfCamera(path: string): boolean {
  return of(path, MINE) !== of(path, OTHER);
}

/** Bodies that name a camera, by route. Every other route takes `{}`. */
const NAMED: Readonly<Record<string, (camera: string) => object>> = {
  'POST /sessions': (camera_id) => ({ camera_id }),
  'PATCH /settings': (camera) => ({ [camera]: {} }),
  'POST /settings/validate': (camera) => ({ [camera]: {} }),
  'POST /settings/persist': (camera_id) => ({ camera_id }),
  'POST /settings/reload': (camera_id) => ({ camera_id }),
};

const bodyOf = (method: string, text: string) => (method === 'GET' ? {} : { body: text });

test('there are routes, and each says who may use it', () => {
  expect(routes().length).toBeGreaterThan(30);
  for (const { method, path, detail } of routes()) {
    expect(`${method} ${path} ${detail?.['x-role']}`).toMatch(/ (public|viewer|controller|admin)$/);
  }
});

test.each([...ROLES])('%s: its own camera, as far as the role goes', async (role) => {
  const headers = bearer(tokens.get(role) ?? '');
  for (const { method, path, detail } of routes()) {
    const answer = await rig.ask(method, of(path, MINE), { headers, ...bodyOf(method, '{}') });
    const isAllowed = hasRole({ ...ANYBODY, role }, detail['x-role']) && detail['x-cameras'] === undefined;
    const text = await answer.text();
    const what = `${method} ${path} as ${role}: ${answer.status} ${text.slice(0, 100)}`;
    expect(`${what} ${answer.status === 403}`).toBe(`${what} ${!isAllowed}`);
    expect([401, 500]).not.toContain(answer.status);
    // No list names what does not exist for it.
    if (detail['x-role'] !== 'public') expect(text).not.toContain(OTHER);
  }
});

test.each([...ROLES])('%s: a foreign camera is as unknown as one that is not there', async (role) => {
  const headers = bearer(tokens.get(role) ?? '');
  const before = rig.sessions.requests.length;
  for (const { method, path, detail } of routes()) {
    const named = NAMED[`${method} ${path}`];
    if (!named && !isOfCamera(path)) continue;
    const ask = async (camera: string) => {
      const body = bodyOf(method, JSON.stringify(named?.(camera) ?? {}));
      const answer = await rig.ask(method, of(path, camera), { headers, ...body });
      return `${method} ${path} ${answer.status} ${(await answer.text()).replaceAll(camera, 'CAMERA')}`;
    };
    const foreign = await ask(OTHER);
    const isAllowed = hasRole({ ...ANYBODY, role }, detail['x-role']);
    expect(foreign).toStartWith(`${method} ${path} ${isAllowed ? 404 : 403} `);
    if (isAllowed && method !== 'PATCH') expect(foreign).toBe(await ask('nowhere'));
  }
  expect(rig.sessions.requests.length).toBe(before);
});

test('a path that is no UTF-8 names nothing', async () => {
  const headers = bearer(rig.token('admin', 'admin'));
  for (const { method, path } of routes().filter((route) => route.path.includes(':'))) {
    const answer = await rig.ask(method, path.replaceAll(/:\w+/g, '%ff'), { headers, ...bodyOf(method, '{}') });
    expect(`${method} ${path} ${answer.status}`).toBe(`${method} ${path} 404`);
  }
});

test('no token that is not valid gets in anywhere', async () => {
  expect(invalid.size).toBeGreaterThan(15);
  for (const { method, path, detail } of routes()) {
    for (const [what, headers] of invalid) {
      const query = what === 'in the URL alone' ? `?token=${tokens.get('admin')}` : '';
      const answer = await rig.ask(method, `${of(path, MINE)}${query}`, { headers, ...bodyOf(method, '{}') });
      const isRefused = answer.status === 401;
      const line = `${method} ${path} with ${what}`;
      // /login itself says 401 to what is no token.
      if (detail['x-role'] === 'public') expect(`${line} ${isRefused && path !== '/login'}`).toBe(`${line} false`);
      else expect(`${line} ${answer.status}`).toBe(`${line} 401`);
      if (isRefused) expect(answer.headers.get('www-authenticate')).toStartWith('Bearer');
    }
  }
  expect(rig.lines).toEqual([]);
});

describe('a token of all cameras', () => {
  test('sees them all', async () => {
    const headers = bearer(rig.token('all', 'admin'));
    for (const path of ['/cameras', '/sessions', '/settings']) {
      expect(await (await rig.ask('GET', path, { headers })).text()).toContain(OTHER);
    }
    expect((await rig.ask('POST', '/replay', { headers, body: '{}' })).status).toBe(200);
  });
});
