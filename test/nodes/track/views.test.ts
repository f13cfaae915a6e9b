/** A detector that looks at parts of the picture: what lies elsewhere is not missed. */
import { expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { ByteTrack } from '../../../nodes/track/byte-track.ts';
import { trackOptions } from '../../../nodes/track/options.ts';
import type { ViewSeen } from '../../../runtime/data.ts';

const FRAME = { widthPx: 3840, heightPx: 2160 };
const HERE: ViewSeen = { regionPx: { x: 900, y: 400, w: 640, h: 512 }, leastPx: 0 };
const ELSEWHERE: ViewSeen = { regionPx: { x: 2500, y: 1400, w: 640, h: 512 }, leastPx: 0 };
const WHOLE: ViewSeen = { regionPx: { x: 0, y: 0, w: 3840, h: 2160 }, leastPx: 48 };

function trackerOf() {
  const tracker = new ByteTrack(Value.Create(trackOptions));
  let frame = 0;
  const step = (views: readonly ViewSeen[] | undefined, ...boxes: (readonly [number, number, number, number])[]) => {
    const detections = boxes.map(([x, y, w, h]) => ({ bboxPx: { x, y, w, h }, confidence: 0.9, label: 'drone' }));
    return tracker.step(frame++ / 25, detections, { ...FRAME, ...(views ? { views } : {}) });
  };
  return step;
}

test('a track that was not looked at goes on as it was moving, and is found again under its id', () => {
  const step = trackerOf();
  for (let i = 0; i < 10; i++) step([HERE], [1000 + i * 4, 500, 12, 10]);
  for (let i = 10; i < 18; i++) {
    const { tracks } = step(i % 2 ? [ELSEWHERE] : [WHOLE]);
    expect(tracks.map(({ id }) => id)).toEqual([1]);
    expect(Math.abs((tracks[0]?.bboxPx.x ?? 0) - (1000 + i * 4))).toBeLessThan(6);
  }
  expect(step([HERE], [1072, 500, 12, 10]).tracks.map(({ id }) => id)).toEqual([1]);
});

test('a track that was looked at and not found is lost, as ever', () => {
  const step = trackerOf();
  for (let i = 0; i < 10; i++) step([HERE], [1000, 500, 12, 10]);
  expect(step([ELSEWHERE]).tracks.length).toBe(1);
  expect(step([HERE]).tracks).toEqual([]);
});

test('one that is never looked at again ends with lost_after_s', () => {
  const step = trackerOf();
  for (let i = 0; i < 10; i++) step([HERE], [1000, 500, 12, 10]);
  const left = Array.from({ length: 30 }, () => step([ELSEWHERE]).tracks.length);
  expect([left[0], left[23], left[27]]).toEqual([1, 1, 0]);
});

test('a first sighting waits for its second one until it is looked at', () => {
  const step = trackerOf();
  step([HERE]);
  step([HERE], [1000, 500, 12, 10]);
  step([ELSEWHERE]);
  expect(step([HERE], [1000, 500, 12, 10]).tracks.map(({ id }) => id)).toEqual([1]);
  step([HERE], [1000, 500, 12, 10], [1200, 600, 12, 10]);
  step([HERE], [1000, 500, 12, 10]);
  expect(step([HERE], [1000, 500, 12, 10]).remembered.map(({ id }) => id)).toEqual([1]);
});

test('what a view without detail shows beside a small object is another one', () => {
  const step = trackerOf();
  for (let i = 0; i < 10; i++) step([HERE], [1000, 500, 12, 10]);
  const { tracks } = step([WHOLE], [960, 460, 120, 90]);
  const [small] = tracks;
  expect(small?.id).toBe(1);
  expect(small?.bboxPx.w).toBeLessThan(20);
});
