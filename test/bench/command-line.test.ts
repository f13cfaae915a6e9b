/** Mistakes in the command line of a bench are one line that says what is right, before anything is measured. */
import { expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { ROOT } from '../support/command.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';

setDefaultTimeout(TEST_LIMIT_MS);

const OPTION_OF_NONE = [
  'tracking',
  'fanout',
  'detector',
  'foveated',
  'autotrack',
  'live',
  'history',
  'cameras',
  'motion',
];
const MISTAKES: readonly (readonly [args: readonly string[], says: string])[] = [
  ...OPTION_OF_NONE.map((name) => [[name, '--nonsense'], "Unknown option '--nonsense'"] as const),
  [['topics', '--clients'], 'argument missing'],
  [['pipeline', '--rounds', 'many'], '--rounds; expected a number from 0 to 1000000, got many'],
  [['swap', '--changes=-1'], '--changes; expected a number'],
  [['cameras', '--rates', '5,fast'], '--rates; expected a number from 1 to 1000, got fast'],
  [['cameras', '--sizes', '720p'], '--sizes; got 720p (known: 640x512, 1080p)'],
];

async function bench(args: readonly string[]) {
  const command = [process.execPath, join(ROOT, 'runtime/main.ts'), 'bench', ...args];
  const { stdout, stderr, exited } = Bun.spawn(command, { stdio: ['ignore', 'pipe', 'pipe'] });
  return { stdout: await stdout.text(), stderr: await stderr.text(), exitCode: await exited };
}

test('a mistake is one line, and nothing is measured', async () => {
  const ends = await Promise.all(MISTAKES.map(([args]) => bench(args)));
  for (const [k, { exitCode, stdout, stderr }] of ends.entries()) {
    const [[name] = [], says = ''] = MISTAKES[k] ?? [];
    expect([name, exitCode, stdout]).toEqual([name, 2, '']);
    expect(stderr).toStartWith(`bench ${name}: `);
    expect(stderr).toContain(says);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  }
});
