/** The rules of the house, held by a machine: who may import whom, who reads the environment, what names what. */
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { builtinNodes } from '../nodes/index.ts';

const ROOT = join(import.meta.dir, '..');
const files = [...new Bun.Glob('{runtime,nodes,ptz,sim,schemas}/**/*.ts').scanSync({ cwd: ROOT })].toSorted();

/** Layers of the runtime, outermost first: a file imports its own layer and those after it. */
const LAYERS = ['cli', 'server', 'catalog', 'session', 'engine', 'graph'];

describe('imports', () => {
  test.each(files.filter((file) => file.startsWith('nodes/')))(
    '%s: the node API, its own folder and the library rooms ptz/ and sim/',
    (file) => {
      for (const target of projectImports(file)) {
        const allowed = file === 'nodes/index.ts' ? 'nodes/' : file.split('/').slice(0, 2).join('/');
        const fine =
          target === 'runtime/node.ts' ||
          target.startsWith(allowed) ||
          target.startsWith('ptz/') ||
          target === 'sim/index.ts';
        expect(fine ? target : `${file} must not import ${target}`).toBe(target);
      }
    },
  );

  test.each(files.filter((file) => file.startsWith('runtime/')))('%s: arrows point one way', (file) => {
    const own = LAYERS.findIndex((layer) => file.startsWith(`runtime/${layer}/`) || file === `runtime/${layer}.ts`);
    for (const target of projectImports(file)) {
      const other = LAYERS.findIndex(
        (layer) => target.startsWith(`runtime/${layer}/`) || target === `runtime/${layer}.ts`,
      );
      // Files of runtime/ itself (data, errors, clock, log, node) are below all layers; only main.ts is above.
      const fine = other < 0 || file === 'runtime/main.ts' || (own >= 0 && own <= other);
      expect(fine ? target : `${file} must not import ${target}`).toBe(target);
    }
  });

  test('the runtime names no node: only its worker and its commands know the list', () => {
    const importers = files.filter(
      (file) => file.startsWith('runtime/') && projectImports(file).some((target) => target.startsWith('nodes/')),
    );
    for (const file of importers) {
      expect(projectImports(file).filter((target) => target.startsWith('nodes/'))).toEqual(['nodes/index.ts']);
    }
    expect(importers.filter((file) => !file.startsWith('runtime/cli/'))).toEqual(['runtime/engine/worker.ts']);
  });
});

test('the runtime never branches on the kind of a node', () => {
  const names = Object.keys(builtinNodes).join('|');
  const branch = new RegExp(`\\b(use|name|kind)\\b *(===|!==) *['"](${names})['"]|case ['"](${names})['"]`);
  const found = files.filter((file) => file.startsWith('runtime/') && branch.test(text(file)));
  expect(found).toEqual([]);
});

test('only the entry point reads the environment', () => {
  const readers = files.filter((file) => /process\.env|Bun\.env|import\.meta\.env|process\.cwd\(/.test(text(file)));
  expect(readers).toEqual(['runtime/main.ts']);
});

test('native libraries are loaded only where they run', () => {
  const native = /from '(node-av|onnxruntime-node)[^']*'/;
  const importers = files.filter((file) =>
    text(file)
      .split('\n')
      .some((line) => native.test(line) && !/^import type/.test(line)),
  );
  // A type-only import inside braces is fine; everything else here is loaded by `await import` from a node's open().
  expect(
    importers.filter((file) => !/^nodes\/(source|virtual-ptz|decode)\/|^sim\/render\/encode-video\.ts$/.test(file)),
  ).toEqual([]);
  for (const name of Object.keys(builtinNodes)) expect(importers).not.toContain(`nodes/${name}/index.ts`);
});

/** What a file imports from this project, as paths from its root. */
function projectImports(file: string): string[] {
  const found = text(file).matchAll(/(?:from|import) \(?'(\.[^']+)'|import\('(\.[^']+)'\)|URL\('(\.[^']+\.ts)'/g);
  return [...found].map(([, from, dynamic, url]) => normalize(join(dirname(file), from ?? dynamic ?? url ?? '')));
}

function text(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}
