/** Options that change while a node works: each takes effect from the next value on, and what was known stays known. */
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtinNodes } from '../../nodes/index.ts';
import type { Pace, PtzMessage, Track, TracksMessage } from '../../runtime/data.ts';
import { liveOptions } from '../../runtime/graph/graph.ts';
import { loadContract } from '../../runtime/graph/modules.ts';
import { defineNode, Type } from '../../runtime/node.ts';
import type { MetadataTick, TrackEvent } from '../../schemas/index.ts';
import { type NodeRun, runNode } from '../node-runner.ts';
import { ROOT } from './fragment.ts';
import { detectionsOf, trackOf, tracksOf } from './recorded.ts';

const update = (params: Record<string, unknown>) => async (run: NodeRun) => {
  const node = run.nodes.get('node');
  await node?.update({ ...run.graph.nodes.find(({ id }) => id === 'node')?.params, ...params });
};
const seen = (index: number, ...tracks: Track[]) => tracksOf(index, tracks);

test('docs/graphs.md lists them', async () => {
  const rows = await Promise.all(
    Object.keys(builtinNodes).map(async (name) => {
      const live = liveOptions(await loadContract(name, builtinNodes));
      return live.length > 0 ? [`| \`${name}\` | ${live.map((option) => `\`${option}\``).join(', ')} |`] : [];
    }),
  );
  const docs = readFileSync(join(ROOT, 'docs', 'graphs.md'), 'utf8');
  expect(rows.flat().filter((row) => !docs.includes(row))).toEqual([]);
});

test('a node with live options that can not take them does not open', async () => {
  const params = Type.Object({ rate: Type.Number({ default: 1, live: true }) });
  const node = {
    name: 'stubborn',
    doc: 'Takes no changes.',
    params,
    inputs: {},
    outputs: {},
    pace: (): Pace => 'asap',
  };
  const open = () => ({ run: async () => undefined });
  await expect(runNode(defineNode({ ...node, open }))).rejects.toMatchObject({
    code: 'no_update',
    message: expect.stringContaining('a handler update, for rate'),
  });
  const run = await runNode(defineNode({ ...node, open: () => ({ ...open(), update: () => undefined }) }));
  expect(run.failures).toEqual([]);
});

test('track: a track of before stays, a weaker detection starts none', async () => {
  const at = (x: number) => ({ bboxPx: { x, y: 50, w: 40, h: 40 }, confidence: 0.7, label: 'drone' });
  const run = await runNode('track', {
    inputs: {
      detections: [
        ...[0, 1, 2].map((index) => detectionsOf(index, [at(50)])),
        update({ new_track_confidence: 0.8 }),
        ...[3, 4, 5].map((index) => detectionsOf(index, [at(50), at(400)])),
      ],
    },
  });
  const ids = run.output<TracksMessage>('node.tracks').map(({ tracks }) => tracks.map(({ id }) => id));
  expect(ids).toEqual([[1], [1], [1], [1], [1], [1]]);
});

test('zones: another outline under the same name', async () => {
  const square = (from: number, to: number) => [
    [from, 0],
    [to, 0],
    [to, 1],
    [from, 1],
  ];
  const zone = (from: number, to: number) => ({
    zones: { a: { points: square(from, to), anchor: 'centre', loiter_s: 0 } },
  });
  const run = await runNode('zones', {
    params: zone(0, 0.5),
    inputs: { tracks: [seen(0, trackOf(1)), update(zone(0.5, 1)), seen(1, trackOf(1))] },
  });
  const zones = run.output<TracksMessage>('node.tracks').map(({ tracks }) => tracks[0]?.zones);
  expect(zones).toEqual([['a'], []]);
});

describe('publish', () => {
  test('end_after_ms: an unseen track ends the sooner, once', async () => {
    const run = await runNode('publish', {
      inputs: {
        tracks: [seen(0, trackOf(1)), seen(1, trackOf(1)), update({ end_after_ms: 100 }), seen(2), seen(5), seen(9)],
      },
    });
    const events = run.parsed<TrackEvent>('tracks').map(({ event, after }) => [event, after.end_ts_unix_ms !== null]);
    expect(events).toEqual([
      ['new', false],
      ['end', true],
    ]);
    expect(run.parsed<MetadataTick>('tick').length).toBe(5);
  });

  test('confirm_after: counts from the first sighting', async () => {
    const run = await runNode('publish', {
      params: { confirm_after: 10 },
      inputs: { tracks: [seen(0, trackOf(1)), seen(1, trackOf(1)), update({ confirm_after: 3 }), seen(2, trackOf(1))] },
    });
    expect(run.parsed<TrackEvent>('tracks').map(({ event }) => event)).toEqual(['new', 'end']);
  });
});

test('autotrack: how long a target is searched for', async () => {
  const select = (run: NodeRun) => void run.request('set_target_id', { target_id: 1 });
  const tracks = [select, seen(0, trackOf(1)), seen(1), update({ grace_s: 0.08 }), seen(2), seen(5)];
  const run = await runNode('autotrack', { inputs: { tracks } });
  const told = run.output<PtzMessage>('node.ptz').map(({ phase }) => phase);
  expect(told).toEqual(['tracking', 'searching', 'lost', 'lost']);
});
