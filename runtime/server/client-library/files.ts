/**
 * GET /client.js and /client.d.ts: the client library of web/client/ as one ES module, and its types. /player.js and
 * /player.d.ts: what plays a camera's picture, for pages that do not do so themselves. All are made when they are first
 * asked for, so that a fresh clone needs no build step.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Elysia } from 'elysia';
import { browserModule } from '../browser-module.ts';
import { type MadeFile, madeFile } from '../made-file.ts';
import { describe } from '../views.ts';
import { declarations } from './declarations.ts';

const WEB = join(import.meta.dir, '..', '..', '..', 'web');

const FILES: Readonly<Record<string, MadeFile>> = {
  '/client.js': { type: 'text/javascript; charset=utf-8', make: () => browserModule('client/index.ts') },
  '/player.js': { type: 'text/javascript; charset=utf-8', make: () => browserModule('player/index.ts') },
  '/player.d.ts': { type: 'text/plain; charset=utf-8', make: async () => playerTypes() },
  '/client.d.ts': { type: 'text/plain; charset=utf-8', make: async () => clientTypes() },
};

export function addClientLibrary(app: Elysia): void {
  for (const [path, file] of Object.entries(FILES)) {
    const answer = madeFile(file);
    const answers = { 200: { says: 'The file' }, 304: { says: 'It has not changed' } };
    app.get(path, ({ request }) => answer(request), {
      detail: describe('Client library for browsers', answers, { role: 'public' }),
    });
  }
}

/** Types of all that the module exports and takes, in one file without imports. */
export function clientTypes(): string {
  const own = ['shapes.ts', 'api.ts'].map((file) => readFileSync(join(WEB, 'client', file), 'utf8'));
  return [declarations(), ...own.map((text) => text.replaceAll(/^import type \{[^}]*\} from '[^']*';\n/gm, ''))].join(
    '\n',
  );
}

export function playerTypes(): string {
  return readFileSync(join(WEB, 'player', 'api.ts'), 'utf8');
}
