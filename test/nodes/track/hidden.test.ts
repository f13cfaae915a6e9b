/** An object that is hidden for seconds, with a memory that is long enough, keeps its id. */
import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { randomNumbers } from '../../../bench/random-numbers.ts';
import { ByteTrack } from '../../../nodes/track/byte-track.ts';
import { trackOptions } from '../../../nodes/track/options.ts';
import type { Box } from '../../../runtime/node.ts';

const FRAME = { widthPx: 1280, heightPx: 720 };

interface Flight {
  readonly fps: number;
  /** Time in sight, and then out of it. */
  readonly seenS: number;
  readonly hiddenS: number;
  readonly sidePx: number;
  /** Sides per second, to the right. */
  readonly speed: number;
  readonly jitter: number;
  readonly seed: number;
}

/** @returns ids before and after */
function hide({ fps, seenS, hiddenS, sidePx, speed, jitter, seed }: Flight): number[] {
  const random = randomNumbers(seed);
  const off = () => 2 * jitter * sidePx * (random() + random() - 1);
  const tracker = new ByteTrack({ ...Value.Create(trackOptions), lost_after_s: 10 });
  const boxAt = (timeS: number): Box => ({
    x: 200 + speed * sidePx * timeS + off(),
    y: 300 + off(),
    w: sidePx + off(),
    h: sidePx + off(),
  });
  const ids = new Set<number>();
  for (let frame = 0; frame < (seenS + hiddenS + 1) * fps; frame++) {
    const timeS = frame / fps;
    const isHidden = timeS >= seenS && timeS < seenS + hiddenS;
    const detections = isHidden ? [] : [{ bboxPx: boxAt(timeS), confidence: 0.9, label: 'drone' }];
    for (const { id } of tracker.step(timeS, detections, FRAME).tracks) ids.add(id);
  }
  return [...ids];
}

describe('stands and is hidden', () => {
  test.each([2, 5, 8])('for %d s', (hiddenS) => {
    for (const fps of [5, 10, 25]) {
      for (const sidePx of [20, 60, 150]) {
        for (let seed = 1; seed <= 5; seed++) {
          expect(hide({ fps, seenS: 2, hiddenS, sidePx, speed: 0, jitter: 0.02, seed })).toEqual([1]);
        }
      }
    }
  });
});

describe('moves on behind what hides it', () => {
  test.each([0.3, 1])('for 2 s, at %d sides a second', (speed) => {
    for (const fps of [10, 25]) {
      for (let seed = 1; seed <= 5; seed++) {
        expect(hide({ fps, seenS: 3, hiddenS: 2, sidePx: 60, speed, jitter: 0.02, seed })).toEqual([1]);
      }
    }
  });
});
