import { describe, expect, test } from 'bun:test';
import type { TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { type MetadataTick, MetadataTickSchema, type TrackEvent, TrackEventSchema } from '../../../schemas/index.ts';
import { type NodeRun, openNode, runGraph, runNode } from '../../node-runner.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { ptzOf, START_UNIX_MS, trackOf, tracksOf } from '../recorded.ts';

const ticksOf = (run: NodeRun) => run.parsed<MetadataTick>('tick');
const eventsOf = (run: NodeRun) => run.parsed<TrackEvent>('tracks');
const select = (target_id: number) => (run: NodeRun) => void run.request('set_target_id', { target_id });
const wrong = (schema: TSchema, values: readonly unknown[]) =>
  values.flatMap((value) => [...Value.Errors(schema, value)]);
const frames = (count: number, ...ids: number[]) =>
  Array.from({ length: count }, (_, i) =>
    tracksOf(
      i,
      ids.map((id) => trackOf(id)),
    ),
  );

describe('messages', () => {
  test('are those of the wire contract, whatever the tracks hold', async () => {
    const odd = [
      trackOf(1, 0.9, { zones: ['sky'] }),
      trackOf(2, 1.0005, { bboxPx: { x: -50, y: 300, w: 900, h: 900 }, zones: [] }),
      trackOf(3, 0, { velocityPxPerS: { x: Number.NaN, y: -1e9 } }),
    ];
    const ptz = { control_mode: 'sim', active: true, cmd: { pan: 0.5, tilt: -1, zoom: 0 } } as const;
    const run = await runNode('publish', {
      inputs: {
        tracks: [0, 1, 2].map((index) =>
          tracksOf(index, odd, { captureMonoMs: index * 40 - 5, captureUnixMs: START_UNIX_MS + index / 3 }),
        ),
        ptz: [ptzOf(0, null, 'idle'), ptzOf(1, 1, 'tracking', ptz), ptzOf(2, 1, 'searching', ptz)],
      },
    });
    expect(wrong(MetadataTickSchema, ticksOf(run))).toEqual([]);
    expect(wrong(TrackEventSchema, eventsOf(run))).toEqual([]);
    expect(ticksOf(run)).toHaveLength(3);
    expect(eventsOf(run)).toHaveLength(6);
    expect(ticksOf(run)[1]).toMatchObject({ ptz, selected_target_id: 1, tracking_phase: 'tracking' });
    expect(ticksOf(run)[0]?.tracks.map(({ bbox }) => bbox)[1]).toEqual({ x: 0, y: 0.833333, w: 1, h: 0.166667 });
  });

  test('carry the frame that they are about', async () => {
    const run = await runNode('publish', { inputs: { tracks: frames(2, 1) } });
    expect(ticksOf(run)[1]).toEqual({
      schema: 'drone-ptz-metadata/1',
      type: 'metadata_tick',
      session_id: 'test-session',
      camera_id: 'cam',
      ts_unix_ms: START_UNIX_MS + 40,
      ts_mono_ms: 40,
      frame_index: 1,
      space: 'source',
      frame_size: { w: 640, h: 360 },
      selected_target_id: null,
      tracking_phase: 'idle',
      tracks: [
        { id: 1, label: 'drone', conf: 0.5, bbox: { x: 0.1, y: 0.1, w: 0.2, h: 0.2 }, velocity: { x: 0.1, y: -0.1 } },
      ],
    });
    expect(run.stats('node')).toMatchObject({ processed: 2, settled: 2 });
  });
});

describe('the rate of ticks', () => {
  test.each([0.1, 10, 1000])('asap and recorded: one a frame, whatever hz says (%p)', async (hz) => {
    const run = await runNode('publish', { params: { hz }, inputs: { tracks: frames(20, 1) } });
    expect(ticksOf(run).map(({ frame_index }) => frame_index)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    // The clock stands still: to live clients goes one.
    expect(run.messages.filter(({ topic, live }) => topic === 'tick' && live)).toHaveLength(1);
  });

  test('asap and not recorded: those that are due only', async () => {
    const run = await runNode('publish', { recording: false, inputs: { tracks: frames(20, 1) } });
    expect(ticksOf(run)).toHaveLength(1);
  });

  test('realtime: the latest state at hz, recorded or not', async () => {
    const clock = new ManualClock(0);
    const tracks = frames(26, 1).flatMap((message) => [message, () => clock.advance(40)]);
    const run = await runNode('publish', { clock, pace: 'realtime', inputs: { tracks } });
    expect(ticksOf(run).map(({ frame_index }) => frame_index)).toEqual([0, 2, 5, 7, 10, 12, 15, 17, 20, 22, 25]);
  });

  test('events wait for no tick', async () => {
    const run = await runNode('publish', { recording: false, inputs: { tracks: frames(5, 1, 2) } });
    expect(eventsOf(run).map(({ event, after }) => `${event} ${after.id}`)).toEqual([
      'new 1',
      'new 2',
      'end 1',
      'end 2',
    ]);
  });
});

describe('the target', () => {
  test('without an autotrack node, publish keeps the phase by itself', async () => {
    const tracks = [tracksOf(0, []), select(1), tracksOf(1, [trackOf(1)]), tracksOf(2), tracksOf(50), tracksOf(51)];
    const run = await runNode('publish', { inputs: { tracks } });
    expect(ticksOf(run).map(({ tracking_phase }) => tracking_phase)).toEqual([
      'idle',
      'tracking',
      'searching',
      'searching',
      'lost',
    ]);
    expect(ticksOf(run).map(({ selected_target_id }) => selected_target_id)).toEqual([null, 1, 1, 1, 1]);
    expect(run.kept.node).toEqual({ targetId: 1, announced: [] });
  });

  test('is selected again after a restart', async () => {
    const run = await runNode('publish', { kept: { node: { targetId: 1 } }, inputs: { tracks: frames(1, 1) } });
    expect(ticksOf(run)[0]).toMatchObject({ selected_target_id: 1, tracking_phase: 'tracking' });
  });

  test.each([
    { why: 'tracks first', order: 'track, autotrack' },
    { why: 'camera state first', order: 'autotrack, track' },
  ])('with autotrack, each tick has the state of its own frame ($why)', async ({ order }) => {
    const text = `
autotrack: { use: autotrack, from: track, with: { grace_s: 0.04 } }
track: { use: tracks-again }
publish: { use: publish, from: [${order}] }`;
    const { defineNode, Type } = await import('../../../runtime/node.ts');
    const again = defineNode({
      name: 'tracks-again',
      doc: 'Hands tracks on.',
      params: Type.Object({}),
      inputs: { tracks: { kind: 'tracks' } },
      outputs: { tracks: { kind: 'tracks' } },
      open: ({ emit }) => ({ on: { tracks: (message) => emit.tracks(message) } }),
    });
    const tracks = [tracksOf(0), select(1), tracksOf(1, [trackOf(1)]), tracksOf(2), tracksOf(3, [trackOf(1)])];
    const run = await runGraph(text, { contracts: [again], feed: { track: { tracks } } });
    expect(ticksOf(run).map(({ frame_index, tracking_phase }) => `${frame_index} ${tracking_phase}`)).toEqual([
      '0 idle',
      '1 tracking',
      '2 lost',
      '3 tracking',
    ]);
  });

  test('camera states that never come do not hold the tracks for ever', async () => {
    const run = await runNode('publish', { inputs: { tracks: frames(100, 1), ptz: [ptzOf(0, null, 'idle')] } });
    expect(ticksOf(run).map(({ frame_index }) => frame_index)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });
});

describe('when no frames come', () => {
  /** Opens publish in realtime on a clock that the test turns; the feed waits for `go`. */
  async function stalled() {
    const clock = new ManualClock(0);
    let go: () => void = () => undefined;
    const wait = new Promise<void>((resolve) => {
      go = resolve;
    });
    const tracks = [
      tracksOf(0, [trackOf(1)]),
      () => clock.advance(40),
      select(1),
      () => clock.advance(100),
      tracksOf(1, [trackOf(1)], { captureMonoMs: 140 }),
      () => wait,
    ];
    const run = await openNode('publish', { clock, pace: 'realtime', inputs: { tracks } });
    run.start();
    await run.until(() => ticksOf(run).at(-1)?.tracking_phase === 'tracking');
    return { clock, run, go };
  }

  test('tracks end, the target is searched for and lost, and clients see an empty picture', async () => {
    const { clock, run, go } = await stalled();
    clock.advance(600);
    await run.until(() => ticksOf(run).at(-1)?.tracking_phase === 'searching');
    expect(eventsOf(run).map(({ event }) => event)).toEqual(['new']);
    clock.advance(400);
    await run.until(() => eventsOf(run).at(-1)?.event === 'end');
    clock.advance(1000);
    await run.until(() => ticksOf(run).at(-1)?.tracking_phase === 'lost');
    expect(ticksOf(run).at(-1)?.tracks).toEqual([]);
    expect(eventsOf(run).at(-1)?.after.end_ts_unix_ms).toBe(START_UNIX_MS + 40);
    go();
    await run.finished;
    expect(eventsOf(run).map(({ event }) => event)).toEqual(['new', 'end']);
    expect(wrong(MetadataTickSchema, ticksOf(run))).toEqual([]);
  });

  test('the end of the graph ends every open track, once', async () => {
    const { run, go } = await stalled();
    go();
    await run.finished;
    expect(eventsOf(run).map(({ event }) => event)).toEqual(['new', 'end']);
  });
});
