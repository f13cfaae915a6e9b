import { describe, expect, test } from 'bun:test';
import type { Pace } from '../../runtime/data.ts';
import type { CheckedGraph, CheckedNode } from '../../runtime/graph/graph.ts';
import { type Plan, planGraph } from '../../runtime/graph/plan.ts';
import { planMermaid, planText } from '../../runtime/graph/plan-text.ts';
import { check, GOOD, withLine } from './nodes.ts';

async function planOf(text: string): Promise<Plan> {
  const { graph, faults } = await check(text);
  expect(faults).toEqual([]);
  if (graph === null) throw new Error('no graph');
  return planGraph(graph);
}

/** `name: a b | name: c`. */
const placement = (plan: Plan) => plan.workers.map(({ name, nodes }) => `${name}: ${nodes.join(' ')}`).join(' | ');

describe('placement', () => {
  test.each([
    {
      why: 'packets stay, frames leave, what blocks is alone, the rest is one chain',
      text: GOOD,
      workers: 'source: source decode | detect: detect | track: track autotrack publish',
    },
    {
      why: 'a named worker takes only who names it',
      text: withLine(8, '  autotrack: { use: autotrack, from: track, worker: ptz }'),
      workers: 'source: source decode | detect: detect | track: track publish | ptz: autotrack',
    },
    {
      why: 'nodes that name the same worker share it, also what blocks',
      text: withLine(6, '  detect: { use: detect, from: decode, worker: ai }').replace(
        'use: track,',
        'use: track, worker: ai,',
      ),
      workers: 'source: source decode | ai: detect track | autotrack: autotrack publish',
    },
    {
      why: 'packets pull their producer into a named worker',
      text: withLine(5, '  decode: { use: decode, from: source, worker: video }'),
      workers: 'video: source decode | detect: detect | track: track autotrack publish',
    },
    {
      why: 'a worker may be named like a node that runs elsewhere',
      text: withLine(8, '  autotrack: { use: autotrack, from: track, worker: track }'),
      workers: 'source: source decode | detect: detect | track-2: track publish | track: autotrack',
    },
    {
      why: 'everything in one worker, because the graph says so',
      text: GOOD.replace(/use: (\w+),/g, 'use: $1, worker: all,'),
      workers: 'all: source decode detect track autotrack publish',
    },
  ])('$why', async ({ text, workers }) => {
    expect(placement(await planOf(text))).toBe(workers);
  });

  test('a frame link stays a boundary also where another link goes around it', async () => {
    const { graph } = await check(GOOD);
    if (graph === null) throw new Error('no graph');
    const byId = (id: string) => {
      const node = graph.nodes.find((candidate) => candidate.id === id);
      if (node === undefined) throw new Error(id);
      return node;
    };
    // detect does not block here, and track also hears from decode.
    const detect = { ...byId('detect'), contract: { ...byId('detect').contract, blocks: false } };
    const around = { input: 'tracks', from: { node: 'decode', output: 'tracks' }, kind: 'tracks' as const };
    const track = { ...byId('track'), links: [around, ...byId('track').links] };
    const plan = planGraph({ ...graph, nodes: [byId('source'), byId('decode'), detect, track] });
    expect(placement(plan)).toBe('source: source decode track | detect: detect');
  });
});

describe('light nodes', () => {
  /** The graph without autotrack; these nodes are light. */
  async function lightPlan(light: readonly string[], change = (node: CheckedNode) => node, pace: Pace = 'realtime') {
    const { graph } = await check(GOOD);
    const nodes = (graph?.nodes ?? [])
      .filter(({ id }) => id !== 'autotrack')
      .map((node) => ({ ...node, contract: { ...node.contract, light: light.includes(node.id) } }))
      .map((node) => ({ ...node, links: node.links.filter(({ from }) => from.node !== 'autotrack') }));
    return placement(planGraph({ ...graph, pace, nodes: nodes.map(change) } as CheckedGraph));
  }
  const APART = 'source: source decode | detect: detect | track: track publish';

  test('run where the graph begins', async () => {
    expect(await lightPlan(['track', 'publish'])).toBe('source: source decode track publish | detect: detect');
  });

  test('but not with one beside them that is not light, a worker with a name, a module of the user, or as fast as it goes', async () => {
    const changed = (id: string, by: Partial<CheckedNode>) =>
      lightPlan(['track', 'publish'], (node) => (node.id === id ? { ...node, ...by } : node));
    expect(await lightPlan(['track'])).toBe(APART);
    expect(await changed('source', { use: './source.ts' })).toBe(APART);
    expect(await changed('decode', { worker: 'source' })).toBe(APART);
    expect(await lightPlan(['track', 'publish'], undefined, 'asap')).toBe(APART);
    expect(await changed('track', { worker: 'own' })).toBe(
      'source: source decode publish | detect: detect | own: track',
    );
  });
});

describe('rings', () => {
  const second = (options: string) => `${GOOD}  two: { use: detect, from: decode, with: { ${options} } }
  t2: { use: track, from: two }
  p2: { use: publish, from: t2 }
`;

  test('consumers that want the same share a ring', async () => {
    const { rings } = await planOf(second('confidence: 0.1'));
    expect(rings).toEqual([
      {
        id: 'decode.frames',
        from: { node: 'decode', output: 'frames' },
        readers: [
          { node: 'detect', input: 'frames' },
          { node: 'two', input: 'frames' },
        ],
        request: { width: 416, height: 416, format: 'rgb24', fit: 'letterbox' },
        bytesPerSlot: 416 * 416 * 3,
        slots: 4,
      },
    ]);
  });

  test.each(['side: 640', 'floats: true'])('others get one of their own: %s', async (options) => {
    const { rings } = await planOf(second(options));
    expect(rings.map((ring) => [ring.id, ring.slots])).toEqual([
      ['decode.frames', 3],
      ['decode.frames#2', 3],
    ]);
  });

  test('messages between workers are listed, those inside one are not', async () => {
    const { links } = await planOf(GOOD);
    expect(links).toEqual([
      {
        from: { node: 'detect', output: 'detections', worker: 'detect' },
        to: { node: 'track', input: 'detections', worker: 'track' },
        kind: 'detections',
      },
    ]);
  });
});

test('as a table', async () => {
  const { graph } = await check(GOOD);
  if (graph === null) throw new Error('no graph');
  expect(planText(planGraph(graph), graph)).toBe(`camera cam01, pace realtime, from graphs/cam.yaml

worker  nodes
source  source, decode
detect  detect (blocks)
track   track, autotrack, publish

ring           size     format  fit        bytes/slot  slots  readers
decode.frames  416×416  rgb24   letterbox  519,168     3      detect.frames

message     from                         to
detections  detect.detections in detect  track.detections in track
`);
});

test('as a flowchart', async () => {
  const { graph } = await check(GOOD);
  if (graph === null) throw new Error('no graph');
  expect(planMermaid(planGraph(graph), graph)).toBe(`flowchart LR
  subgraph w0["worker source"]
    n0["source"]
    n1["decode"]
  end
  subgraph w1["worker detect"]
    n2["detect"]
  end
  subgraph w2["worker track"]
    n3["track"]
    n4["autotrack"]
    n5["publish"]
  end
  n0 -- "packet" --> n1
  n1 == "416×416 rgb24, letterbox" ==> n2
  n2 -- "detections" --> n3
  n3 -- "tracks" --> n4
  n3 -- "tracks" --> n5
  n4 -- "ptz" --> n5
`);
});
