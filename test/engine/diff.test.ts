import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { sessionGraph } from '../../runtime/catalog/session-graph.ts';
import { diffGraphs, type GraphDiff } from '../../runtime/engine/diff.ts';
import type { EngineGraph } from '../../runtime/engine/engine-graph.ts';
import { settle, split } from '../../runtime/engine/placement.ts';
import { formatFault } from '../../runtime/graph/faults.ts';
import { checkGraph } from '../../runtime/graph/load.ts';
import { defineNode, Type } from '../../runtime/node.ts';

/** Small nodes with a live option and a fixed one each. */
const options = {
  rate: Type.Number({ default: 1, live: true }),
  size: Type.Integer({ default: 32 }),
};
const node = { doc: 'A node of this test.', params: Type.Object(options), open: () => ({}) };
const contracts = [
  defineNode({ ...node, name: 'make', inputs: {}, outputs: { frames: { kind: 'frame' } }, pace: () => 'realtime' }),
  defineNode({
    ...node,
    name: 'look',
    blocks: true,
    inputs: {
      frames: {
        kind: 'frame',
        request: ({ size }) => ({ width: size, height: size, format: 'gray8', fit: 'stretch' }),
      },
    },
    outputs: { detections: { kind: 'detections' } },
  }),
  defineNode({
    ...node,
    name: 'pass',
    inputs: { detections: { kind: 'detections' }, more: { kind: 'detections', optional: true } },
    outputs: { detections: { kind: 'detections' } },
  }),
  ...['take', 'also-take'].map((name) =>
    defineNode({ ...node, name, inputs: { detections: { kind: 'detections' } }, outputs: {} }),
  ),
];

type Nodes = Record<string, { use: string; from?: unknown; with?: Record<string, unknown>; worker?: string }>;

const NOW: Nodes = {
  make: { use: 'make' },
  look: { use: 'look', from: 'make' },
  pass: { use: 'pass', from: { detections: 'look' }, worker: 'pass' },
  take: { use: 'take', from: 'pass' },
  count: { use: 'take', from: 'pass', worker: 'count' },
};

async function graph(nodes: Nodes): Promise<EngineGraph> {
  const text = JSON.stringify({ version: 1, camera: 'cam', nodes });
  const { graph: checked, faults } = await checkGraph(text, 'graph.yaml', {
    builtins: Object.fromEntries(contracts.map((contract) => [contract.name, async () => ({ default: contract })])),
    env: {},
    sets: [],
    cwd: '/',
    prepare: { modelFolders: [] },
  });
  if (!checked) throw new Error(faults.map(formatFault).join('\n'));
  return sessionGraph(checked).engine;
}

const NOTHING: GraphDiff = { whole: false, live: [], start: [], stop: [], leave: [], rewire: [], nodes: [] };

describe('a change of', () => {
  const cases: [string, Nodes, Partial<GraphDiff>][] = [
    ['nothing', NOW, {}],
    [
      'a live option: told to the node',
      { ...NOW, look: { use: 'look', from: 'make', with: { rate: 2 } } },
      { live: [{ node: 'look', params: { rate: 2, size: 32 } }], nodes: ['look'] },
    ],
    [
      'a fixed option: its worker starts again, its neighbours are linked anew',
      { ...NOW, pass: { use: 'pass', from: { detections: 'look' }, worker: 'pass', with: { size: 64 } } },
      { start: ['pass'], stop: ['pass'], rewire: ['look', 'take', 'count'], nodes: ['pass'] },
    ],
    [
      'both at once: the new worker has both',
      { ...NOW, pass: { use: 'pass', from: { detections: 'look' }, worker: 'pass', with: { size: 64, rate: 2 } } },
      { start: ['pass'], stop: ['pass'], rewire: ['look', 'take', 'count'], nodes: ['pass'] },
    ],
    [
      'the frames that a node asks for: another ring for its producer too',
      { ...NOW, look: { use: 'look', from: 'make', with: { size: 64 } } },
      { start: ['look'], stop: ['look'], rewire: ['make', 'pass'], nodes: ['look'] },
    ],
    [
      'a node more in a worker of its own',
      { ...NOW, other: { use: 'take', from: 'look', worker: 'other' } },
      { start: ['other'], rewire: ['look'], nodes: ['other'] },
    ],
    [
      'a node more among others: that worker starts again',
      { ...NOW, other: { use: 'take', from: 'pass', worker: 'pass' } },
      { start: ['pass'], stop: ['pass'], rewire: ['look', 'take', 'count'], nodes: ['other'] },
    ],
    [
      'a node less',
      { make: NOW.make, look: NOW.look, pass: NOW.pass, count: NOW.count } as Nodes,
      { stop: ['take'], rewire: ['pass'], nodes: ['take'] },
    ],
    [
      'where a node’s values come from: linked anew',
      { ...NOW, take: { use: 'take', from: 'look' } },
      { rewire: ['look', 'pass', 'take'], nodes: ['take'] },
    ],
    [
      'which inputs are connected: its worker starts again',
      { ...NOW, pass: { use: 'pass', from: { detections: 'look', more: 'look' }, worker: 'pass' } },
      { start: ['pass'], stop: ['pass'], rewire: ['look', 'take', 'count'], nodes: ['pass'] },
    ],
    [
      'what a node is',
      { ...NOW, take: { use: 'also-take', from: 'pass' } },
      { start: ['take'], stop: ['take'], rewire: ['pass'], nodes: ['take'] },
    ],
    [
      'the name of a worker',
      { ...NOW, pass: { use: 'pass', from: { detections: 'look' }, worker: 'other' } },
      { start: ['other'], stop: ['pass'], rewire: ['look', 'take', 'count'], nodes: [] },
    ],
  ];
  test.each(cases)('%s', async (_, next, expected) => {
    expect(diffGraphs(await graph(NOW), await graph(next))).toEqual({ ...NOTHING, ...expected });
  });

  test('the pace: only a new process will do', async () => {
    const now = await graph(NOW);
    expect(diffGraphs(now, { ...now, pace: 'asap' })).toEqual({ ...NOTHING, whole: true });
  });
});

describe('a worker of nodes that are not linked to each other', () => {
  const named = (node: Nodes[string] | undefined, worker: string) => ({ ...node, worker }) as Nodes[string];
  const SHARED: Nodes = {
    make: { use: 'make', worker: 'w' },
    look: { use: 'look', from: 'make' },
    pass: { use: 'pass', from: { detections: 'look' }, worker: 'w' },
    take: { use: 'take', from: 'pass', worker: 'w' },
  };
  const changed: Nodes = { ...SHARED, take: { use: 'take', from: 'pass', worker: 'w', with: { size: 64 } } };
  const workersOf = ({ workers }: EngineGraph) => workers.map(({ name, nodes }) => `${name}: ${nodes.join(' ')}`);

  test('one changes: with those that it is linked to, it leaves for a worker of its own', async () => {
    const [now, planned] = [await graph(SHARED), await graph(changed)];
    const next = settle(now, planned);
    expect(workersOf(next)).toEqual(['w: make', 'pass: pass take', 'look: look']);
    expect(diffGraphs(now, next)).toEqual({
      ...NOTHING,
      start: ['pass'],
      leave: ['pass', 'take'],
      rewire: ['look'],
      nodes: ['take'],
    });
  });

  test('and changes back: the worker of its own takes it, and the other one knows nothing of it', async () => {
    const now = settle(await graph(SHARED), await graph(changed));
    const next = settle(now, await graph(SHARED));
    expect(workersOf(next)).toEqual(workersOf(now));
    expect(diffGraphs(now, next)).toMatchObject({ start: ['pass'], stop: ['pass'], leave: [] });
  });

  test('a live option changes: all stay where they are, also after they have left', async () => {
    const live: Nodes = { ...SHARED, take: { use: 'take', from: 'pass', worker: 'w', with: { rate: 2 } } };
    for (const now of [await graph(SHARED), settle(await graph(SHARED), await graph(changed))]) {
      expect(workersOf(settle(now, await graph(live))).toSorted()).toEqual(workersOf(now).toSorted());
    }
  });

  test('one goes, and is linked to another: that one leaves, too', async () => {
    const more: Nodes = { ...SHARED, count: { use: 'take', from: 'pass', worker: 'w' } };
    const next = settle(await graph(more), await graph(SHARED));
    expect(workersOf(next)).toEqual(['w: make', 'pass: pass take', 'look: look']);
  });

  test('all change: it starts again', async () => {
    const all: Nodes = { ...changed, make: named({ use: 'make', with: { size: 64 } }, 'w') };
    const [now, planned] = [await graph(SHARED), await graph(all)];
    expect(settle(now, planned).workers).toEqual(planned.workers);
    expect(diffGraphs(now, planned)).toMatchObject({ start: ['w'], stop: ['w'], leave: [] });
  });

  test('the name of its worker is taken: another one', async () => {
    const taken: Nodes = { ...changed, other: { use: 'take', from: 'look', worker: 'pass' } };
    const next = settle(await graph(SHARED), await graph(taken));
    expect(workersOf(next)).toEqual(['w: make', 'pass-2: pass take', 'look: look', 'pass: other']);
  });

  test('what has left cannot be opened: a worker of its own for what was there before', async () => {
    const { graph: back, fresh } = split(await graph(SHARED), ['pass', 'take']);
    expect([workersOf(back), fresh]).toEqual([['w: make', 'pass: pass take', 'look: look'], ['pass']]);
  });
});

/** Chains of passing nodes of any length with any options, each node on a worker of its own or with all others. */
const drawn = fc
  .array(
    fc.record({
      rate: fc.integer({ min: 1, max: 2 }),
      size: fc.constantFrom(32, 64),
      worker: fc.constantFrom('a', 'b', 'c'),
      more: fc.boolean(),
    }),
    { maxLength: 4 },
  )
  .map((passes): Nodes => {
    const chain = passes.map(({ rate, size, worker, more }, i) => {
      const from = i === 0 ? 'look' : `pass${i - 1}`;
      const links = { detections: from, ...(more ? { more: 'look' } : {}) };
      return [`pass${i}`, { use: 'pass', from: links, with: { rate, size }, worker }] as const;
    });
    const last = passes.length === 0 ? 'look' : `pass${passes.length - 1}`;
    return {
      make: { use: 'make' },
      look: { use: 'look', from: 'make' },
      ...Object.fromEntries(chain),
      take: { use: 'take', from: last },
    };
  });

test('any two graphs: what the difference names is all that differs, and all that is needed', async () => {
  await fc.assert(
    fc.asyncProperty(drawn, drawn, async (a, b) => {
      const [now, planned] = [await graph(a), await graph(b)];
      const next = settle(now, planned);
      const diff = diffGraphs(now, next);
      expect(diffGraphs(next, next)).toEqual(NOTHING);
      // Each node runs once, and nothing is started again that goes on where the plan wants it.
      expect(next.workers.flatMap(({ nodes }) => nodes).toSorted()).toEqual(next.nodes.map(({ id }) => id).toSorted());
      const asPlanned = diffGraphs(now, planned);
      const started = (of: EngineGraph, names: readonly string[]) =>
        of.workers.filter(({ name }) => names.includes(name)).flatMap(({ nodes }) => nodes);
      const again = started(next, diff.start);
      expect(again.filter((id) => !started(planned, asPlanned.start).includes(id))).toEqual([]);
      const differ = (id: string) => JSON.stringify(a[id]) !== JSON.stringify(b[id]);
      expect(diff.nodes.toSorted()).toEqual(
        Object.keys({ ...a, ...b })
          .filter((id) => differ(id) && !onlyWorker(a[id], b[id]))
          .toSorted(),
      );
      // Workers are those of now, less those that stop, and those that start; what goes on is told what is new.
      const names = (of: EngineGraph) => of.workers.map(({ name }) => name);
      const kept = names(now).filter((name) => !diff.stop.includes(name));
      expect([...kept, ...diff.start].toSorted()).toEqual(names(next).toSorted());
      const nodeOf = (of: EngineGraph, id: string) => of.nodes.find((found) => found.id === id);
      for (const { name, nodes } of next.workers) {
        if (diff.start.includes(name)) continue;
        for (const id of nodes) {
          const told = diff.live.find(({ node }) => node === id)?.params ?? nodeOf(now, id)?.params;
          expect(told).toEqual(nodeOf(next, id)?.params ?? {});
        }
        const links = (of: EngineGraph) =>
          of.nodes.flatMap((found) =>
            found.links.filter(({ from }) => nodes.includes(found.id) || nodes.includes(from.node)),
          );
        if (!diff.rewire.includes(name)) expect(links(next)).toEqual(links(now));
      }
    }),
  );
});

/** Where a node runs is no matter of the node. */
function onlyWorker(a: Nodes[string] | undefined, b: Nodes[string] | undefined): boolean {
  return JSON.stringify({ ...a, worker: null }) === JSON.stringify({ ...b, worker: null });
}
