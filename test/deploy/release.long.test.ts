/** A release: what a production machine needs, and nothing else; it runs from a folder that nobody can write to. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { folderBytes, release } from '../../deploy/release.ts';
import { RunningCommand } from '../support/command.ts';
import { Folder } from '../support/graphs.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';

const out = new Folder();
let folder = '';

beforeAll(() => {
  folder = release(out.path, false).folder;
}, TEST_LIMIT_MS);
afterAll(() => out[Symbol.dispose]());

test('all dependencies take at most 300 MB', () => {
  expect(folderBytes(join(folder, 'node_modules')) / 1e6).toBeLessThan(300);
});

test('it holds no development, and one ONNX Runtime', () => {
  const libraries = join(folder, 'node_modules/onnxruntime-node/bin/napi-v6');
  expect(readdirSync(libraries)).toEqual([process.platform]);
  expect(readdirSync(join(libraries, process.platform))).toEqual([process.arch]);
  const left = ['node_modules/typescript', 'node_modules/@biomejs', 'node_modules/fast-check', 'test', 'bench'];
  expect(left.filter((path) => existsSync(join(folder, path)))).toEqual([]);
});

test(
  'the demo runs in it, without another install',
  async () => {
    await using command = new RunningCommand(
      ['graph', join(folder, 'graphs/cam01.yaml'), '--port', '0', '--state', out.file('state')],
      { root: folder, cwd: out.path },
    );
    await command.ready();
    command.signal('SIGTERM');
    const { exitCode, stderr } = await command.finished();
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stderr).not.toContain('installing');
  },
  TEST_LIMIT_MS,
);
