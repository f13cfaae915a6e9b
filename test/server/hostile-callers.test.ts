/** What somebody with a token of one camera may try: to see more than that, for longer, or to wear the server out. */
import { afterEach, describe, expect, test } from 'bun:test';
import type { Caller } from '../../runtime/access/caller.ts';
import { revokeToken } from '../../runtime/access/tokens.ts';
import { csv, download } from '../../runtime/server/lines.ts';
import { topics } from '../../schemas/topics.ts';
import { GOOD } from '../graph/nodes.ts';
import { until } from '../support/patience.ts';
import { bearer, MINE, OTHER, Rigs } from './guarded.ts';

const rigs = new Rigs();
afterEach(() => rigs.end());

describe('variables of the environment, which hold the passwords of other cameras', () => {
  const url = (name: string) => `rtsp://elsewhere/\${${name}}`;
  const graph = (written: string) => GOOD.replace('cam01', MINE).replace('"rtsp://cam/sub"', written);
  const tries: readonly (readonly [string, string, string])[] = [
    ['PATCH', '/settings', JSON.stringify({ [MINE]: { source: { url: url('OTHER_PASSWORD') } } })],
    ['PATCH', `/settings/${MINE}`, JSON.stringify({ detect: { labels: [`a \${OTHER_PASSWORD:-b}`] } })],
    ['POST', '/settings/validate', JSON.stringify({ [MINE]: { source: { url: url('OTHER_PASSWORD') } } })],
    ['PUT', `/graphs/${MINE}`, graph(`"${url('OTHER_PASSWORD')}"`)],
    // As YAML may write it, too.
    ['PUT', `/graphs/${MINE}`, graph('"rtsp://elsewhere/\\x24\\x7bOTHER_PASSWORD}"')],
    ['PUT', `/graphs/${MINE}`, graph(`"rtsp://elsewhere/\${OTHER\\\n          _PASSWORD}"`)],
  ];

  test.each(tries)('%s %s: refused unless the graph names it already', async (method, path, body) => {
    const rig = await rigs.of({ hasSettings: true });
    const mine = bearer(rig.token('mine', 'admin', { cameras: [MINE] }));
    const refused = await rig.ask(method, path, { headers: mine, body });
    // That it is set, or not, is not said either.
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining('OTHER_PASSWORD')]);
    const all = await rig.ask(method, path, { headers: bearer(rig.token('all', 'admin')), body });
    expect(await all.text()).toContain(body.includes(':-') ? '"changed"' : 'OTHER_PASSWORD is not set');
  });

  test('its own stay', async () => {
    const rig = await rigs.of({ hasSettings: true });
    const put = (token: string, written: string) =>
      rig.ask('PUT', `/graphs/${MINE}`, { headers: bearer(token), body: graph(`"rtsp://\${HOST:-${written}}/sub"`) });
    const [all, mine] = [rig.token('all', 'admin'), rig.token('mine', 'admin', { cameras: [MINE] })];
    expect((await put(mine, 'one')).status).toBe(403);
    // A comment that names it makes it no part of the graph.
    const comment = { headers: bearer(mine), body: `${graph('"rtsp://cam/sub"')}# \${HOST}\n` };
    expect((await rig.ask('PUT', `/graphs/${MINE}`, comment)).status).toBe(200);
    expect((await put(mine, 'one')).status).toBe(403);
    expect((await put(all, 'one')).status).toBe(200);
    expect((await put(mine, 'two')).status).toBe(200);
  });
});

test('topics of foreign sessions have no names', async () => {
  const rig = await rigs.of();
  const { ptz } = topics;
  rig.sessions.topics = (id?: string) => (id === `s-${OTHER}` ? { ...topics, hidden: ptz } : topics);
  const ask = async (name: string, cameras: string[] | null) => {
    const headers = bearer(rig.token(name, 'viewer', { cameras }));
    return rig.ask('GET', '/events/stream?topics=nonsense', { headers });
  };
  expect(await (await ask('all', null)).text()).toContain('hidden');
  const mine = await ask('mine', [MINE]);
  expect([mine.status, (await mine.text()).includes('hidden')]).toEqual([400, false]);
});

test('short-lived tokens without number: the oldest ends, and no other', async () => {
  const rig = await rigs.of();
  const owner = await rig.access.callerOf({ by: 'bearer', token: rig.token('t', 'viewer') });
  const callers: (Caller | null)[] = [];
  for (let n = 0; n <= 2000 && owner; n++) {
    const { token } = await rig.access.sign(owner, 'session', { role: 'viewer', cameras: [MINE], forMs: 60_000 });
    callers.push(await rig.access.callerOf({ by: 'bearer', token }));
  }
  expect(callers.findIndex((caller) => caller?.ended?.aborted === false)).toBe(1);
  expect(callers[0]?.ended?.reason).toBe('too many short-lived tokens');
  expect([callers.at(-1)?.ended?.aborted, owner?.ended?.aborted]).toEqual([false, false]);
});

test('the page names the video servers of the cameras that the caller sees, and none before a log-in', async () => {
  const rig = await rigs.of();
  rig.sessions.cameras = () =>
    [MINE, OTHER].map((camera_id) => {
      return { camera_id, graph: 'x.yaml', session_id: null, view_url: `https://video-of-${camera_id}.example/x` };
    });
  const policy = async (headers: Record<string, string>) => {
    const answer = await rig.ask('GET', '/', { headers });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    return [...(answer.headers.get('content-security-policy') ?? '').matchAll(/video-of-(\w+)/g)].map(
      ([, name]) => name,
    );
  };
  expect(await policy({})).toEqual([]);
  expect(new Set(await policy(bearer(rig.token('mine', 'viewer', { cameras: [MINE] }))))).toEqual(new Set([MINE]));
  expect(new Set(await policy(bearer(rig.token('all', 'viewer'))))).toEqual(new Set([MINE, OTHER]));
});

test('HEAD of what has no end is answered, and leaves nothing behind', async () => {
  const { rig, server } = await rigs.serving();
  const headers = bearer(rig.token('t', 'viewer'));
  for (const path of ['/events/stream', `/sessions/s-${MINE}/events/stream`, '/cameras', '/healthz']) {
    const get = await fetch(`${server.url}${path}`, { headers });
    const head = await fetch(`${server.url}${path}`, { method: 'HEAD', headers });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, get.headers.get('content-type')]);
    expect(await head.text()).toBe('');
    await get.body?.cancel();
  }
  expect((await fetch(`${server.url}/cameras`, { method: 'HEAD' })).status).toBe(401);
  await until('no stream is left', () => rig.app.streams.count === 0);
});

describe('a revoked token', () => {
  test('cuts a download short', async () => {
    const abort = new AbortController();
    let isOver = false;
    const lines = (async function* () {
      try {
        for (;;) yield 'a line\n';
      } finally {
        isOver = true;
      }
    })();
    const reader = (await download(lines, 'all.jsonl', abort.signal)).body?.getReader();
    expect((await reader?.read())?.done).toBe(false);
    abort.abort('token revoked');
    const rest = async () => {
      while (!(await reader?.read())?.done);
    };
    await expect(rest()).rejects.toThrow('token revoked');
    expect(isOver).toBe(true);
  });

  test('ends a picture also when it is revoked while that begins, and no picture that is over already', async () => {
    const { rig } = await rigs.serving();
    rig.access.look();
    const headers = bearer(rig.token('t', 'viewer'));
    const url = `http://localhost/sessions/s-${MINE}/whep`;
    const offered = Promise.withResolvers<void>();
    let id = 'first';
    rig.sessions.answer = async (name) => {
      if (name === 'preview_offer' && id === 'second') await offered.promise;
      return { result: name === 'preview_offer' ? { id, sdp: 'v=0' } : {} };
    };
    const offer = () => rig.app.handle(new Request(url, { method: 'POST', headers, body: 'v=0' }));
    const ended = (which: string) =>
      rig.sessions.requests.filter(
        ({ name, params }) => name === 'preview_end' && Bun.deepEquals(params, { id: which }),
      );
    expect((await offer()).status).toBe(201);
    expect((await rig.app.handle(new Request(`${url}/first`, { method: 'DELETE', headers }))).status).toBe(200);
    id = 'second';
    const second = offer();
    await until(
      'the offer is under way',
      () => rig.sessions.requests.filter(({ name }) => name === 'preview_offer').length === 2,
    );
    revokeToken(rig.folder, 't');
    rig.access.look();
    offered.resolve();
    await second;
    await until('its end', () => ended('second').length === 1);
    expect(ended('first').length).toBe(1);
  });
});

test('a class of a model is no formula of a spreadsheet', async () => {
  const rows = (async function* () {
    yield { label: '=HYPERLINK("http://evil.example")', score: -1, note: '-', plain: 'drone' };
  })();
  expect(await Array.fromAsync(csv(rows))).toEqual([
    'label,score,note,plain\r\n',
    `"'=HYPERLINK(""http://evil.example"")",-1,'-,drone\r\n`,
  ]);
});
