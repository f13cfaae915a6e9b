/** Random histories of edits, good and broken ones, by patch, by text and on the disk: what must hold after each step. */
import { expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { sessionGraph } from '../../runtime/catalog/session-graph.ts';
import type { GraphFault } from '../../runtime/graph/faults.ts';
import { checkGraph } from '../../runtime/graph/load.ts';
import { GOOD, NODES } from '../graph/nodes.ts';
import { nodeTable } from '../support/node-table.ts';
import { PROPERTY_LIMIT_MS, TEST_LIMIT_MS } from '../support/patience.ts';
import { Rig } from './rig.ts';

const TEXT = `# The camera of this file.
${GOOD.replace('detect,    from: decode }', 'detect,    from: decode, with: { confidence: 0.3, side: 416 } }   # tuned')}
# The end.
`;
const CAMERAS = ['a', 'b'] as const;
const FILES = { 'a.yaml': TEXT.replace('cam01', 'a'), 'b.yaml': TEXT.replace('cam01', 'b') };

/** Parameters that a node knows; some are out of range. */
const known = {
  detect: fc.record(
    {
      confidence: fc.double({ min: -0.05, max: 1, noNaN: true }),
      side: fc.constantFrom(32, 64, 128, 416, 100),
      labels: fc.array(fc.string({ minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 3 }),
    },
    { requiredKeys: [] },
  ),
  publish: fc.record({ hz: fc.constantFrom(1, 5, 10, 1000) }),
  track: fc.record({
    zones: fc.dictionary(fc.string({ maxLength: 4 }), fc.record({ x: fc.integer(), y: fc.integer() }), { maxKeys: 2 }),
  }),
};
const right = fc.record(
  {
    detect: known.detect.map((inner) => ({ with: inner })),
    publish: known.publish.map((inner) => ({ with: inner })),
    track: known.track.map((inner) => ({ with: inner })),
    second: fc.constantFrom({ use: 'publish', from: 'track' }, null),
  },
  { requiredKeys: [] },
);
const node = fc.constantFrom('source', 'decode', 'detect', 'track', 'autotrack', 'publish', 'new');
const wild = fc.dictionary(
  node,
  fc.constantFrom(
    null,
    7,
    { from: null },
    { use: 'nonsense' },
    { worker: 'w' },
    { with: { nonsense: 1 } },
    { with: null },
  ),
  { minKeys: 1, maxKeys: 2 },
);
const patch = fc.oneof(
  { weight: 6, arbitrary: right.map((nodes) => ({ nodes })) },
  { weight: 2, arbitrary: wild.map((nodes) => ({ nodes })) },
  { weight: 1, arbitrary: fc.constantFrom({ version: 2 }, { camera: 'a' }, { camera: '' }, { nodes: null }, {}) },
);
const text = fc.oneof(
  fc.constantFrom(
    '',
    'nodes: [',
    TEXT.replace('0.3', '0.5'),
    TEXT.replace('0.3', '5'),
    TEXT.replace('decode }', 'x }'),
  ),
  // Cuts, but for the name of the camera.
  fc.tuple(fc.nat(TEXT.length), fc.nat(20)).map(([from, length]) => {
    const at = Math.max(from, TEXT.indexOf('nodes'));
    return TEXT.slice(0, at) + TEXT.slice(at + length);
  }),
);
const camera = fc.constantFrom(...CAMERAS);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('apply' as const), camera, change: fc.oneof(patch, text) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('both' as const), change: patch }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('refused' as const), change: patch }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('disk' as const), camera, text }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('persist' as const), camera }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('reload' as const), camera }) },
);

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Does it. @returns what was found wrong, or null when there was nothing to find fault with */
async function take(rig: Rig, one: Step): Promise<readonly GraphFault[] | null> {
  const named = (camera: string, change: string | object) => {
    // A text says which camera it is of; one of another camera would be a change of the name.
    return typeof change === 'string' ? change.replace('camera: cam01', `camera: ${camera}`) : { ...change };
  };
  switch (one.type) {
    case 'apply':
      return (await rig.catalog.apply({ [one.camera]: named(one.camera, one.change) })).faults;
    case 'both':
      return (await rig.catalog.apply({ a: { ...one.change }, b: { ...one.change } })).faults;
    case 'refused': {
      rig.host.refuses = 'b';
      const change = rig.catalog.apply({ a: { ...one.change }, b: { ...one.change } });
      const { faults } = await change.catch(() => ({ faults: null }));
      rig.host.refuses = undefined;
      return faults;
    }
    case 'disk':
      writeFileSync(rig.folder.file(`${one.camera}.yaml`), String(named(one.camera, one.text)));
      return await rig.catalog.reload(one.camera);
    case 'persist':
      await rig.catalog
        .persist(one.camera)
        .catch((error: unknown) => expect(error).toMatchObject({ code: 'edit_conflict' }));
      return null;
    case 'reload':
      return await rig.catalog.reload(one.camera);
  }
}

const stateOf = (rig: Rig) => ({ graphs: rig.host.graphs, texts: CAMERAS.map((one) => rig.catalog.text(one)) });

/** What runs is what the active text says, and that has no faults. */
async function isConsistent(rig: Rig): Promise<void> {
  for (const one of CAMERAS) {
    const options = {
      builtins: nodeTable(NODES),
      env: {},
      sets: [],
      cwd: rig.folder.path,
      prepare: { modelFolders: [] },
    };
    const { graph, faults } = await checkGraph(rig.catalog.text(one), `${one}.yaml`, options);
    expect(faults).toEqual([]);
    expect(rig.host.graphs.filter(({ camera }) => camera === one)).toEqual(graph ? [sessionGraph(graph)] : []);
  }
}

test(
  'the active graphs have no faults, a change is whole or not at all, faults have places, comments stay',
  async () => {
    const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
      await using rig = await Rig.start({ files: FILES });
      for (const one of steps) {
        const before = stateOf(rig);
        const faults = await take(rig, one);
        await isConsistent(rig);
        if (faults && faults.length > 0) {
          expect(stateOf(rig)).toEqual(before);
          for (const { file, line, column, message } of faults) {
            expect(['a.yaml', 'b.yaml']).toContain(file);
            expect(Math.min(line, column)).toBeGreaterThanOrEqual(1);
            expect(message).not.toBe('');
          }
        }
        const patched = one.type === 'apply' || one.type === 'both' || one.type === 'refused';
        if (!patched || typeof one.change === 'string') continue;
        for (const [i, text] of stateOf(rig).texts.entries())
          expect(comments(text)).toEqual(comments(before.texts[i] ?? ''));
      }
      // Written and read again it is the same.
      for (const one of CAMERAS) {
        const { texts } = stateOf(rig);
        const isWritten = await rig.catalog.persist(one).then(
          () => true,
          () => false,
        );
        if (!isWritten) continue;
        expect(await rig.catalog.reload(one)).toEqual([]);
        expect(stateOf(rig).texts).toEqual(texts);
        expect(readFileSync(rig.folder.file(`${one}.yaml`), 'utf8')).toBe(rig.catalog.text(one));
      }
    });
    await fc.assert(property, { numRuns: 80, interruptAfterTimeLimit: PROPERTY_LIMIT_MS });
  },
  TEST_LIMIT_MS,
);

/** Those of whole lines: one behind a node goes with it. */
function comments(text: string): string[] {
  return text.split('\n').filter((line) => line.startsWith('#'));
}
