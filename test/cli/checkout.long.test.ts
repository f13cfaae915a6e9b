/** The commands of the README, by another user without HOME, in a checkout that this user may not write to. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { accessSync, chmodSync, cpSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT, RunningCommand } from '../support/command.ts';
import { CAMERA_ENV, Folder } from '../support/graphs.ts';
import { LONG_TEST_LIMIT_MS } from '../support/patience.ts';
import { ROOMS } from '../support/rooms.ts';

const NOBODY = 65_534;
const setpriv = Bun.which('setpriv');
const canChange = process.getuid?.() === 0 && setpriv !== null;
if (!canChange) console.log('skipped: only root can run a command as another user, by setpriv');

const PARTS = [...ROOMS, 'models', 'graphs', 'fixtures', 'test'];
const FILES = ['package.json', 'bun.lock', 'bunfig.toml', 'tsconfig.json'];

describe.skipIf(!canChange)('another user', () => {
  const folder = new Folder();
  const root = folder.file('my höver #1 100%');
  const bin = folder.file('bin');
  const out = folder.file('out');

  beforeAll(() => {
    for (const part of [...PARTS, ...FILES]) cpSync(join(ROOT, part), join(root, part), { recursive: true });
    symlinkSync(realpathSync(join(ROOT, 'node_modules')), join(root, 'node_modules'));
    // Bun may lie in the home of root.
    mkdirSync(bin);
    cpSync(realpathSync(process.execPath), join(bin, 'bun'));
    mkdirSync(out);
    chmodSync(out, 0o777);
    expect(dirname(folder.path)).toContain('windhover-run-');
    for (const path of [dirname(folder.path), folder.path, bin]) chmodSync(path, 0o755);
    accessSync(join(root, 'node_modules'));
  });
  afterAll(() => folder[Symbol.dispose]());

  const run = (args: readonly string[], env: Record<string, string> = {}) =>
    new RunningCommand(args, {
      ...{ cwd: root, root, bunRun: true },
      launcher: [setpriv ?? '', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', join(bin, 'bun')],
      env: { ...env, HOME: undefined, TMPDIR: out, PATH: `${bin}:${process.env.PATH}` },
    });

  test.each(['graphs/cam01.yaml', 'graphs/custom-node/large-only.yaml', 'graphs/clip.yaml'])(
    'graph %s',
    async (graph) => {
      await using command = run(['graph', graph, '--port', '0']);
      await command.ready();
      command.signal('SIGINT');
      expect((await command.finished()).exitCode).toBe(0);
      const codes = command.log().flatMap(({ level, code }) => (level === 'info' ? [] : [code]));
      // What the camera's motors are like can't be kept.
      expect(codes.filter((code) => code !== 'state_unwritable')).toEqual([]);
    },
    LONG_TEST_LIMIT_MS,
  );

  test(
    'a video of one’s own, with a record',
    async () => {
      const record = join(out, 'out.jsonl');
      const sets = ['--set', 'source.url=fixtures/sky.mp4'];
      await using command = run([
        'graph',
        'graphs/file.yaml',
        '--port',
        '0',
        ...sets,
        '--jsonl',
        record,
        '--exit-at-end',
      ]);
      expect((await command.finished()).exitCode).toBe(0);
      expect((await Bun.file(record).text()).match(/"metadata_tick"/g)).toHaveLength(300);
    },
    LONG_TEST_LIMIT_MS,
  );

  test(
    'a camera that is offline',
    async () => {
      await using command = run(['graph', 'graphs/onvif.yaml', '--port', '0'], CAMERA_ENV);
      expect((await fetch(`${await command.url()}/healthz`)).status).toBe(200);
      command.signal('SIGINT');
      expect((await command.finished()).exitCode).toBe(0);
    },
    LONG_TEST_LIMIT_MS,
  );

  test.each([
    { args: ['check', 'graphs/cam01.yaml', '--plan'], says: /^camera cam01, pace realtime/ },
    { args: ['models', 'inspect', 'default'], says: /^model +default / },
    { args: ['test', 'test/graph/plan.test.ts'], says: /^bun test/ },
  ])(
    '$args',
    async ({ args, says }) => {
      await using command = run(args);
      const { exitCode, stdout } = await command.finished();
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(says);
    },
    LONG_TEST_LIMIT_MS,
  );
});
