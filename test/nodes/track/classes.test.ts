/** Tracks of detections that carry class probabilities. */
import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { ByteTrack } from '../../../nodes/track/byte-track.ts';
import track from '../../../nodes/track/index.ts';
import { type TrackOptions, trackOptions } from '../../../nodes/track/options.ts';
import type { Detection, DetectionClasses, DetectionsMessage, TracksMessage } from '../../../runtime/node.ts';
import { openNode } from './fake-context.ts';

const NAMES = ['drone', 'bird'];
const FLYING: DetectionClasses = { names: NAMES, unknown: 'flying' };

function at(x: number, drone: number, confidence = 0.9): Detection {
  const label = drone >= 0.5 ? 'drone' : 'bird';
  return { bboxPx: { x, y: 100, w: 40, h: 40 }, confidence, label, classProbabilities: [drone, 1 - drone] };
}

function run(
  frames: readonly (readonly Detection[])[],
  classes: DetectionClasses,
  options: Partial<TrackOptions> = {},
) {
  const tracker = new ByteTrack({ ...Value.Create(trackOptions), ...options });
  return frames.map((detections, k) => {
    const { tracks } = tracker.step(k / 10, detections, { widthPx: 640, classes });
    return tracks.map(({ id, label }) => `${id} ${label}`);
  });
}

const wavering = Array.from({ length: 10 }, (_, k) => [at(k, k % 3 === 1 ? 0.4 : 0.9)]);

describe('class probabilities', () => {
  test('a label that flips from frame to frame does not touch the track, which gets its name when it is sure', () => {
    const frames = run(wavering, FLYING);
    expect(frames.map((tracks) => tracks.length)).toEqual(wavering.map(() => 1));
    expect(frames[0]).toEqual(['1 flying']);
    // 0.9 a sighting: the fifth brings the sum above 4.
    expect(frames.flat()).toEqual([...Array(4).fill('1 flying'), ...Array(6).fill('1 drone')]);
  });

  test('without a word for the unknown the leading class is the label', () => {
    const frames = [[at(0, 0.2)], [at(1, 0.9)], [at(2, 0.9)]];
    expect(run(frames, { names: NAMES, unknown: null }).flat()).toEqual(['1 bird', '1 drone', '1 drone']);
  });

  test('each track has evidence of its own', () => {
    const frames = Array.from({ length: 6 }, (_, k) => [at(k, 0.9), at(300 + k, 0.1)]);
    expect(run(frames, FLYING).at(-1)).toEqual(['1 drone', '2 bird']);
  });

  test('the options decide when it is sure', () => {
    expect(run(wavering, FLYING, { label_evidence: 0.5 })[0]).toEqual(['1 drone']);
    expect(run(wavering, FLYING, { label_share: 0.95 }).at(-1)).toEqual(['1 flying']);
  });

  test('a detection without them adds no evidence', () => {
    const bare = ({ bboxPx, confidence, label }: Detection): Detection => ({ bboxPx, confidence, label });
    const frames = wavering.map((detections) => detections.map(bare));
    expect(run(frames, FLYING).at(-1)).toEqual(['1 flying']);
  });

  test('the same object seen in another class is no second track', () => {
    // So strict a matching that a jump of 2 px loses the track; the new one on its spot gives way to it.
    const frames = [...Array.from({ length: 10 }, () => [at(0, 0.9)]), [at(2, 0.1)], [at(2, 0.1)]];
    expect(run(frames, FLYING, { match_iou: 0.95, fuse_confidence: false }).at(-1)).toEqual([]);
  });

  test('the node takes them, and the width of the frame, from the message', async () => {
    const running = await openNode(track);
    const handler = running.handlers.on?.detections as ((value: DetectionsMessage) => Promise<void>) | undefined;
    for (let index = 0; index < 6; index++) {
      const times = { mediaTimeS: index / 10, captureUnixMs: 0, captureMonoMs: index * 100, decodedMonoMs: 0 };
      const bboxPx = { x: 8 * index, y: 50, w: 5, h: 5 };
      const detections = [{ bboxPx, confidence: 0.9, label: 'drone', classProbabilities: [1, 0] }];
      const message = { frame: { index, ...times, size: { w: 640, h: 480 } }, detections, inferenceMs: 1 };
      await handler?.(structuredClone({ ...message, classes: FLYING }));
    }
    const messages = running.sent.tracks as TracksMessage[];
    expect(messages.map(({ tracks }) => tracks.map(({ id, label }) => `${id} ${label}`))).toEqual([
      ['1 flying'],
      ['1 flying'],
      ['1 flying'],
      ['1 flying'],
      ['1 drone'],
      ['1 drone'],
    ]);
  });
});
