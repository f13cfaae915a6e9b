/** Inputs that are no good video: each gives one clear message and the right exit code. */
import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { ROOT, RunningCommand, runCommand } from '../support/command.ts';
import { COMPACT_MODEL, Folder } from '../support/graphs.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';

const BROKEN = join(ROOT, 'fixtures', 'broken');

const play = (...args: string[]) => playFrom(undefined, ...args);

/** @param launcher see RunningCommand */
async function playFrom(launcher: string[] | undefined, ...args: string[]) {
  using folder = new Folder();
  const record = folder.file('out.jsonl');
  const command = ['graph', 'graphs/file.yaml', '--port', '0', '--exit-at-end', '--jsonl', record];
  const model = ['--set', `detect.model=${COMPACT_MODEL}`];
  await using running = new RunningCommand([...command, ...model, ...args], launcher ? { launcher } : {});
  const { exitCode, stdout } = await running.finished();
  const lines = (await Bun.file(record).text()).split('\n');
  const ticks = lines.filter((line) => line.includes('"metadata_tick"')).length;
  return { exitCode, stdout, ticks, log: running.log().filter(({ level }) => level === 'warn' || level === 'error') };
}

const AT = { level: 'error', graph: 'graphs/file.yaml', camera: 'file', node: 'source', at: 'graphs/file.yaml:7:3' };

describe('cannot be played', () => {
  test.each([
    { file: '/no/such/video.mp4', code: 'source_not_found', says: /^\/no\/such\/video\.mp4: no such file \(paths in/ },
    { file: BROKEN, code: 'source_unreadable', says: /broken.*expected a video file, got a folder/ },
    {
      file: join(BROKEN, 'not-a-video.mp4'),
      code: 'source_unreadable',
      says: /not-a-video\.mp4: cannot be opened; got Invalid data/,
    },
    { file: join(ROOT, 'models', 'default.onnx'), code: 'source_unreadable', says: /default\.onnx: / },
  ])(
    '$file',
    async ({ file, code, says }) => {
      const { exitCode, ticks, log, stdout } = await play('--set', `source.url=${file}`);
      expect({ exitCode, ticks }).toEqual({ exitCode: 1, ticks: 0 });
      expect(stdout).not.toContain('ready');
      expect(log).toEqual([expect.objectContaining({ ...AT, code, message: expect.stringMatching(says) })]);
    },
    TEST_LIMIT_MS,
  );
});

describe('damaged', () => {
  test(
    'packets that hold nonsense: the rest is processed, one warning',
    async () => {
      const { exitCode, ticks, log } = await play('--set', `source.url=${join(BROKEN, 'corrupt.mp4')}`);
      expect({ exitCode, ticks }).toEqual({ exitCode: 0, ticks: 45 });
      expect(log).toEqual([expect.objectContaining({ level: 'warn', node: 'decode', code: 'corrupt_packets' })]);
    },
    TEST_LIMIT_MS,
  );

  test(
    'the same by standard input, which the session reads',
    async () => {
      const shell = ['sh', '-c', `cat '${join(BROKEN, 'corrupt.mp4')}' | "$0" "$@"`, process.execPath];
      const { exitCode, ticks } = await playFrom(shell, '--set', 'source.url=pipe:');
      expect({ exitCode, ticks }).toEqual({ exitCode: 0, ticks: 45 });
    },
    TEST_LIMIT_MS,
  );

  test(
    'a file cut short: what is there is processed, and it says so',
    async () => {
      const { exitCode, ticks, log } = await play('--set', `source.url=${join(BROKEN, 'cut-short.mp4')}`);
      expect({ exitCode, ticks }).toEqual({ exitCode: 0, ticks: 33 });
      expect(log.length).toBeGreaterThan(0);
      for (const entry of log)
        expect(entry).toMatchObject({ level: 'warn', camera: 'file', graph: 'graphs/file.yaml' });
    },
    TEST_LIMIT_MS,
  );
});

describe('models', () => {
  test.each([
    { why: 'text', text: 'this is no model', says: /is not (a|an|a complete) ONNX/ },
    { why: 'empty', text: '', says: /ONNX|empty/ },
  ])('a model that is $why is refused before anything starts', async ({ text, says }) => {
    using folder = new Folder();
    const model = folder.write('bad.onnx', text);
    const { exitCode, stdout, stderr } = await runCommand([
      'graph',
      'graphs/file.yaml',
      '--set',
      `detect.model=${model}`,
    ]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toStartWith('--set detect.model: ');
    expect(stderr).toMatch(says);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test('in a graph file it is located', async () => {
    using folder = new Folder();
    const model = folder.write('bad.onnx', 'this is no model');
    const text = await Bun.file(join(ROOT, 'graphs', 'file.yaml')).text();
    const file = folder.write('bad.yaml', text.replace('model: default', `model: ${model}`));
    const { exitCode, stderr } = await runCommand(['graph', file]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/bad\.yaml:9:\d+ nodes\.detect\.with(\.model)?: .*bad\.onnx/);
  });
});
