/**
 * `bun run test [FILTER…] [-t NAME] [--all]`: the tests, through Bun's own runner, the slowest files first. Those of
 * test/live, test/e2e and test/ptz measure in real time what cameras, networks and the program do: no more of them run
 * at once than there are processor cores. Of the others half as many again, since many wait. Files named `*.long.test.ts`
 * take long: only `--all` runs them, and of those that measure one at a time.
 */
import { availableParallelism } from 'node:os';
import { parseCommandLine, type Surroundings } from './command.ts';

const USAGE = 'bun run test [FILTER…] [-t NAME] [--all]';
const OPTIONS = { all: { type: 'boolean' }, 'test-name-pattern': { type: 'string', short: 't' } } as const;
const CORES = availableParallelism();

const isLong = (file: string) => file.endsWith('.long.test.ts');
const measures = (file: string) => /^test\/(live|e2e|ptz)\//.test(file);

const GROUPS: readonly { title: string; atOnce: number; has: (file: string) => boolean }[] = [
  {
    title: 'those that compute or wait',
    atOnce: Math.ceil(1.5 * CORES),
    has: (file) => !isLong(file) && !measures(file),
  },
  { title: 'those that measure in real time', atOnce: CORES, has: (file) => !isLong(file) && measures(file) },
  { title: 'those that take long', atOnce: Math.ceil(1.5 * CORES), has: (file) => isLong(file) && !measures(file) },
  { title: 'those that take long and measure in real time', atOnce: 1, has: (file) => isLong(file) && measures(file) },
];

export async function testCommand(args: string[], { root, stdout, stderr }: Surroundings): Promise<number> {
  const { values, positionals: filters } = parseCommandLine(args, OPTIONS, USAGE);
  const name = values['test-name-pattern'];
  const run = async (...options: string[]) => {
    const command = [process.execPath, 'test', '--dots', '--timings=test/timings.json', ...options];
    return await Bun.spawn(command, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).exited;
  };
  const files = [...new Bun.Glob('test/**/*.test.ts').scanSync({ cwd: root })]
    .filter((file) => values.all || !isLong(file))
    .filter((file) => filters.length === 0 || filters.some((filter) => `./${file}`.includes(filter)));
  if (files.length === 0) {
    stderr.write(`no test files of such names${values.all ? '' : '; --all looks among those that take long too'}\n`);
    return 1;
  }
  // A name may be found in one group only.
  if (name !== undefined) return await run(`--parallel=${CORES}`, '-t', name, ...files.map((file) => `./${file}`));
  let exitCode = 0;
  for (const { title, atOnce, has } of GROUPS) {
    const chosen = files.filter(has).map((file) => `./${file}`);
    if (chosen.length === 0) continue;
    if (chosen.length < files.length) stdout.write(`\nnow ${title}\n`);
    exitCode = (await run(`--parallel=${atOnce}`, ...chosen)) || exitCode;
  }
  return exitCode;
}
