/**
 * `bun run test [FILTER…] [-t NAME] [--all]`: the tests, through Bun's own runner. Files run side by side, three for two
 * processor cores since many wait, the slowest first. Files named `*.long.test.ts` take long: only `--all` runs them, the slowest first too. Those of
 * test/live, test/e2e and test/ptz measure in real time what cameras, networks and the program do: they have the machine
 * to themselves, one after the other. The others compute or wait, and run two at a time.
 */
import { availableParallelism } from 'node:os';
import { parseCommandLine, type Surroundings } from './command.ts';

const USAGE = 'bun run test [FILTER…] [-t NAME] [--all]';
const OPTIONS = { all: { type: 'boolean' }, 'test-name-pattern': { type: 'string', short: 't' } } as const;
const LONG = '.long.test.ts';
const MEASURES = /^test\/(live|e2e|ptz)\//;

export async function testCommand(args: string[], { root, stdout }: Surroundings): Promise<number> {
  const { values, positionals: filters } = parseCommandLine(args, OPTIONS, USAGE);
  const name = values['test-name-pattern'];
  const run = async (...options: string[]) => {
    const chosen = name === undefined ? [] : ['-t', name];
    const command = [process.execPath, 'test', '--dots', '--timings=test/timings.json', ...chosen, ...options];
    return await Bun.spawn(command, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).exited;
  };
  const cores = availableParallelism();
  const runQuick = () => run(`--parallel=${cores}`, `--path-ignore-patterns=**/*${LONG}`, ...filters);
  if (!values.all) return await runQuick();
  const files = [...new Bun.Glob('test/**/*.test.ts').scanSync({ cwd: root })].filter(
    (file) => filters.length === 0 || filters.some((filter) => file.includes(filter)),
  );
  const long = files.filter((file) => file.endsWith(LONG));
  let exitCode = long.length > 0 && long.length === files.length ? 0 : await runQuick();
  for (const [isAlone, title, atOnce] of [
    [false, 'those that take long, side by side', Math.min(cores, 2)],
    [true, 'those that measure in real time, one after the other', 1],
  ] as const) {
    const chosen = long.filter((file) => MEASURES.test(file) === isAlone);
    if (chosen.length === 0) continue;
    stdout.write(`\nnow ${title}\n`);
    exitCode = (await run(`--parallel=${atOnce}`, ...chosen.map((file) => `./${file}`))) || exitCode;
  }
  return exitCode;
}
