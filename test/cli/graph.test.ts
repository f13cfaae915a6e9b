/** `bun run graph` as a user runs it: what it prints, when it ends, and with which exit code. */
import { describe, expect, test } from 'bun:test';
import { Slots } from '../e2e/slots.ts';
import { RunningCommand, runCommand } from '../support/command.ts';
import { chain, Folder, graphText, LIVE, sky, testNode } from '../support/graphs.ts';
import { until } from '../support/patience.ts';
import { isAlive } from '../support/processes.ts';

/** So many commands run at a time: most of what they do is wait. */
const slots = new Slots(3);
const inTurn = (name: string, run: () => Promise<void>) => test.concurrent(name, () => slots.with(run));

const OFFLINE = ['--set', 'source.url=rtsp://127.0.0.1:1/x'];

describe('stdout', () => {
  inTurn('says where it listens, then that frames flow; nothing else', async () => {
    await using command = new RunningCommand(LIVE);
    const { url, session, camera } = await command.ready();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/);
    expect(camera).toBe('clip');
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ ready: true, reasons: [], warnings: [] });
    const view = await command.sessionView(url, session);
    expect(view).toMatchObject({ session_id: session, camera_id: 'clip', state: 'running', fault: null });
    command.signal('SIGINT');
    const { exitCode, stdout, stderr } = await command.finished();
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`listening ${url}\nready ${url} session=${session} camera=clip\n`);
    // Without a terminal, the log is JSON and nothing but JSON.
    for (const line of stderr.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ camera: 'clip', session });
  });

  inTurn('a camera that is offline holds nothing back but the ready line', async () => {
    await using command = new RunningCommand([...LIVE, ...OFFLINE]);
    const url = await command.url();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(503);
    await command.untilView(url, 'three attempts', ({ nodes }) => Number(nodes.source?.reconnects) >= 3);
    command.signal('SIGINT');
    const { exitCode, stdout } = await command.finished();
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`listening ${url}\n`);
    // It tried more than once, and said so once.
    const faults = command.log().filter(({ node }) => node === 'source');
    expect(faults).toEqual([expect.objectContaining({ level: 'warn', code: 'source_refused', camera: 'clip' })]);
    expect(String(faults[0]?.message)).toContain('rtsp://127.0.0.1:1/x');
  });

  inTurn('--host names another loopback address; other machines are refused without a token', async () => {
    await using command = new RunningCommand([...LIVE, '--host', 'localhost']);
    expect(await command.url()).toMatch(/^http:\/\/localhost:\d+$/);
    using state = new Folder();
    const { exitCode, stderr } = await runCommand([...LIVE, '--host', '0.0.0.0', '--state', state.path]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--host 0.0.0.0');
    expect(stderr).toContain('bun run token create');
    command.signal('SIGINT');
    expect((await command.finished()).exitCode).toBe(0);
  });
});

describe('the end', () => {
  inTurn('comes after --for seconds', async () => {
    await using command = new RunningCommand([...LIVE, '--for', '1.5']);
    await command.url();
    const begun = performance.now();
    const { exitCode, stdout } = await command.finished();
    // On a busy machine the first frame may come later than that, while it is being stopped, or not at all.
    expect(stdout.includes('ready ') ? [0] : [0, 1]).toContain(exitCode);
    expect(performance.now() - begun).toBeGreaterThan(1300);
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    inTurn(`${signal}: every track gets its end, exit code 0, no process stays`, async () => {
      using folder = new Folder();
      const record = folder.file('out.jsonl');
      await using command = new RunningCommand([...LIVE, '--jsonl', record]);
      const { url } = await command.ready();
      await command.untilView(url, 'open tracks', ({ nodes }) => Number(nodes.publish?.open_tracks) > 0);
      const [child = 0] = command.sessions;
      expect(isAlive(child)).toBe(true);
      command.signal(signal);
      const { exitCode } = await command.finished();
      expect(exitCode).toBe(0);
      expect(isAlive(child)).toBe(false);
      const events = (await Bun.file(record).text()).split('\n').filter((line) => line.includes('"track_event"'));
      const count = (event: string) => events.filter((line) => line.includes(`"event":"${event}"`)).length;
      expect(count('new')).toBeGreaterThan(0);
      expect(count('end')).toBe(count('new'));
    });
  }

  for (const [source, deaf, code] of [
    ['that never waits stops in order', false, 0],
    ['that goes on when it is told to stop is killed, and the exit code says so', true, 1],
  ] as const) {
    inTurn(`a source ${source}`, async () => {
      using folder = new Folder();
      const busy = `{ use: ${testNode('busy')}, with: { deaf: ${deaf} } }`;
      const file = folder.write('busy.yaml', graphText({ busy, order: `{ use: ${testNode('order')}, from: busy }` }));
      await using command = new RunningCommand(['graph', file, '--port', '0']);
      await command.ready();
      command.signal('SIGINT');
      expect((await command.finished()).exitCode).toBe(code);
      const errors = command.log().filter(({ level }) => level === 'error');
      expect(errors.map(({ code, node }) => `${code} ${node}`)).toEqual(deaf ? ['node_hangs busy'] : []);
    });
  }

  inTurn('one key press that comes twice (bun run passes it on) still stops in order', async () => {
    await using command = new RunningCommand(LIVE);
    await command.ready();
    command.signal('SIGINT');
    command.signal('SIGTERM');
    expect((await command.finished()).exitCode).toBe(0);
  });

  inTurn('a second Ctrl-C, while a node does not come back, leaves at once', async () => {
    using folder = new Folder();
    const frames = `{ use: ${testNode('frames')}, from: decode, with: { hang: true, at: 5, counts: false } }`;
    const file = folder.write('hangs.yaml', graphText({ ...chain('realtime'), frames }));
    await using command = new RunningCommand(['graph', file, '--port', '0']);
    await command.ready();
    const [child = 0] = command.sessions;
    const again = setInterval(() => command.signal('SIGINT'), 100);
    const { exitCode } = await command.finished();
    clearInterval(again);
    expect(exitCode).toBe(130);
    await until('the session gone', () => !isAlive(child));
  });

  inTurn('a frame that is processed after Ctrl-C makes nothing ready', async () => {
    using folder = new Folder();
    const frames = `{ use: ${testNode('frames')}, from: decode, with: { block_ms: 1500 } }`;
    const decode = '{ use: decode, from: source }';
    const text = graphText({ source: sky({ pace: 'realtime', loop: true }), decode, frames });
    await using command = new RunningCommand(['graph', folder.write('slow.yaml', text), '--port', '0']);
    const url = await command.url();
    await command.untilView(url, 'a decoded frame', ({ nodes }) => Number(nodes.decode?.decoded) > 0);
    command.signal('SIGINT');
    const { stdout } = await command.finished();
    expect(stdout).toBe(`listening ${url}\n`);
  });

  inTurn('Ctrl-C while the camera is offline', async () => {
    await using command = new RunningCommand([...LIVE, ...OFFLINE]);
    await command.url();
    command.signal('SIGINT');
    expect((await command.finished()).exitCode).toBe(0);
  });

  inTurn('a file that is over stays to be looked at, until it is told to go', async () => {
    await using command = new RunningCommand(['graph', 'graphs/replay.yaml', '--port', '0']);
    const { url } = await command.ready();
    const view = await command.untilView(url, 'the end', ({ state }) => state === 'ended');
    expect(view).toMatchObject({ state: 'ended', running: false, fault: null, progress: 1 });
    expect(view.frames).toEqual({ decoded: 300, processed: 300, dropped: 0, in_flight: 0 });
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    command.signal('SIGINT');
    expect((await command.finished()).exitCode).toBe(0);
  });
});

describe('a graph that cannot go on', () => {
  inTurn('one message with graph, node and place; exit code 1', async () => {
    using folder = new Folder();
    const file = folder.write(
      'missing.yaml',
      graphText(chain('realtime', { source: '{ use: source, with: { url: no.mp4 } }' })),
    );
    await using command = new RunningCommand(['graph', file, '--port', '0']);
    const { exitCode, stderr } = await command.finished();
    expect(exitCode).toBe(1);
    const errors = command.log().filter(({ level }) => level === 'error');
    const at = `${file}:4:3`;
    expect(errors).toEqual([
      expect.objectContaining({ graph: file, node: 'source', at, code: 'source_not_found', camera: 'cam' }),
    ]);
    expect(errors[0]?.message).toContain(`${folder.file('no.mp4')}: no such file`);
    expect(stderr.trim().split('\n')).toHaveLength(command.log().length);
  });

  inTurn('a batch stops at the first failure of a node', async () => {
    using folder = new Folder();
    const detect = `{ use: ${import.meta.dir}/../fixtures-nodes/slow-detect.ts, from: decode, with: { throw_at: 100 } }`;
    const file = folder.write('fails.yaml', graphText(chain('asap', { detect })));
    const record = folder.file('out.jsonl');
    await using command = new RunningCommand(['graph', file, '--port', '0', '--exit-at-end', '--jsonl', record]);
    expect((await command.finished()).exitCode).toBe(1);
    const [error, ...more] = command.log().filter(({ level }) => level === 'error');
    expect(more).toEqual([]);
    expect(error).toMatchObject({
      node: 'detect',
      code: 'node_failed',
      graph: file,
      message: 'cannot bear frame 100',
    });
    expect(error?.at).toMatch(/fixtures-nodes\/slow-detect\.ts:\d+:\d+$/);
    // What came before the failure is whole, and every track has its end.
    const lines = (await Bun.file(record).text())
      .trim()
      .split('\n')
      .map((line): Record<string, unknown> => JSON.parse(line));
    expect(lines.filter(({ type }) => type === 'metadata_tick')).toHaveLength(99);
    expect(lines.filter(({ event }) => event === 'new')).toHaveLength(1);
    expect(lines.filter(({ event }) => event === 'end')).toHaveLength(1);
  });

  inTurn('a port in use; the record of an earlier run stays as it was', async () => {
    using folder = new Folder();
    const record = folder.write('out.jsonl', 'earlier\n');
    await using server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('') });
    const args = ['graph', 'graphs/cam01.yaml', '--port', String(server.port), '--jsonl', record];
    const { exitCode, stdout, stderr } = await runCommand(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^windhover graph: Port in use: 127\.0\.0\.1:\d+ \(choose another port.*\)\n$/);
    expect(await Bun.file(record).text()).toBe('earlier\n');
  });

  inTurn('a record that cannot be written', async () => {
    const args = [...LIVE, '--jsonl', '/no/such/folder/out.jsonl'];
    const { exitCode, stdout, stderr } = await runCommand(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toStartWith('windhover graph: --jsonl /no/such/folder/out.jsonl cannot be written: ');
  });
});

describe('the command line', () => {
  test.each([
    { args: ['graph'], says: 'name one graph file' },
    { args: ['graph', 'a.yaml', 'b.yaml'], says: 'name one graph file' },
    { args: ['graph', 'graphs/cam01.yaml', '--port', 'x'], says: '--port; expected a number from 0 to 65535, got x' },
    { args: ['graph', 'graphs/cam01.yaml', '--for', '0'], says: '--for; expected a number from' },
    { args: ['graph', 'graphs/cam01.yaml', '--poort', '1'], says: '--poort' },
    { args: ['serve'], says: 'name graph files or folders' },
    { args: ['test', '--al'], says: "Unknown option '--al'" },
    { args: ['grpah'], says: "unknown command 'grpah'; did you mean 'graph'?" },
  ])('$args is refused', async ({ args, says }) => {
    const { exitCode, stdout, stderr } = await runCommand(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(says);
  });
});
