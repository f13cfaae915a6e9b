/** `bun run bench NAME`: the measurements of bench/, each of which prints ratios. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WindhoverError } from '../errors.ts';
import { parseCommandLine, type Surroundings } from './command.ts';

const BENCHES = [
  'tracking',
  'pipeline',
  'fanout',
  'topics',
  'sinks',
  'traces',
  'detector',
  'foveated',
  'checkpoints',
  'autotrack',
  'live',
  'page',
  'history',
  'cases',
  'swap',
  'cameras',
  'motion',
];
const USAGE = `bun run bench NAME, one of ${BENCHES.join(', ')}
       bun run bench NAME --help: what it measures, and its options`;

export async function benchCommand(args: string[], { root, cwd, stdout }: Surroundings): Promise<number> {
  const [name = '', ...rest] = args;
  if (!BENCHES.includes(name)) {
    parseCommandLine(args, {}, USAGE);
    throw new WindhoverError('usage', 'bench', { expected: `one of ${BENCHES.join(', ')}`, got: name || 'nothing' });
  }
  const file = join(root, 'bench', `${name}.ts`);
  if (rest.includes('--help') || rest.includes('-h')) {
    // Its first comment says it.
    const [, comment = ''] = /^\/\*\*\n(.*?)\n \*\//s.exec(readFileSync(file, 'utf8')) ?? [];
    stdout.write(`${comment.replace(/^ \* ?/gm, '')}\n`);
    return 0;
  }
  const command = [process.execPath, '--preload', join(root, 'bench', 'errors.ts'), file, ...rest];
  const bench = Bun.spawn(command, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
  return await bench.exited;
}
