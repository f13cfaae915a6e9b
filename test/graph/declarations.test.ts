/** Board topics and kinds of links that nodes declare: whatever has one name in a graph is the same. */
import { describe, expect, test } from 'bun:test';
import {
  type AnyNode,
  boardTopic,
  boardTopics,
  defineNode,
  type Metric,
  type Topics,
  type TSchema,
  Type,
  topic,
  topics,
} from '../../runtime/node.ts';
import { runGraph } from '../node-runner.ts';
import { nodeTable } from '../support/node-table.ts';
import { faultsOf } from './nodes.ts';

const wind = boardTopic({ name: 'wind', doc: 'Wind.', keep: 'latest', schema: Type.Object({ speed: Type.Number() }) });
const otherWind = boardTopic({ ...wind, schema: Type.Object({ speed: Type.String() }) });
const everyWind = boardTopic({ ...wind, keep: 'every' });
const Heat = Type.Object({ frame: Type.Object({ index: Type.Integer() }), celsius: Type.Number() });

const posts = (name: string, ...topics: (typeof wind | typeof otherWind)[]) =>
  defineNode({
    name,
    doc: 'Posts.',
    params: Type.Object({}),
    inputs: {},
    outputs: {},
    pace: () => 'asap',
    board: { posts: topics },
    open: () => ({}),
  });
const watches = (name: string, topic: typeof wind) =>
  defineNode({
    name,
    doc: 'Watches.',
    params: Type.Object({}),
    inputs: {},
    outputs: {},
    board: { watches: [topic] },
    open: () => ({}),
  });
const gives = (kind: string, schema: TSchema) =>
  defineNode({
    name: 'gives',
    doc: 'Gives.',
    params: Type.Object({}),
    inputs: {},
    outputs: { out: { kind, schema } },
    pace: () => 'asap',
    open: () => ({}),
  });
const takes = (kind: string, schema: TSchema) =>
  defineNode({
    name: 'takes',
    doc: 'Takes.',
    params: Type.Object({}),
    inputs: { in: { kind, schema } },
    outputs: {},
    open: () => ({}),
  });

const check = (nodes: string, ...contracts: AnyNode[]) =>
  faultsOf(`version: 1\ncamera: cam\nnodes:\n${nodes}`, { builtins: nodeTable(contracts) });

describe('board topics', () => {
  const two = '  a: { use: a }\n  b: { use: b }\n';

  test('the same topic in several nodes, and one that nobody posts', async () => {
    expect(await check(two, posts('a', wind), watches('b', wind))).toEqual([]);
    expect(await check(two, posts('a'), watches('b', wind))).toEqual([]);
    expect(await check(two, posts('a', wind), posts('b', { ...wind, doc: 'In other words.' }))).toEqual([]);
  });

  test.each([
    { other: 'another schema', node: posts('b', otherWind) },
    { other: 'another rule of what counts', node: watches('b', everyWind) },
  ])('$other: a fault where the second node stands', async ({ node }) => {
    const says = '5:3 nodes.b: declares the board topic wind otherwise than a; declare it once and import it';
    expect(await check(two, posts('a', wind), node)).toEqual([says]);
  });
});

describe('topics', () => {
  const two = '  a: { use: a }\n  b: { use: b }\n';
  const counts = topic({ doc: 'Counts.', schema: Type.Object({ count: Type.Integer() }), keep: 'latest' });
  const publishes = (name: string, declared: Topics) =>
    defineNode({
      name,
      doc: 'Publishes.',
      params: Type.Object({}),
      inputs: {},
      outputs: {},
      pace: () => 'asap',
      topics: declared,
      open: () => ({}),
    });

  test('of the wire contract and of its own, the same in several nodes', async () => {
    const again = publishes('b', { counts: { ...counts, doc: 'In other words.' } });
    expect(await check(two, publishes('a', { tick: topics.tick, counts }), again)).toEqual([]);
  });

  test('of the wire contract: one node of a graph publishes each', async () => {
    const b = publishes('b', { tracks: topics.tracks, tick: topics.tick });
    expect(await check(two, publishes('a', { tick: topics.tick, tracks: topics.tracks }), b)).toEqual([
      '5:3 nodes.b: publishes the topic tracks, as a does; one node of a graph does',
    ]);
  });

  test.each([
    { why: 'another schema', name: 'counts', says: 'declares the topic counts otherwise than a' },
    { why: 'one of the wire contract', name: 'tick', says: 'declares the topic tick otherwise than the wire contract' },
    { why: 'a name that is no name', name: 'a/b', says: 'the topic "a/b": its name must be of small letters' },
  ])('$why: a fault', async ({ name, says }) => {
    const other = { ...counts, schema: Type.Object({ count: Type.String() }) };
    const [fault, ...more] = await check(two, publishes('a', { counts }), publishes('b', { [name]: other }));
    expect(fault).toStartWith(`5:3 nodes.b: ${says}`);
    expect(more).toEqual([]);
  });
});

describe('metrics', () => {
  const two = '  a: { use: a }\n  b: { use: b }\n';
  const runs: Metric = { kind: 'counter', name: 'runs', doc: 'Runs.', labels: { how: 'well' } };
  const counts = (name: string, metric: Metric) =>
    defineNode({
      name,
      doc: 'Counts.',
      params: Type.Object({}),
      inputs: {},
      outputs: {},
      pace: () => 'asap',
      metrics: { runs: metric },
      open: () => ({}),
    });

  test('one family in several nodes, with other values of the same labels', async () => {
    const other = { ...runs, doc: 'In other words.', labels: { how: 'badly' } };
    expect(await check(two, counts('a', runs), counts('b', other))).toEqual([]);
  });

  test.each<[string, Partial<Metric>, string]>([
    [
      'another kind',
      { kind: 'gauge', name: 'runs_total' },
      'declares the metric windhover_runs_total otherwise than a',
    ],
    ['other labels', { labels: {} }, 'declares the metric windhover_runs_total otherwise than a'],
    ['one of the runtime', { name: 'frames_dropped' }, 'declares the metric windhover_frames_dropped_total otherwise'],
    ['no buckets', { kind: 'histogram', name: 'x' }, 'the metric runs has buckets, or is a histogram'],
    ['buckets that fall', { kind: 'histogram', name: 'x', buckets: [1, 1] }, 'the metric runs has buckets that fall'],
    ['a label of the runtime', { name: 'x', labels: { camera: 'c' } }, 'the metric runs has the label camera'],
    ['a word that is counted', { name: 'x', wordLabel: 'word' }, 'the metric runs has a wordLabel but is no gauge'],
  ])('%s: a fault', async (_why, change, says) => {
    const [fault] = await check(two, counts('a', runs), counts('b', { ...runs, ...change }));
    expect(fault).toStartWith(`5:3 nodes.b: ${says}`);
  });
});

describe('kinds of links', () => {
  const linked = '  gives: { use: gives }\n  takes: { use: takes, from: gives }\n';

  test('of its own, with the same schema at both ends', async () => {
    expect(await check(linked, gives('heat', Heat), takes('heat', Type.Object(Heat.properties)))).toEqual([]);
  });

  test('the same name with another schema', async () => {
    const says = '5:3 nodes.takes: declares the kind of link heat otherwise than gives; declare it once and import it';
    expect(await check(linked, gives('heat', Heat), takes('heat', Type.Object({})))).toEqual([says]);
  });

  test('unknown without a schema, built in with one', async () => {
    const bare = { ...gives('heat', Heat), outputs: { out: { kind: 'heat' } } } as unknown as AnyNode;
    const says = '4:3 nodes.gives: the kind of link heat is not built in: give its port the schema of its values';
    expect(await check(linked, bare, takes('heat', Heat))).toEqual([says]);
    const [first] = await check(linked, gives('tracks', Heat), takes('tracks', Heat));
    expect(first).toBe('4:3 nodes.gives: tracks is a built-in kind of link: it takes no schema');
  });

  test('frames are not joined: they are views of a ring', async () => {
    const joins = { ...takes('heat', Heat), inputs: { in: { kind: 'frame' } }, join: 'frame' } as unknown as AnyNode;
    const faults = await check('  gives: { use: gives }\n  takes: { use: takes }\n', gives('heat', Heat), joins);
    expect(faults).toContain("5:3 nodes.takes: join: 'frame' takes messages, not the kind of link frame");
  });

  test('its values travel, typed at both ends, and can be joined', async () => {
    const heard: string[] = [];
    const source = defineNode({
      name: 'source-of-heat',
      doc: 'Gives.',
      params: Type.Object({}),
      inputs: {},
      outputs: { heat: { kind: 'heat', schema: Heat } },
      pace: () => 'asap',
      open: ({ emit }) => ({
        run: async () => {
          for (const index of [0, 1]) await emit.heat({ frame: { index }, celsius: 20 + index });
        },
      }),
    });
    const sink = defineNode({
      name: 'thermometer',
      doc: 'Takes.',
      params: Type.Object({}),
      inputs: { heat: { kind: 'heat', schema: Heat } },
      outputs: {},
      join: 'frame',
      open: () => ({ joined: ({ heat }) => void heard.push(`${heat.frame.index}: ${heat.celsius}`) }),
    });
    const text = '{ source: { use: source-of-heat }, thermometer: { use: thermometer, from: source } }';
    const run = await runGraph(text, { contracts: [source, sink] });
    expect(run.failures).toEqual([]);
    expect(heard).toEqual(['0: 20', '1: 21']);
  });
});

test('a topic that the contract does not name is refused', async () => {
  const node = defineNode({
    name: 'secretive',
    doc: 'Watches what it does not declare.',
    params: Type.Object({}),
    inputs: {},
    outputs: {},
    pace: () => 'asap',
    board: { posts: [boardTopics.camera] },
    open: ({ board }) => {
      board.watch(boardTopics.camera, () => undefined);
      return {};
    },
  });
  const opening = runGraph('{ node: { use: secretive } }', { contracts: [node] });
  await expect(opening).rejects.toMatchObject({ code: 'board_undeclared', details: { permanent: true } });
});
