/** `bun run bench NAME`: the measurements of bench/, each of which prints ratios. */
import { join } from 'node:path';
import { WindhoverError } from '../errors.ts';
import type { Surroundings } from './command.ts';

const BENCHES = ['tracking', 'pipeline', 'fanout', 'detector', 'checkpoints', 'autotrack', 'cases'];

export async function benchCommand(args: string[], { root, cwd }: Surroundings): Promise<number> {
  const [name = '', ...rest] = args;
  if (!BENCHES.includes(name)) {
    throw new WindhoverError('usage', 'bench', { expected: `one of ${BENCHES.join(', ')}`, got: name || 'nothing' });
  }
  const bench = Bun.spawn([process.execPath, join(root, 'bench', `${name}.ts`), ...rest], {
    cwd,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return await bench.exited;
}
