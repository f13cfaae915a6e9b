/** `bun run serve`: several graphs under one server, and what a client can do wrong to it. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { CameraView, Readiness, SessionView } from '../../runtime/session/api.ts';
import { RunningCommand, runCommand } from '../support/command.ts';
import { CAMERA_ENV, chain, Folder, graphText, ONE_TRACK, SKY, testNode } from '../support/graphs.ts';
import { PATIENCE_MS, TEST_LIMIT_MS, until } from '../support/patience.ts';
import { isAlive } from '../support/processes.ts';
import { WireClient } from '../support/wire-client.ts';

const SERVE = ['--port', '0'];

async function json<T>(url: string, init?: RequestInit): Promise<{ status: number; body: T }> {
  const answer = await fetch(url, init);
  return { status: answer.status, body: (await answer.json()) as T };
}

const post = (url: string, body: string) =>
  json<SessionView & { created: boolean; error: string }>(url, { method: 'POST', body });

describe('sessions on request', () => {
  const folder = new Folder();
  let command: RunningCommand;
  let url = '';

  beforeAll(async () => {
    folder.write('b.yaml', graphText(ONE_TRACK, 'cam-b'));
    const view = 'http://viewer:sesame@media:8889/a/whep?jwt=sesame&wide=1';
    const source = `{ use: source, with: { url: ${SKY}, loop: true, view: "${view}" } }`;
    folder.write('a.yaml', graphText(chain('realtime', { source }), 'cam-a'));
    folder.write('notes.txt', 'not a graph');
    command = new RunningCommand(['serve', folder.path, 'graphs/cam01.yaml', ...SERVE]);
    url = await command.url();
  }, TEST_LIMIT_MS);
  afterAll(async () => {
    await command[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  test('knows the graphs of a folder by name, and of files; starts none by itself', async () => {
    const { body } = await json<{ cameras: CameraView[] }>(`${url}/cameras`);
    expect(body.cameras).toEqual([
      {
        ...{ camera_id: 'cam-a', graph: folder.file('a.yaml'), session_id: null },
        view_url: 'http://media:8889/a/whep?wide=1',
      },
      { camera_id: 'cam-b', graph: folder.file('b.yaml'), session_id: null },
      { camera_id: 'cam01', graph: 'graphs/cam01.yaml', session_id: null },
    ]);
    expect(command.sessions).toEqual([]);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  test(
    'starts one camera, once; stops it; starts it anew',
    async () => {
      const first = await post(`${url}/sessions`, '{"camera_id":"cam-b"}');
      expect(first).toMatchObject({ status: 201, body: { camera_id: 'cam-b', created: true, running: true } });
      const again = await post(`${url}/sessions`, '{"camera_id":"cam-b"}');
      expect(again).toMatchObject({ status: 200, body: { session_id: first.body.session_id, created: false } });
      await until('running', () => command.stderr.includes('session is running'), PATIENCE_MS);
      const [child = 0] = command.sessions;
      const stopping = json(`${url}/sessions/${first.body.session_id}`, { method: 'DELETE' });
      // Whoever asks while it is being stopped gets a new one, not the one that is about to go.
      const meanwhile = await post(`${url}/sessions`, '{"camera_id":"cam-b"}');
      expect(meanwhile.status).toBe(201);
      expect(meanwhile.body.session_id).not.toBe(first.body.session_id);
      expect(await stopping).toEqual({ status: 200, body: { deleted: true, session_id: first.body.session_id } });
      expect(isAlive(child)).toBe(false);
      const { status } = await json(`${url}/sessions/${first.body.session_id}`);
      expect(status).toBe(404);
      await json(`${url}/sessions/${meanwhile.body.session_id}`, { method: 'DELETE' });
      expect(command.sessions).toEqual([]);
    },
    TEST_LIMIT_MS,
  );

  test.each([
    { body: '{"camera_id":"cam-c"}', status: 404, error: /^Unknown camera_id: cam-c$/ },
    { body: '{"camera_id":', status: 400, error: /JSON/ },
    { body: '[]', status: 400, error: /\S/ },
    { body: '{"camera_id":7}', status: 400, error: /camera_id/ },
    { body: '{"camera":"cam-a"}', status: 400, error: /camera/ },
  ])('POST /sessions $body → $status', async ({ body, status, error }) => {
    const answer = await post(`${url}/sessions`, body);
    expect(answer.status).toBe(status);
    expect(answer.body.error).toMatch(error);
    expect(command.sessions).toEqual([]);
  });

  test(
    'a message of 1 MB is refused, and neither the socket nor the session minds',
    async () => {
      const { body } = await post(`${url}/sessions`, '{}');
      expect(body.camera_id).toBe('cam-a');
      using client = await WireClient.open(url, body.session_id);
      await client.tick('a tick', () => true, PATIENCE_MS);
      const huge = JSON.stringify({ type: 'set_target_id', target_id: 1, padding: 'x'.repeat(1024 * 1024) });
      client.send(huge);
      await until('a reply', () => client.replies.length > 0);
      expect(client.replies).toEqual([{ type: 'error', error: 'invalid_json' }]);
      await client.tick('another tick', () => true);
      expect(client.isOpen).toBe(true);
      await json(`${url}/sessions/${body.session_id}`, { method: 'DELETE' });
      await until('closed', () => client.closed !== undefined);
      expect(client.closed).toEqual({ code: 1000, reason: 'session ended' });
    },
    TEST_LIMIT_MS,
  );
});

describe('all at once', () => {
  test(
    '--start: bad ones do not touch the good one',
    async () => {
      using folder = new Folder();
      const throwing = (at: number) => `{ use: ${testNode('slow-detect')}, from: decode, with: { throw_at: ${at} } }`;
      const frames = `{ use: ${testNode('frames')}, from: decode, with: { fail: open } }`;
      folder.write('good.yaml', graphText(chain('realtime'), 'good'));
      folder.write(
        'gone.yaml',
        graphText(chain('realtime', { source: '{ use: source, with: { url: gone.mp4 } }' }), 'gone'),
      );
      folder.write(
        'text.yaml',
        graphText(chain('realtime', { source: `{ use: source, with: { url: ${import.meta.path} } }` }), 'text'),
      );
      folder.write('dies.yaml', graphText(chain('realtime', { detect: throwing(40) }), 'dies'));
      folder.write('shut.yaml', graphText({ ...chain('realtime'), frames }, 'shut'));
      await using command = new RunningCommand(['serve', folder.path, '--start', ...SERVE]);
      const url = await command.url();
      const list = async () => (await json<{ sessions: SessionView[] }>(`${url}/sessions`)).body.sessions;
      const good = (await list()).find(({ camera_id }) => camera_id === 'good');
      using client = await WireClient.open(url, good?.session_id ?? '');
      const says = ['cannot bear frame 40', 'source_not_found', 'source_unreadable', 'test_open'];
      await until('all four faults', () => says.every((text) => command.stderr.includes(text)), PATIENCE_MS);

      // The one that dies comes back, and for a few seconds nothing is wrong with it: until it dies again.
      const reasons: Record<string, string> = {};
      await until('the fault of the one that dies', async () => {
        const { status, body } = await json<Readiness & { error: string }>(`${url}/readyz`);
        expect(status).toBe(503);
        for (const { camera_id, code, message } of body.reasons) reasons[camera_id] = `${code}: ${message}`;
        return reasons.dies !== undefined;
      });
      expect(Object.keys(reasons).toSorted()).toEqual(['dies', 'gone', 'shut', 'text']);
      expect(reasons.gone).toStartWith(`source_not_found: node source: ${folder.file('gone.mp4')}: no such file`);
      expect(reasons.gone).toEndWith(`(${folder.file('gone.yaml')}:4:3)`);
      expect(reasons.text).toStartWith(`source_unreadable: node source: ${import.meta.path}: cannot be opened`);
      expect(reasons.dies).toMatch(/^node_failed: node detect: cannot bear frame 40 \(.*slow-detect\.ts:\d+:\d+\)$/);
      expect(reasons.shut).toMatch(/^test_open: node frames: this node never opens \(.*frames\.ts:\d+:\d+\)$/);

      // An error each, with graph and node, and the good one ticks on.
      const errors = command.log().filter(({ level }) => level === 'error');
      expect([...new Set(errors.map(({ camera }) => camera))].toSorted()).toEqual(['dies', 'gone', 'shut', 'text']);
      for (const { camera, graph, at } of errors) {
        expect(graph).toBe(folder.file(`${camera}.yaml`));
        expect(at).toMatch(/:\d+:\d+$/);
      }
      await client.tick('a tick of the good one', () => true);
      expect(await command.sessionView(url, good?.session_id ?? '')).toMatchObject({ state: 'running', restarts: 0 });
      // A stop in the middle of a death is none in order.
      const dies = async () => (await list()).find(({ camera_id }) => camera_id === 'dies');
      await until('the one that dies is back', async () => (await dies())?.fault === null, PATIENCE_MS);
      command.signal('SIGINT');
      const { exitCode } = await command.finished();
      // On a busy machine a process that is just starting may not have heard in time.
      const killed = command.log().filter(({ code }) => code === 'session_killed' || code === 'node_hangs');
      expect(exitCode).toBe(killed.length > 0 ? 1 : 0);
    },
    TEST_LIMIT_MS,
  );

  test(
    'a camera that is offline does not delay the others',
    async () => {
      using folder = new Folder();
      const offline = '{ use: source, with: { url: "rtsp://127.0.0.1:1/x" } }';
      folder.write('offline.yaml', graphText(chain('realtime', { source: offline }), 'offline'));
      folder.write('online.yaml', graphText(ONE_TRACK, 'online'));
      await using command = new RunningCommand(['serve', folder.path, '--start', ...SERVE]);
      const url = await command.url();
      const says = ['session is running', 'source_refused'];
      await until('one runs, one cannot', () => says.every((text) => command.stderr.includes(text)));
      const { status, body } = await json<Readiness>(`${url}/readyz`);
      expect(status).toBe(503);
      expect(body.reasons).toEqual([expect.objectContaining({ camera_id: 'offline', code: 'source_refused' })]);
    },
    TEST_LIMIT_MS,
  );
});

describe('refused', () => {
  test('two graphs of one camera', async () => {
    using folder = new Folder();
    const [a, b] = ['a.yaml', 'b.yaml'].map((name) => folder.write(name, graphText(chain('realtime'), 'twice')));
    const { exitCode, stdout, stderr } = await runCommand(['serve', folder.path, ...SERVE]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toBe(`${b}:2:9 camera: 'twice' is also the camera of ${a}; each graph needs its own\n`);
  });

  test('a folder without graphs', async () => {
    using folder = new Folder();
    const { exitCode, stderr } = await runCommand(['serve', folder.path, ...SERVE]);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: `windhover serve: ${folder.path} contains no graph files (*.yaml)\n`,
    });
  });

  test('a path that is not there', async () => {
    const { exitCode, stderr } = await runCommand(['serve', 'graphs/nowhere', ...SERVE]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: 'graphs/nowhere:1:1: there is no such file\n' });
  });

  test('a port in use', async () => {
    await using server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('') });
    const args = ['serve', 'graphs', '--start', '--port', String(server.port)];
    const { exitCode, stdout, stderr } = await runCommand(args, { env: CAMERA_ENV });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^windhover serve: Port in use: 127\.0\.0\.1:\d+ \(.*\)\n$/);
  });
});
