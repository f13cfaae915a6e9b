/** Help, and what becomes of a command whose output nobody takes. */
import { describe, expect, test } from 'bun:test';
import packageJson from '../../package.json';
import { ROOT, runCommand } from '../support/command.ts';
import { Folder, graphText, LIVE, testNode } from '../support/graphs.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';

const COMMANDS = [
  ...[
    'graph',
    'serve',
    'replay',
    'check',
    'calibrate',
    'camera',
    'models',
    'token',
    'client',
    'schemas',
    'bench',
    'test',
  ],
];

describe('help', () => {
  test('the list of commands names each of them', async () => {
    const { exitCode, stdout, stderr } = await runCommand(['--help']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect([...stdout.matchAll(/bun run (\w+)/g)].map(([, name]) => name ?? '')).toEqual(COMMANDS);
  });

  test.each(COMMANDS)('%s --help prints its usage, --version the version', async (command) => {
    const { exitCode, stdout, stderr } = await runCommand([command, '--help']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toStartWith(`usage: bun run ${command}`);
    const version = { exitCode: 0, stdout: `windhover ${packageJson.version}\n`, stderr: '' };
    expect(await runCommand([command, '--version'])).toEqual(version);
    expect(await runCommand(['--version'])).toEqual(version);
  });

  test('a bench says what it measures', async () => {
    const { exitCode, stdout } = await runCommand(['bench', 'tracking', '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^How well .*bun run bench tracking \[--data DIR\]/s);
  });
});

/** Runs a line of shell in which `windhover` is the command line. */
async function shell(line: string): Promise<{ exitCodes: number[]; stdout: string; stderr: string }> {
  const script = `windhover() { "${process.execPath}" runtime/main.ts "$@"; }\n${line}\necho "\${PIPESTATUS[*]}" >&3`;
  using folder = new Folder();
  const codes = folder.file('codes');
  const bash = Bun.spawn(['bash', '-c', `{ ${script}\n} 3> "${codes}"`], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([bash.stdout.text(), bash.stderr.text()]);
  const exitCodes = (await Bun.file(codes).text()).trim().split(' ').map(Number);
  return { exitCodes, stdout, stderr };
}

const NO_SPACE = /^windhover: the output could not be written: ENOSPC.*\n$/;

describe.skipIf(Bun.which('bash') === null)('output that nobody takes', () => {
  test.each([
    ['check', 'check graphs/cam01.yaml --plan'],
    ['models', 'models --json'],
    ['help', 'graph --help'],
  ])('%s: a reader that leaves is no error, a full disk is one, a closed stdout is nothing', async (_name, command) => {
    expect(await shell(`windhover ${command} | head -1 > /dev/null`)).toEqual({
      exitCodes: [0, 0],
      stdout: '',
      stderr: '',
    });
    const full = await shell(`windhover ${command} > /dev/full`);
    expect(full.exitCodes).toEqual([1]);
    expect(full.stderr).toMatch(NO_SPACE);
    expect(await shell(`windhover ${command} >&-`)).toEqual({ exitCodes: [0], stdout: '', stderr: '' });
  });

  test('a slow reader gets all of it', async () => {
    using folder = new Folder();
    const keys = Array.from({ length: 200 }, (_, i) => `${'k'.repeat(70)}${i}: 1\n`).join('');
    const file = folder.write('faults.yaml', keys);
    const names = Array.from({ length: 5 }, () => file).join(' ');
    const { exitCodes, stdout } = await shell(`windhover check ${names} 2>&1 | (sleep 1; wc -l)`);
    expect(exitCodes).toEqual([1, 0]);
    expect(Number(stdout)).toBeGreaterThan(1000);
  });

  // Without a reader, what would go on for ever ends as if it had been told to.
  test.each([
    ['that has left', '| :', [0, 0], /^(\{.*\n)*$/],
    ['that is a full disk', '> /dev/full', [1], NO_SPACE],
  ] as const)(
    'a run with a reader %s ends in order',
    async (_who, into, codes, err) => {
      using folder = new Folder();
      const busy = { busy: `{ use: ${testNode('busy')} }`, order: `{ use: ${testNode('order')}, from: busy }` };
      const file = folder.write('busy.yaml', graphText(busy));
      const { exitCodes, stderr } = await shell(`windhover graph ${file} --port 0 ${into}`);
      expect(exitCodes).toEqual([...codes]);
      expect(stderr).toMatch(err);
    },
    TEST_LIMIT_MS,
  );

  test(
    'a run goes on when nobody reads its log',
    async () => {
      const { exitCodes, stdout } = await shell(`{ windhover ${LIVE.join(' ')} --for 1; } 2> /dev/full`);
      // 1: no frame came within that time. One may come when nothing is printed any more.
      expect([0, 1]).toContain(exitCodes[0] ?? -1);
      if (stdout.includes('ready ')) expect(exitCodes).toEqual([0]);
      expect(stdout).toStartWith('listening ');
    },
    TEST_LIMIT_MS,
  );
});
