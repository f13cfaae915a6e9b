/** Files of many kinds, made by FFmpeg here; one of a kind is in files. */
import { afterAll } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeFilms } from '../../live/describe-films.ts';
import { filmKinds, isQuick } from '../../live/film-kinds.ts';

const folder = mkdtempSync(join(tmpdir(), 'windhover-films-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeFilms(
  filmKinds(folder).filter((kind) => !isQuick(kind)),
  folder,
);
