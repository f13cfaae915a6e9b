/** What nodes of other people put on links: right values pass, a wrong one is blamed on its sender, with its place. */
import { describe, expect, test } from 'bun:test';
import { Type } from '@sinclair/typebox';
import { LinkCheck } from '../../runtime/engine/link-check.ts';
import { errorCode, errorMessage } from '../../runtime/errors.ts';
import { defineNode } from '../../runtime/node.ts';
import { runNode } from '../node-runner.ts';
import { detectionsOf, frameSourceOf, metaOf, ptzOf, trackOf, tracksOf } from '../nodes/recorded.ts';

const OWN = Type.Object({ heat: Type.Array(Type.Number()) });
const outputs = {
  frames: { kind: 'frame' },
  detections: { kind: 'detections' },
  tracks: { kind: 'tracks' },
  ptz: { kind: 'ptz' },
  packets: { kind: 'packet' },
  own: { kind: 'heat', schema: OWN },
} as const;
const opened = () => new LinkCheck('mine', outputs);
const detection = { bboxPx: { x: -5, y: 0, w: 10, h: 0 }, confidence: 1, label: 'drone', classProbabilities: [0.5] };
const tracks = tracksOf(3, [trackOf(1, 0.5, { zones: ['sky'] }), trackOf(2)]);
const remembered = [{ id: 1, untilMonoMs: 5 }];

test.each([
  { port: 'frames', value: frameSourceOf(3) },
  { port: 'detections', value: { ...detectionsOf(3, [detection]), classes: { names: ['a'], unknown: null } } },
  { port: 'tracks', value: { ...tracks, remembered, extra: 'kept' } },
  {
    port: 'ptz',
    value: ptzOf(3, 1, 'tracking', { control_mode: 'sim', active: true, cmd: { pan: 0, tilt: 1, zoom: -1 } }),
  },
  { port: 'packets', value: { packet: 1 } },
  { port: 'own', value: { heat: [1, 2] } },
])('right values pass: $port', ({ port, value }) => {
  const check = opened();
  check.send(port, value);
  check.received({ frame: metaOf(3) });
  check.send(port, value);
});

describe('wrong values', () => {
  const withTrack = (change: object) => ({ ...tracks, tracks: [trackOf(7), { ...trackOf(8), ...change }] });
  const withFrame = (change: object) => ({ ...tracks, frame: { ...tracks.frame, ...change } });
  const rows: { port: string; value: unknown; says: string }[] = [
    { port: 'tracks', value: undefined, says: 'expected object, got nothing' },
    { port: 'tracks', value: null, says: 'expected object, got nothing' },
    { port: 'tracks', value: [], says: 'got a list' },
    { port: 'tracks', value: { ...tracks, tracks: undefined }, says: 'tracks: ' },
    { port: 'tracks', value: { ...tracks, tracks: {} }, says: 'tracks: expected array, got a mapping' },
    { port: 'tracks', value: withTrack({ id: '8' }), says: "tracks/1/id: expected integer, got '8'" },
    { port: 'tracks', value: withTrack({ id: -1 }), says: 'tracks/1/id: ' },
    { port: 'tracks', value: withTrack({ id: 7 }), says: 'tracks: two have the id 7' },
    { port: 'tracks', value: withTrack({ label: '' }), says: 'tracks/1/label: ' },
    { port: 'tracks', value: withTrack({ confidence: 1.5 }), says: 'tracks/1/confidence: ' },
    {
      port: 'tracks',
      value: withTrack({ confidence: Number.NaN }),
      says: 'tracks/1/confidence: expected number, got NaN',
    },
    {
      port: 'tracks',
      value: withTrack({ bboxPx: [1, 2, 3, 4] }),
      says: 'tracks/1/bboxPx: expected object, got a list',
    },
    { port: 'tracks', value: withTrack({ bboxPx: { x: 0, y: 0, w: -1, h: 1 } }), says: 'tracks/1/bboxPx/w: ' },
    { port: 'tracks', value: withTrack({ velocityPxPerS: undefined }), says: 'tracks/1/velocityPxPerS: ' },
    { port: 'tracks', value: withTrack({ zones: 'sky' }), says: "tracks/1/zones: expected array, got 'sky'" },
    { port: 'tracks', value: { ...tracks, remembered: [7] }, says: 'remembered/0: expected object, got 7' },
    { port: 'tracks', value: withFrame({ index: 1.5 }), says: 'frame/index: ' },
    { port: 'tracks', value: withFrame({ size: { w: 0, h: 1 } }), says: 'frame/size/w: ' },
    { port: 'tracks', value: withFrame({ captureMonoMs: Number.POSITIVE_INFINITY }), says: 'frame/captureMonoMs: ' },
    { port: 'tracks', value: withFrame({ index: 4 }), says: 'no such frame has come in; the newest is 3, this 4' },
    { port: 'detections', value: detectionsOf(3, [{ ...detection, label: 7 as never }]), says: 'detections/0/label: ' },
    { port: 'detections', value: tracks, says: 'detections: ' },
    { port: 'ptz', value: { ...ptzOf(3, 1, 'idle'), phase: 'asleep' }, says: 'phase: ' },
    { port: 'frames', value: { writeInto: () => undefined }, says: 'meta: ' },
    { port: 'own', value: { heat: ['hot'] }, says: "heat/0: expected number, got 'hot'" },
  ];
  test.each(rows)('$port: $says', ({ port, value, says }) => {
    const check = opened();
    check.received({ frame: metaOf(3) });
    let error: unknown;
    try {
      check.send(port, value);
    } catch (thrown) {
      error = thrown;
    }
    expect(errorCode(error)).toBe('wrong_value');
    expect(errorMessage(error)).toStartWith(`the value that it sends to its output ${port} is wrong: `);
    expect(errorMessage(error)).toContain(says);
  });
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, '1' as never])('a counter does not rise by %p', async (by) => {
  const counting = defineNode({
    name: 'counting',
    doc: 'Counts wrongly.',
    params: Type.Object({}),
    inputs: {},
    outputs: {},
    pace: () => 'asap',
    open: ({ count, gauge }) => ({
      run: async () => {
        count('things', 2);
        gauge('share', 0 / 0);
        count('things', by);
      },
    }),
  });
  const run = await runNode(counting);
  expect(run.failures.map(({ node, error }) => `${node}: ${errorCode(error)}`)).toEqual(['node: wrong_count']);
  expect(run.stats('node')).toEqual({ things: 2, share: 'NaN' });
});
