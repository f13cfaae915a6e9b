/** Host names, proxies, and the address of a client. */
import { afterEach, describe, expect, test } from 'bun:test';
import { bearer, MINE, Rigs } from './guarded.ts';

const rigs = new Rigs();
afterEach(() => rigs.end());

describe('host names and proxies', () => {
  test.each([
    ['an address, of a server for others', { isPublic: true }, 'http://192.168.1.5/healthz', {}, 200],
    ['a name, of a server for others', { isPublic: true }, 'http://evil.example/healthz', {}, 403],
    ['its own page', { isPublic: true }, 'http://192.168.1.5/healthz', { origin: 'http://192.168.1.5' }, 200],
    ['a page of another address', { isPublic: true }, 'http://192.168.1.5/healthz', { origin: 'http://10.0.0.1' }, 403],
    ['an allowed name', { allowedHosts: ['ops.example'] }, 'http://ops.example/healthz', {}, 200],
    [
      'a page of an allowed name',
      { allowedHosts: ['ops.example'] },
      'http://localhost/healthz',
      { origin: 'https://ops.example:8443' },
      200,
    ],
    ['a name that points here', {}, 'http://evil.example/healthz', { origin: 'http://evil.example' }, 403],
    [
      'a name behind a proxy that is not trusted',
      {},
      'http://localhost/healthz',
      { 'x-forwarded-host': 'evil.example' },
      200,
    ],
    [
      'a name behind a trusted proxy',
      { trustedProxies: ['loopback'] },
      'http://localhost/healthz',
      { 'x-forwarded-host': 'evil.example' },
      403,
    ],
    [
      'a page that claims to be a proxy',
      { trustedProxies: ['loopback'] },
      'http://evil.example/healthz',
      { 'x-forwarded-host': 'localhost' },
      403,
    ],
    [
      'an allowed name behind a trusted proxy',
      { trustedProxies: ['loopback'], allowedHosts: ['ops.example'] },
      'http://localhost/healthz',
      { 'x-forwarded-host': 'ops.example', origin: 'https://ops.example' },
      200,
    ],
    [
      'no name behind a trusted proxy',
      { trustedProxies: ['loopback'] },
      'http://localhost/healthz',
      { 'x-forwarded-host': 'a b/c' },
      400,
    ],
  ])('%s', async (_what, options, url, headers: Record<string, string>, status) => {
    const rig = await rigs.of(options);
    expect((await rig.app.handle(new Request(url, { headers }), '127.0.0.1')).status).toBe(status);
  });

  test.each([
    ['the peer', [], '9.9.9.9', '1.1.1.1', '9.9.9.9'],
    ['the client of a trusted proxy', ['9.9.9.0/24'], '9.9.9.9', '1.1.1.1', '1.1.1.1'],
    ['not what a client puts before', ['loopback'], '127.0.0.1', '7.7.7.7, 1.1.1.1', '1.1.1.1'],
    ['through two proxies', ['loopback', '10.0.0.0/8'], '::1', '1.1.1.1, 10.0.0.2', '1.1.1.1'],
    ['as IPv4', ['127.0.0.1'], '::ffff:127.0.0.1', '::ffff:1.1.1.1', '1.1.1.1'],
    ['not a word', ['loopback'], '127.0.0.1', 'unknown', '127.0.0.1'],
  ])('the address in the audit log: %s', async (_what, trustedProxies, peer, forwarded, address) => {
    const rig = await rigs.of({ trustedProxies });
    const headers = { ...bearer(rig.token('op', 'admin')), 'x-forwarded-for': forwarded };
    await rig.app.handle(new Request('http://localhost/sessions', { method: 'POST', body: '{}', headers }), peer);
    expect(rig.entries).toMatchObject([
      { address, caller: 'op', action: 'POST /sessions', camera: MINE, outcome: 'ok' },
    ]);
  });
});
