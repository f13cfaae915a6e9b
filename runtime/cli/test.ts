/**
 * `bun run test [--all] [FILTER…]`: the test suite, through Bun's own runner. Files run side by side, one a processor core,
 * the slowest first. Files named `*.long.test.ts` must run in real time and take minutes: only `--all` runs them.
 */
import type { Surroundings } from './command.ts';

const LONG_FILES = '**/*.long.test.ts';

export async function testCommand(args: string[], { root }: Surroundings): Promise<number> {
  const runsAll = args.includes('--all');
  const options = ['--parallel', '--timings=test/timings.json', '--only-failures'];
  if (!runsAll) options.push(`--path-ignore-patterns=${LONG_FILES}`);
  const rest = args.filter((arg) => arg !== '--all');
  const runner = Bun.spawn([process.execPath, 'test', ...options, ...rest], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return await runner.exited;
}
