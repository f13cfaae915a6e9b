/** Matching of boxes that are small in the picture. */
import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { MOT_FOLDER, MOT_SEQUENCES } from '../../../bench/tracking/sequences.ts';
import { syntheticScene } from '../../../bench/tracking.ts';
import { readMot } from '../../../nodes/replay/read-mot.ts';
import { ByteTrack } from '../../../nodes/track/byte-track.ts';
import { type TrackOptions, trackOptions } from '../../../nodes/track/options.ts';
import type { Detection, Track } from '../../../runtime/node.ts';

const WIDTH_PX = 640;
const HZ = 10;

function tracker(options: Partial<TrackOptions> = {}): ByteTrack {
  return new ByteTrack({ ...Value.Create(trackOptions), ...options });
}

function run(
  frames: readonly (readonly Detection[])[],
  options: Partial<TrackOptions> = {},
  { widthPx = WIDTH_PX, hz = HZ } = {},
): (readonly Track[])[] {
  const track = tracker(options);
  return frames.map((detections, k) => track.step(k / hz, detections, { widthPx }).tracks);
}

const ids = (frames: readonly (readonly Track[])[]) => frames.map((tracks) => tracks.map(({ id }) => id));

/** A drone with this centre. */
function at(x: number, y: number, w: number, h: number): Detection {
  return { bboxPx: { x: x - w / 2, y: y - h / 2, w, h }, confidence: 0.9, label: 'drone' };
}

/** 5×4 px, 8 px further in each frame. */
const fast = Array.from({ length: 20 }, (_, k) => [at(50 + 8 * k, 100, 5, 4)]);

describe('an object that moves by more than its own size', () => {
  test('keeps its id, and its box stays tight', () => {
    const frames = run(fast);
    expect(ids(frames)).toEqual(fast.map(() => [1]));
    const { x = 0, y = 0, w = 0, h = 0 } = frames.at(-1)?.[0]?.bboxPx ?? {};
    expect([x + w / 2, y + h / 2, w, h].map(Math.round)).toEqual([202, 100, 5, 4]);
    expect(frames.at(-1)?.[0]?.velocityPxPerS.x).toBeCloseTo(80, 0);
  });

  test('at once only where boxes are grown: without, as a fast one, and not at all without the width of the frame', () => {
    const [, , ...later] = fast;
    expect(ids(run(fast, { least_match_size: 0 }))).toEqual([[1], [], ...later.map(() => [1])]);
    expect(ids(tracksWithoutWidth(fast))).toEqual([[1], [], ...later.map(() => [])]);
  });

  function tracksWithoutWidth(frames: readonly (readonly Detection[])[]) {
    const track = tracker();
    return frames.map((detections, k) => track.step(k / HZ, detections).tracks);
  }
});

test('a box that the detector is unsure of, and has moved and grown by a third, still belongs to its track', () => {
  const unsure = { ...at(204, 102, 24, 20), confidence: 0.15 };
  expect(ids(run([[at(200, 100, 18, 15)], [unsure]]))).toEqual([[1], [1]]);
  expect(ids(run([[at(200, 100, 18, 15)], [unsure]], { low_match_iou: 0.6 }))).toEqual([[1], []]);
});

test('a wide box that is low is grown in height alone', () => {
  const wing = (y: number) => [at(100, y, 60, 4)];
  expect(ids(run([wing(100), wing(107), wing(114)]))).toEqual([[1], [1], [1]]);
  const aside = (x: number) => [at(x, 100, 60, 4)];
  expect(ids(run([aside(100), aside(170)]))).toEqual([[1], []]);
});

test('a lost one is found again when its few pixels are twice as many', () => {
  const frames = [[at(100, 100, 6, 4)], [], [at(101, 100, 8, 8)]];
  expect(ids(run(frames))).toEqual([[1], [], [1]]);
  expect(ids(run(frames, { least_match_size: 0 }))).toEqual([[1], [], []]);
});

test('two side by side stay two', () => {
  const pair = Array.from({ length: 30 }, (_, k) => {
    const both = [at(50 + 3 * k, 100, 5, 5), at(60 + 3 * k, 100, 5, 5)];
    return k % 2 === 0 ? both : both.toReversed();
  });
  const frames = run(pair);
  expect(ids(frames)).toEqual(pair.map(() => [1, 2]));
  const [left, right] = frames.at(-1) ?? [];
  expect((right?.bboxPx.x ?? 0) - (left?.bboxPx.x ?? 0)).toBeCloseTo(10, 0);
});

describe('larger boxes are matched as if nothing was grown', () => {
  test('in a crowd', () => {
    const scene = syntheticScene(30).take(200).toArray();
    // The smallest side in the scene is 19.4 px.
    const unchanged = run(scene, { least_match_size: 0 }, { hz: 30 });
    expect(run(scene, {}, { hz: 30 })).toEqual(unchanged);
    expect(run(scene, {}, { widthPx: 1920, hz: 30 })).not.toEqual(unchanged);
  });

  for (const name of MOT_SEQUENCES) {
    const file = join(MOT_FOLDER, name, 'det.txt');
    if (!existsSync(file)) console.log(`skipped: pedestrians of ${name} (${file} is not there)`);
    test.skipIf(!existsSync(file))(`pedestrians of ${name}`, () => {
      const recorded = readMot(readFileSync(file, 'utf8'), file, { width: WIDTH_PX, height: 480, fps: 25, label: 'p' });
      const frames = Array.from({ length: recorded.frameCount }, (_, k) => recorded.detections.get(k) ?? []);
      const hz = recorded.fps;
      expect(run(frames, {}, { hz })).toEqual(run(frames, { least_match_size: 0 }, { hz }));
    });
  }
});
