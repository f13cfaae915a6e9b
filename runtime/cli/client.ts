/** `bun run client`: writes the client library and its types as files, as they are published on npm. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { browserModule } from '../server/browser-module.ts';
import { clientTypes, playerTypes } from '../server/client-library/files.ts';
import { parseCommandLine, type Surroundings } from './command.ts';

export async function clientCommand(args: string[], { root, cwd, stdout }: Surroundings): Promise<number> {
  const { values } = parseCommandLine(args, { out: { type: 'string' } }, 'bun run client [--out DIR]');
  const folder = values.out === undefined ? join(root, 'web', 'client', 'dist') : resolve(cwd, values.out);
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of [
    ['client.js', await browserModule('client/index.ts')],
    ['client.d.ts', clientTypes()],
    ['player.js', await browserModule('player/index.ts')],
    ['player.d.ts', playerTypes()],
  ] as const) {
    writeFileSync(join(folder, name), text);
    stdout.write(`${join(folder, name)}\n`);
  }
  return 0;
}
