/** The command writes the fixtures that are kept here. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { writeFixtures } from '../fixtures/render.ts';
import { LONG_TEST_LIMIT_MS } from './support/patience.ts';

const FIXTURES = resolve(import.meta.dir, '../fixtures');

let folder: string;
let written: string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windhover-fixtures-'));
  written = (await writeFixtures(folder)).map((file) => relative(folder, file));
}, LONG_TEST_LIMIT_MS);
afterAll(() => rm(folder, { recursive: true }));

describe('the files of the renderer in fixtures/', () => {
  // The encoder is told not to choose its algorithms by the CPU, so that this holds on other machines too.
  test('are what the command writes, byte for byte', async () => {
    for (const file of written) {
      const [fresh, kept] = await Promise.all([bytes(join(folder, file)), bytes(join(FIXTURES, file))]);
      // One hash each: a difference of a hundred thousand bytes is no use to anybody.
      expect({ file, hash: Bun.hash(fresh) }).toEqual({ file, hash: Bun.hash(kept) });
    }
  });

  test('are complete, leave no partial files and stay under 2 MB', async () => {
    expect((await readdir(folder, { recursive: true })).filter((name) => name.includes('.')).sort()).toEqual(
      [...written].sort(),
    );
    const sizes = written.map((file) => Bun.file(join(FIXTURES, file)).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(2_000_000);
  });
});

async function bytes(file: string): Promise<Uint8Array> {
  return new Uint8Array(await Bun.file(file).arrayBuffer());
}
