/**
 * `bun run test [FILTER…] [-t NAME] [--all]`: the tests, through Bun's own runner. Files run side by side, one a processor
 * core, the slowest first. Files named `*.long.test.ts` take minutes of real time: only `--all` runs them, one after the
 * other and with the machine to themselves.
 */
import { availableParallelism } from 'node:os';
import { parseCommandLine, type Surroundings } from './command.ts';

const USAGE = 'bun run test [FILTER…] [-t NAME] [--all]';
const OPTIONS = { all: { type: 'boolean' }, 'test-name-pattern': { type: 'string', short: 't' } } as const;
const LONG = '.long.test.ts';

export async function testCommand(args: string[], { root, stdout }: Surroundings): Promise<number> {
  const { values, positionals: filters } = parseCommandLine(args, OPTIONS, USAGE);
  const name = values['test-name-pattern'];
  const run = async (...options: string[]) => {
    const chosen = name === undefined ? [] : ['-t', name];
    const command = [process.execPath, 'test', '--dots', ...chosen, ...options];
    return await Bun.spawn(command, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).exited;
  };
  const quick = ['--timings=test/timings.json', `--path-ignore-patterns=**/*${LONG}`, ...filters];
  const runQuick = () => run(`--parallel=${availableParallelism()}`, ...quick);
  if (!values.all) return await runQuick();
  const files = [...new Bun.Glob('test/**/*.test.ts').scanSync({ cwd: root })].filter(
    (file) => filters.length === 0 || filters.some((filter) => file.includes(filter)),
  );
  const long = files.filter((file) => file.endsWith(LONG));
  const exitCode = long.length > 0 && long.length === files.length ? 0 : await runQuick();
  if (long.length === 0) return exitCode;
  stdout.write('\nnow those that take long, in real time\n');
  return (await run('--isolate', ...long.map((file) => `./${file}`))) || exitCode;
}
