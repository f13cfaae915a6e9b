import { afterAll, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { formatFault } from '../../runtime/graph/faults.ts';
import { loadGraph } from '../../runtime/graph/load.ts';
import { nodeTable } from '../support/node-table.ts';
import { GOOD, NODES } from './nodes.ts';

const folder = mkdtempSync(join(tmpdir(), 'graphs-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function load(file: string) {
  const options = { builtins: nodeTable(NODES), env: {}, sets: [], cwd: folder, prepare: { modelFolders: [] } };
  const { graph, faults } = await loadGraph(file, options);
  return { graph, faults: faults.map((fault) => formatFault(fault).replaceAll(folder, 'FOLDER')) };
}

test('a file is named in faults as the user named it', async () => {
  await Bun.write(join(folder, 'sub/bad.yaml'), GOOD.replace('version: 1', 'version: 3'));
  expect((await load('sub/bad.yaml')).faults).toEqual(['sub/bad.yaml:1:10 version: must be 1, got 3']);
});

test('files that cannot be graphs', async () => {
  mkdirSync(join(folder, 'dir'));
  await Bun.write(join(folder, 'big.yaml'), `# ${'x'.repeat(1_000_000)}`);
  await Bun.write(join(folder, 'binary.yaml'), new Uint8Array([0xff, 0xfe, 0xfd]));
  const files = ['none.yaml', 'dir', 'big.yaml', 'binary.yaml', 'big.yaml/x.yaml'];
  const faults = await Promise.all(files.map(async (file) => (await load(file)).faults));
  expect(faults.flat()).toEqual([
    'none.yaml:1:1: there is no such file',
    'dir:1:1: is a folder, not a file',
    'big.yaml:1:1: is larger than 1 MB',
    'binary.yaml:1:1: is not UTF-8 text',
    'big.yaml/x.yaml:1:1: there is no such file',
  ]);
});

const API = resolve(import.meta.dir, '../../runtime/node.ts');
const COUNTER = `import { defineNode, Type } from ${JSON.stringify(API)};
export default defineNode({
  name: 'counter', doc: 'Counts.', params: Type.Object({ step: Type.Integer({ default: 1 }) }),
  inputs: { tracks: { kind: 'tracks' } }, outputs: {}, open: () => ({}),
});
`;
const graphWith = (use: string, params = '') =>
  `${GOOD}  mine: { use: ${use}, from: track${params === '' ? '' : `, with: { ${params} }`} }\n`;

test("a user's module is a node like any other", async () => {
  await Bun.write(join(folder, 'counter.ts'), COUNTER);
  await Bun.write(join(folder, 'custom.yaml'), graphWith('./counter.ts'));
  const { graph, faults } = await load('custom.yaml');
  expect(faults).toEqual([]);
  const mine = graph?.nodes.at(-1);
  expect(mine).toMatchObject({ id: 'mine', use: join(folder, 'counter.ts'), params: { step: 1 } });
  await Bun.write(join(folder, 'custom2.yaml'), graphWith('./counter.ts', 'stepp: 2'));
  expect((await load('custom2.yaml')).faults).toEqual([
    "custom2.yaml:10:51 nodes.mine.with.stepp: unknown option 'stepp'; did you mean 'step'?",
  ]);
});

test('modules that are no nodes are faults of `use`', async () => {
  const modules = {
    'syntax.ts': 'export default {',
    'throws.ts': '\nthrow new Error("boom");',
    'import.ts': 'import x from "./not-there.ts";\nexport default x;',
    'empty.ts': 'export const x = 1;',
    'other.ts': 'export default { name: "x" };',
    'open.ts': COUNTER.replace('defineNode({', '({').replaceAll('open:', 'opens:'),
  };
  const found: string[] = [];
  for (const [name, text] of Object.entries(modules)) {
    await Bun.write(join(folder, name), text);
    await Bun.write(join(folder, 'g.yaml'), graphWith(`./${name}`));
    found.push(...(await load('g.yaml')).faults);
  }
  await Bun.write(join(folder, 'g.yaml'), graphWith('./missing.ts'));
  found.push(...(await load('g.yaml')).faults);
  const at = 'g.yaml:10:16 nodes.mine.use:';
  expect(found).toEqual([
    `${at} can't be loaded: FOLDER/syntax.ts:1:16 Expected identifier but found end of file`,
    `${at} can't be loaded: FOLDER/throws.ts:2:11 boom`,
    `${at} can't be loaded: Cannot find module './not-there.ts' imported from FOLDER/import.ts`,
    `${at} is not a node: FOLDER/empty.ts has no default export; write export default defineNode({ … })`,
    `${at} is not a node: FOLDER/other.ts has another default export; write export default defineNode({ … })`,
    `${at} is not a node: FOLDER/open.ts has another default export; write export default defineNode({ … })`,
    `${at} there is no file FOLDER/missing.ts`,
  ]);
});
