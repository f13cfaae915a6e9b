/** A release: what a production machine needs, and nothing else; it runs from a folder that nobody can write to. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { folderBytes, release } from '../../deploy/release.ts';
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
  'the demo runs from it, without another install',
  async () => {
    const state = out.file('state');
    const child = Bun.spawn(
      [
        join(folder, 'bin/windhover'),
        'graph',
        join(folder, 'graphs/cam01.yaml'),
        '--port',
        '0',
        '--for',
        '1',
        '--state',
        state,
      ],
      { env: { ...process.env, BUN: process.execPath }, stdout: 'pipe', stderr: 'pipe' },
    );
    const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    expect({ exitCode: child.exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stdout).toContain('listening http://127.0.0.1:');
    expect(stderr).not.toContain('installing');
  },
  TEST_LIMIT_MS,
);
