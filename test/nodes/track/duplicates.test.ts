/** Two tracks that were seen apart are two objects; two on one object are one. */
import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { ByteTrack } from '../../../nodes/track/byte-track.ts';
import { trackOptions } from '../../../nodes/track/options.ts';
import type { Detection } from '../../../runtime/node.ts';

const FPS = 25;
const FRAME = { widthPx: 1280, heightPx: 720 };
const person = (x: number, y = 300): Detection => ({
  bboxPx: { x, y, w: 70, h: 120 },
  confidence: 0.9,
  label: 'person',
});

function run(frames: readonly (readonly Detection[])[]): number[][] {
  const track = new ByteTrack(Value.Create(trackOptions));
  return frames.map((detections, k) => track.step(k / FPS, detections, FRAME).tracks.map(({ id }) => id));
}

describe('one walks in front of another', () => {
  const cases: [why: string, hides: (gapPx: number) => boolean, hidden: 'standing' | 'walking'][] = [
    ['the one that stands is hidden', (gap) => gap < 30, 'standing'],
    ['the one that walks is hidden', (gap) => gap < 30, 'walking'],
    ['hidden for longer', (gap) => gap < 46, 'walking'],
  ];
  test.each(cases)('%s: both are known again', (_, hides, hidden) => {
    const frames = Array.from({ length: 160 }, (_, k) => {
      const walking = 200 + 6 * k;
      const isHidden = hides(Math.abs(walking - 640));
      return [
        ...(isHidden && hidden === 'standing' ? [] : [person(640)]),
        ...(isHidden && hidden === 'walking' ? [] : [person(walking, 306)]),
      ];
    });
    const seen = run(frames);
    expect(seen.at(0)).toEqual([1, 2]);
    expect(seen.at(-1)).toEqual([1, 2]);
    expect(new Set(seen.flat())).toEqual(new Set([1, 2]));
  });
});

test('two boxes on one object from the start, of which one goes: one track stays', () => {
  const double = (k: number) => [person(300 + 3 * k), person(302 + 3 * k, 302)];
  const single = (k: number) => [person(300 + 3 * k)];
  const seen = run(Array.from({ length: 60 }, (_, k) => (k > 10 && k < 16 ? double(k) : single(k))));
  expect(seen.at(-1)).toHaveLength(1);
  expect(seen.slice(20)).toEqual(seen.slice(20).map(() => [1]));
});
