/**
 * GET /client.js and /client.d.ts: the client library of web/client/ as one ES module, and its types. Both are made when
 * they are first asked for, so that a fresh clone needs no build step.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Elysia } from 'elysia';
import { WindhoverError } from '../../errors.ts';
import { type MadeFile, madeFile } from '../made-file.ts';
import { declarations } from './declarations.ts';

const FOLDER = join(import.meta.dir, '..', '..', '..', 'web', 'client');

const FILES: Readonly<Record<string, MadeFile>> = {
  '/client.js': { type: 'text/javascript; charset=utf-8', make: clientModule },
  '/client.d.ts': { type: 'text/plain; charset=utf-8', make: async () => clientTypes() },
};

export function addClientLibrary(app: Elysia): void {
  for (const [path, file] of Object.entries(FILES)) {
    const answer = madeFile(file);
    app.get(path, ({ request }) => answer(request));
  }
}

/** The library as one minified ES module. @throws WindhoverError `client_library` */
export async function clientModule(): Promise<string> {
  const entrypoints = [join(FOLDER, 'index.ts')];
  const { outputs } = await Bun.build({ entrypoints, target: 'browser', format: 'esm', minify: true }).catch(
    (cause) => {
      throw new WindhoverError('client_library', 'web/client/ cannot be built', { cause });
    },
  );
  return (await outputs[0]?.text()) ?? '';
}

/** Types of all that the module exports and takes, in one file without imports. */
export function clientTypes(): string {
  const own = ['shapes.ts', 'api.ts'].map((file) => readFileSync(join(FOLDER, file), 'utf8'));
  return [declarations(), ...own.map((text) => text.replaceAll(/^import type \{[^}]*\} from '[^']*';\n/gm, ''))].join(
    '\n',
  );
}
