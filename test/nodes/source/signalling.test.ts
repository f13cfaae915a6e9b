/** The HTTP side of WHEP against servers that answer as they like. */
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addressOf } from '../../../nodes/source/address.ts';
import type { SourceOptions } from '../../../nodes/source/options.ts';
import { Signalling, type SignallingOptions } from '../../../nodes/source/whep/signalling.ts';

const SDP = 'v=0\r\n';
const CREATED = { status: 201, headers: { location: '/session/1' } };
const FRAGMENTS = 'application/trickle-ice-sdpfrag';
const limit = () => AbortSignal.timeout(20_000);

interface Seen {
  readonly what: string;
  readonly headers: Headers;
}

/** A server, what it was asked, and a client of it. */
function serve(answer: (url: URL, request: Request) => Response, login: Partial<SourceOptions> & SignallingOptions) {
  const seen: Seen[] = [];
  const fetch = async (request: Request) => {
    const url = new URL(request.url);
    await request.text();
    seen.push({ what: `${request.method} ${url.pathname}`, headers: request.headers });
    return answer(url, request);
  };
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch });
  const options = {
    pace: 'realtime',
    loop: false,
    start_s: 0,
    open_timeout_s: 10,
    transport: 'tcp',
    onvif_times: false,
    profile: 640,
  } as const;
  const { url } = addressOf({ ...options, ...login, url: `whep://127.0.0.1:${server.port}/cam/whep` });
  return { seen, server, client: new Signalling(url, login), [Symbol.asyncDispose]: () => server.stop(true) };
}

const ADMIN = { username: 'admin', password: 'p@ss:w/rd ü"\\', tls_verify: true };
const BASIC = `Basic ${Buffer.from('admin:p@ss:w/rd ü"\\').toString('base64')}`;

describe('a session', () => {
  test('goes on with the same login: late candidates by its tag, and its end', async () => {
    const headers = { ...CREATED.headers, 'accept-patch': FRAGMENTS, etag: '"7"' };
    await using peer = serve(() => new Response(SDP, { status: 201, headers }), ADMIN);
    expect(await peer.client.offer(SDP, limit())).toBe(SDP);
    await peer.client.trickle('a=end-of-candidates\r\n', limit());
    await peer.client.end();
    await peer.client.end();
    expect(peer.seen.map(({ what }) => what)).toEqual(['POST /cam/whep', 'PATCH /session/1', 'DELETE /session/1']);
    expect(peer.seen.map(({ headers }) => headers.get('authorization'))).toEqual([BASIC, BASIC, BASIC]);
    expect(peer.seen[1]?.headers.get('if-match')).toBe('"7"');
    expect(peer.seen[1]?.headers.get('content-type')).toBe(FRAGMENTS);
  });

  test('of another server is left alone; a redirect there is followed, without the login', async () => {
    await using other = serve(() => new Response(SDP, CREATED), ADMIN);
    const there = `http://127.0.0.1:${other.server.port}/moved`;
    await using first = serve(() => new Response('', { status: 307, headers: { location: there } }), ADMIN);
    expect(await first.client.offer(SDP, limit())).toBe(SDP);
    await first.client.end();
    expect(other.seen.map(({ what, headers }) => [what, headers.get('authorization')])).toEqual([
      ['POST /moved', null],
      ['DELETE /session/1', null],
    ]);
    await using elsewhere = serve(() => new Response(SDP, { status: 201, headers: { location: `${there}/x` } }), ADMIN);
    await elsewhere.client.offer(SDP, limit());
    await elsewhere.client.end();
    expect(other.seen).toHaveLength(2);
  });

  test('a bearer token takes the place of a login', async () => {
    await using peer = serve(() => new Response(SDP, CREATED), { token: 'to.ken', tls_verify: true });
    await peer.client.offer(SDP, limit());
    expect(peer.seen[0]?.headers.get('authorization')).toBe('Bearer to.ken');
  });
});

describe('an answer that is none', () => {
  const echo =
    (status: number) =>
    (_: URL, { headers }: Request) =>
      new Response(`${headers.get('authorization')} ${ADMIN.password}`, { status });

  test.each([
    [401, 'source_login'],
    [403, 'source_login'],
    [404, 'source_not_found'],
    [410, 'source_not_found'],
    [406, 'source_unsupported'],
    [418, 'source_unreadable'],
    [200, 'source_unreadable'],
    [429, 'source_busy'],
    [502, 'source_busy'],
  ] as const)('%d: %s, without what was sent', async (status, code) => {
    await using peer = serve(echo(status), ADMIN);
    const error = await peer.client.offer(SDP, limit()).catch((reason) => reason);
    expect(error).toMatchObject({ code });
    expect(String(error)).not.toMatch(/Basic|p@ss/);
    expect(peer.seen.length).toBe(status === 401 || status === 403 ? 1 : peer.seen.length);
  });

  test('redirects without end are not followed', async () => {
    await using peer = serve(
      (url) => new Response('', { status: 307, headers: { location: `${url.pathname}x` } }),
      ADMIN,
    );
    expect(peer.client.offer(SDP, limit())).rejects.toMatchObject({ code: 'source_unreadable' });
    expect(peer.seen.length).toBeLessThan(6);
  });

  test('one without an end is cut off', async () => {
    const endless = () => new Response(new ReadableStream({ pull: (to) => to.enqueue(Buffer.alloc(10_000, 'v=0')) }));
    await using peer = serve(endless, ADMIN);
    const error = await peer.client.offer(SDP, limit()).catch((reason) => reason);
    expect(String(error)).toContain('an answer of more than 65536 bytes');
  });

  test('nothing listens there', async () => {
    const peer = serve(() => new Response(), ADMIN);
    await peer[Symbol.asyncDispose]();
    expect(peer.client.offer(SDP, limit())).rejects.toMatchObject({ code: 'source_refused' });
  });
});

test('WebRTC is loaded only where it is used', () => {
  const folder = join(import.meta.dir, '../../..');
  const files = [...new Bun.Glob('{runtime,nodes,ptz,sim,motion,schemas}/**/*.ts').scanSync({ cwd: folder })];
  const text = (file: string) => readFileSync(join(folder, file), 'utf8');
  expect(files.filter((file) => /from 'werift'/.test(text(file))).toSorted()).toEqual([
    'nodes/preview/webrtc-viewer.ts',
    'nodes/source/whep/receiver.ts',
  ]);
  const outside = files.filter((file) => !file.startsWith('nodes/source/whep/'));
  expect(outside.filter((file) => /from '[^']*whep\//.test(text(file)))).toEqual([]);
});
