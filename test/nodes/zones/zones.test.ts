/** The zones node in a graph: what comes out, what clients are told, what it counts, what the checker says of options. */
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { boardTopics, type CameraNews, type Track, type TracksMessage } from '../../../runtime/node.ts';
import { type TrackEvent, TrackEventSchema } from '../../../schemas/index.ts';
import { type NodeRun, type Recorded, runGraph, runNode } from '../../node-runner.ts';
import { ROOT } from '../fragment.ts';
import { FRAME_MS, trackOf, tracksOf } from '../recorded.ts';

const ALL = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];
/** What the camera says at the time of a frame. */
const news = (frame: number, change: Partial<CameraNews> = {}): CameraNews => ({
  atMs: frame * FRAME_MS,
  moving: false,
  panDeg: null,
  tiltDeg: null,
  hfovDeg: null,
  preset: null,
  ...change,
});
const says =
  (frame: number, change: Partial<CameraNews> = {}) =>
  (run: NodeRun) =>
    run.post(boardTopics.camera, news(frame, change));
const zonesOf = (run: NodeRun) =>
  run.output<TracksMessage>('node.tracks').map(({ tracks }) => tracks.map(({ zones }) => zones?.join(' ')).join('; '));
const frames = (from: number, to: number, tracks: Track[] = [trackOf(1)]) =>
  Array.from({ length: to - from }, (_, n) => tracksOf(from + n, tracks));

test('names the zones of each track, and leaves everything else as it is', async () => {
  const left = [
    [0, 0],
    [0.5, 0],
    [0.5, 1],
    [0, 1],
  ];
  const tracks = [trackOf(4), trackOf(5, 0.9, { bboxPx: { x: 600, y: 0, w: 30, h: 30 }, label: 'bird' })];
  const recorded = tracksOf(3, tracks);
  const run = await runNode('zones', {
    params: { zones: { all: { points: ALL }, left: { points: left } } },
    inputs: { tracks: [recorded, tracksOf(4)] },
  });
  const [first, second] = run.output<TracksMessage>('node.tracks');
  expect(first).toEqual({
    ...recorded,
    tracks: [
      { ...tracks[0], zones: ['all', 'left'] },
      { ...tracks[1], zones: ['all'] },
    ] as Track[],
  });
  expect(second).toEqual(tracksOf(4));
  expect(run.stats('node')).toEqual({ suspended: 0, suspended_why: 'none' });
});

test('two in a row: each adds its own', async () => {
  const run = await runGraph(
    JSON.stringify({
      first: { use: 'zones', with: { zones: { sky: { points: ALL }, both: { points: ALL } } } },
      node: { use: 'zones', from: 'first', with: { zones: { both: { points: ALL }, yard: { points: ALL } } } },
    }),
    { feed: { first: { tracks: [tracksOf(0, [trackOf(1)])] } } },
  );
  expect(zonesOf(run)).toEqual(['sky both yard']);
});

describe('a camera that moves', () => {
  const params = {
    zones: {
      sky: { points: ALL },
      gate: { points: ALL, preset: '2' },
      east: {
        pan_tilt: [
          [80, -20],
          [100, -20],
          [100, 20],
          [80, 20],
        ],
        anchor: 'centre',
      },
    },
    settle_s: 3 * (FRAME_MS / 1000),
  };
  const east = { panDeg: 90, tiltDeg: 0, hfovDeg: 60 };
  const middle = [trackOf(1, 0.5, { bboxPx: { x: 310, y: 170, w: 20, h: 20 } })];
  /** Two frames before anybody tells of a camera, then: at preset 2, under way to the east, at rest there. */
  const story: Recorded[] = [
    ...frames(0, 2, middle),
    says(2, { preset: '2' }),
    ...frames(2, 4, middle),
    says(4, { moving: true, ...east }),
    ...frames(4, 6, middle),
    says(6, { panDeg: 150, tiltDeg: 0, hfovDeg: 60 }),
    ...frames(6, 11, middle),
  ];
  const expected = ['sky', 'sky', 'sky gate', 'sky gate', 'east', 'east', '', '', '', 'sky', 'sky'];

  test('media time (asap): news hold from the frame before them on', async () => {
    const run = await runNode('zones', { params, inputs: { tracks: story } });
    // The settling begins with the frame before: it is over one frame earlier.
    expect(zonesOf(run)).toEqual(expected.with(8, 'sky'));
    expect(run.stats('node')).toEqual({
      suspended: 1,
      suspended_why: 'gate: other_preset',
      // gate and east at first, sky and gate in motion, then east is open until the end.
      suspensions: 4,
    });
  });

  test('the clock (realtime): news hold from the moment that they are about', async () => {
    // All of it is heard before the first frame is through: frames are judged by when they were captured.
    const heard = story.filter((each) => typeof each === 'function');
    const seen = story.filter((each) => typeof each !== 'function');
    const first = says(0, { preset: null });
    const run = await runNode('zones', { params, pace: 'realtime', inputs: { tracks: [first, ...heard, ...seen] } });
    // By frame 5 the camera was half way from pan 90 to 150, and the middle of its picture out of the zone.
    expect(zonesOf(run)).toEqual(expected.with(5, ''));
  });

  test('clients are told: an update when a track is in a zone, and one when the zone is suspended', async () => {
    const run = await runGraph(
      JSON.stringify({
        zones: { use: 'zones', with: { zones: { sky: { points: ALL } }, settle_s: 0 } },
        publish: { use: 'publish', from: 'zones' },
      }),
      {
        feed: {
          zones: {
            tracks: [
              says(0, { moving: true }),
              ...frames(0, 3),
              says(3),
              ...frames(3, 5),
              says(5, { moving: true }),
              ...frames(5, 8),
            ],
          },
        },
      },
    );
    const events = run.parsed<TrackEvent>('tracks');
    for (const event of events) expect(Value.Check(TrackEventSchema, event)).toBe(true);
    expect(events.map(({ event, after }) => [event, after.zones])).toEqual([
      ['new', []],
      ['update', ['sky']],
      ['update', []],
      ['end', []],
    ]);
    const ticks = run.parsed<{ tracks: { zones?: string[] }[] }>('tick').map(({ tracks }) => tracks[0]?.zones);
    expect(ticks).toEqual([undefined, undefined, undefined, ['sky'], ['sky'], undefined, undefined, undefined]);
  });
});

describe('options', () => {
  const square = '[[0, 0], [1, 0], [1, 1]]';
  test.each([
    ['no zone', '{}', 'nodes.node.with.zones: must have at least 1'],
    ['no outline', '{ sky: {} }', 'nodes.node.with.zones.sky: the outline; expected points'],
    [
      'two outlines',
      `{ sky: { points: ${square}, pan_tilt: ${square} } }`,
      'nodes.node.with.zones.sky: the outline; expected points (in the picture) or pan_tilt (in degrees), got both',
    ],
    ['too few corners', '{ sky: { points: [[0, 0], [1, 0]] } }', 'nodes.node.with.zones.sky.points: must have'],
    [
      'a corner that is none',
      '{ sky: { points: [[0, 0], [1, 0], [1]] } }',
      'nodes.node.with.zones.sky.points[2][1]: must be a number, got nothing',
    ],
    [
      'pixels',
      '{ sky: { points: [[0, 0], [640, 0], [1, 1]] } }',
      'nodes.node.with.zones.sky.points[1][0]: must be between 0 and 1, got 640',
    ],
    [
      'an outline that crosses itself',
      '{ a: { points: [[0, 0], [1, 1], [0, 1]] }, sky: { points: [[0, 0], [1, 1], [1, 0], [0, 1]] } }',
      'nodes.node.with.zones.sky.points: the edges that begin at corners 1 and 3 meet; expected corners in order',
    ],
    [
      'more than a turn',
      '{ sky: { pan_tilt: [[-180, 0], [190, 0], [0, 90]] } }',
      'nodes.node.with.zones.sky.pan_tilt: the outline; expected at most a full turn of pan, 360, got 370',
    ],
    [
      'a preset in pan and tilt',
      `{ sky: { preset: home, pan_tilt: ${square} } }`,
      'nodes.node.with.zones.sky.preset: a preset without points (a zone in pan and tilt is valid in every',
    ],
    ['an unknown option', `{ sky: { pionts: ${square} } }`, "unknown option 'pionts'"],
    ['an anchor that is none', `{ sky: { points: ${square}, anchor: top } }`, 'must be one of centre, bottom'],
    ['a name with a space', `{ the sky: { points: ${square} } }`, 'nodes.node.with.zones: a zone has a bad name'],
  ])('%s', async (_what, zones, fault) => {
    const text = `node: { use: zones, with: { zones: ${zones} } }`;
    const running = runGraph(text, { feed: { node: { tracks: [] } } });
    await expect(running).rejects.toThrow(fault);
  });

  test('the examples of the README are graphs', async () => {
    const readme = readFileSync(join(ROOT, 'nodes/zones/README.md'), 'utf8');
    const examples = [...readme.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, yaml = '']) => yaml);
    expect(examples.length).toBeGreaterThan(0);
    for (const yaml of examples) {
      const run = await runGraph(yaml.replace(/, from: track/, ''), { feed: { zones: { tracks: frames(0, 1) } } });
      expect(run.output<TracksMessage>('zones.tracks')).toHaveLength(1);
    }
  });
});
