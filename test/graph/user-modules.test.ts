/** Modules of users that hang, exit or crash while a graph is checked: each a fault of its node, and the check goes on. */
import { afterAll, expect, test } from 'bun:test';
import { join, resolve } from 'node:path';
import { formatFault } from '../../runtime/graph/faults.ts';
import { loadGraph } from '../../runtime/graph/load.ts';
import { Folder } from '../support/graphs.ts';
import { nodeTable } from '../support/node-table.ts';
import { PATIENCE_MS, until } from '../support/patience.ts';
import { isAlive } from '../support/processes.ts';
import { GOOD, NODES } from './nodes.ts';

const folder = new Folder();
afterAll(() => folder[Symbol.dispose]());

const API = JSON.stringify(resolve(import.meta.dir, '../../runtime/node.ts'));

/** A module with a node that takes frames. @param contract more of the contract @param before code before it */
function module(contract = '', before = ''): string {
  return `import { defineNode, Type } from ${API};
${before}
export default defineNode({
  name: 'mine', doc: 'Mine.', outputs: {}, open: () => ({}),
  params: Type.Object({ side: Type.Integer({ minimum: 16, default: 64 }), mode: Type.Optional(Type.Union([Type.Literal('a'), Type.Literal('b')])) }),
  inputs: { frames: { kind: 'frame', request: ({ side }) => ({ width: side, height: side, format: 'rgb24', fit: 'stretch' }) } },
  ${contract}
});
`;
}

async function check(name: string, text: string, options: { params?: string; limitMs?: number } = {}) {
  const { params = '', limitMs } = options;
  folder.write(`${name}.ts`, text);
  // The node after it shows that the check goes on; its line is known.
  const nodes = `  mine: { use: ./${name}.ts, from: decode, with: { ${params} } }\n  last: { use: nobody }\n`;
  const file = folder.write(`${name}.yaml`, GOOD + nodes);
  const { graph, faults } = await loadGraph(file, {
    ...{ builtins: nodeTable(NODES), env: {}, sets: [], cwd: folder.path, prepare: { modelFolders: ['/models'] } },
    ...(limitMs === undefined ? {} : { moduleLimitMs: limitMs }),
  });
  const texts = faults.map((fault) => formatFault(fault).replaceAll(`${folder.path}/`, ''));
  return { graph, faults: texts.filter((text) => !text.includes('nobody')), others: texts.length };
}

const AT_USE = '.yaml:10:16 nodes.mine.use: ';
const AT_NODE = '.yaml:10:3 nodes.mine: ';
const forever = 'while (true);';
/** As long, and leaves the processor to others. */
const blocked = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);';

test.each([
  ['exits', module('', 'process.exit(0);'), `${AT_USE}exits.ts ended its process when it was to load (exit code 0)`],
  ['aborts', module('', 'process.abort();'), `${AT_USE}aborts.ts ended its process when it was to load (SIGABRT)`],
  [
    'exits-in-validate',
    module('validate: () => process.exit(3),'),
    `${AT_NODE}exits-in-validate.ts ended its process when it was to answer validate (exit code 3)`,
  ],
  ['throws', module('', 'throw new Error("boom");'), `${AT_USE}can't be loaded: throws.ts:2:11 boom`],
  ['rejects', module('pace: () => { throw new Error("no pace"); },'), `${AT_NODE}no pace`],
  [
    'strays',
    module('validate: () => { Promise.reject(new Error("left behind")); return new Promise(() => {}); },'),
    `${AT_NODE}left behind`,
  ],
] as const)('%s', async (name, text, fault) => {
  const { graph, faults, others } = await check(name, text);
  expect(graph).toBeNull();
  expect(faults).toEqual([`${join(folder.path, name).replace(`${folder.path}/`, '')}${fault}`]);
  expect(others).toBe(faults.length + 1);
});

test('modules that hang are faults after the limit, wherever they hang', async () => {
  const limitMs = 2000;
  const hanging: Record<string, readonly [text: string, fault: string]> = {
    hangs: [module('', forever), `${AT_USE}hangs.ts did not load within 2 s`],
    'hangs-async': [module('', 'await new Promise(() => {});'), `${AT_USE}hangs-async.ts did not load within 2 s`],
    'hangs-in-validate': [
      module(`validate: () => { ${blocked} },`),
      `${AT_NODE}hangs-in-validate.ts did not answer validate within 2 s`,
    ],
    'hangs-in-pace': [
      module(`pace: () => { ${blocked} },`),
      `${AT_NODE}hangs-in-pace.ts did not answer pace within 2 s`,
    ],
    'hangs-in-request': [
      module(`inputs: { frames: { kind: 'frame', request: () => { ${blocked} } } },`),
      `${AT_NODE}hangs-in-request.ts did not answer request within 2 s`,
    ],
  };
  const found = await Promise.all(
    Object.entries(hanging).map(async ([name, [text]]) => (await check(name, text, { limitMs })).faults),
  );
  expect(found.flat()).toEqual(Object.entries(hanging).map(([name, [, fault]]) => name + fault));
});

test('what a contract says, by data or by function, is what the graph gets', async () => {
  const own = `pace: ({ mode }) => mode === 'a' ? 'asap' : 'realtime', blocks: true, stateless: true,
    validate: ({ side }, { modelFolders }) => { if (side === 32) throw new Error('32 in ' + modelFolders); },`;
  const good = await check('good', module(own), { params: 'side: 48, mode: b' });
  expect(good.faults).toEqual([]);
  const refused = await check('refused', module(own), { params: 'side: 32' });
  expect(refused.faults).toEqual([`refused${AT_NODE}32 in /models`]);
  const wrong = await check('wrong', module(own), { params: 'side: 3.5, mode: c' });
  expect(wrong.faults).toEqual([
    'wrong.yaml:10:56 nodes.mine.with.side: must be a whole number, got 3.5',
    "wrong.yaml:10:67 nodes.mine.with.mode: must be one of a, b; got 'c'",
  ]);
  folder.write('alone.yaml', `${GOOD}  mine: { use: ./good.ts, from: decode }\n`);
  const options = { builtins: nodeTable(NODES), env: {}, sets: [], cwd: folder.path, prepare: { modelFolders: [] } };
  const { graph } = await loadGraph('alone.yaml', options);
  const mine = graph?.nodes.find(({ id }) => id === 'mine');
  expect(mine).toMatchObject({ params: { side: 64 }, contract: { name: 'mine', blocks: true, stateless: true } });
  expect(mine?.links[0]?.request).toEqual({ width: 64, height: 64, format: 'rgb24', fit: 'stretch' });
});

test('a module is read again by the next check', async () => {
  const first = await check('edited', module('', 'throw new Error("first");'));
  expect(first.faults).toEqual([`edited${AT_USE}can't be loaded: edited.ts:2:11 first`]);
  expect((await check('edited', module())).faults).toEqual([]);
});

test('a command that is killed leaves no hanging module behind', async () => {
  folder.write(
    'orphan.ts',
    module(
      '',
      `require('node:fs').writeFileSync(${JSON.stringify(folder.file('pid'))}, String(process.pid)); ${forever}`,
    ),
  );
  const file = folder.write('orphan.yaml', `${GOOD}  mine: { use: ./orphan.ts, from: decode }\n`);
  const command = Bun.spawn([process.execPath, resolve(import.meta.dir, '../../runtime/main.ts'), 'check', file], {
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  const pidFile = Bun.file(folder.file('pid'));
  await until('the module is loaded', () => pidFile.exists(), PATIENCE_MS);
  const pid = Number(await pidFile.text());
  command.kill('SIGKILL');
  await until('the process of the module is gone', () => !isAlive(pid), PATIENCE_MS);
});

test('a check that is called off ends with its process, also while a module hangs', async () => {
  const mark = JSON.stringify(folder.file('called'));
  folder.write('called.ts', module('', `require('node:fs').writeFileSync(${mark}, 'x'); ${forever}`));
  folder.write('called.yaml', `${GOOD}  mine: { use: ./called.ts, from: decode }\n`);
  const controller = new AbortController();
  const checked = loadGraph('called.yaml', {
    ...{ builtins: nodeTable(NODES), env: {}, sets: [], cwd: folder.path, prepare: { modelFolders: [] } },
    ...{ moduleLimitMs: 10 * PATIENCE_MS, signal: controller.signal },
  });
  await until('the module is loaded', () => Bun.file(folder.file('called')).exists(), PATIENCE_MS);
  controller.abort();
  expect((await checked).graph).toBeNull();
});
