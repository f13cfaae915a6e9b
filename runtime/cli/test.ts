/** `bun run test [FILTER…]`: the test suite, through Bun's own runner. */
import type { Surroundings } from './command.ts';

export async function testCommand(args: string[], { root }: Surroundings): Promise<number> {
  const runner = Bun.spawn([process.execPath, 'test', ...args], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  return await runner.exited;
}
