/** An install runs no script: those of dependencies may download or report whatever they like. */
import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dir, '..');

test('every package that has an install script is one whose scripts are blocked', () => {
  const lock = readFileSync(join(ROOT, 'bun.lock'), 'utf8');
  const withScripts = lock
    .split('\n')
    .filter((line) => line.includes('"hasInstallScript": true'))
    .map((line) => line.split('"')[1] ?? '');
  const { stdout } = Bun.spawnSync([process.execPath, 'pm', 'untrusted'], { cwd: ROOT });
  const blocked = [...stdout.toString().matchAll(/node_modules\/(\S+) @/g)].map(([, name]) => name ?? '');
  expect(withScripts.length).toBeGreaterThan(0);
  expect(blocked.toSorted()).toEqual(withScripts.toSorted());
});
