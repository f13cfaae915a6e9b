/** The same flight gets a track at any frame rate; noise gets no more than before. */
import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { falseTracks } from '../../../bench/cases/tracking-limits.ts';
import { ByteTrack } from '../../../nodes/track/byte-track.ts';
import { FASTEST_WIDTHS_PER_S } from '../../../nodes/track/fast-start.ts';
import { trackOptions } from '../../../nodes/track/options.ts';
import type { Detection } from '../../../runtime/node.ts';

const FRAME = { widthPx: 1280, heightPx: 720 };

function drone(x: number, y: number, side: number, confidence = 0.85): Detection {
  return { bboxPx: { x, y, w: side, h: side }, confidence, label: 'drone' };
}

/** Straight through the picture. @returns ids in each frame */
function fly(fps: number, side: number, widthsPerS: number, confidence: number): number[][] {
  const track = new ByteTrack(Value.Create(trackOptions));
  track.step(-1 / fps, [], FRAME);
  return Array.from({ length: Math.max(6, Math.floor(fps / widthsPerS)) }, (_, frame) => {
    const x = (widthsPerS * FRAME.widthPx * frame) / fps;
    return track.step(frame / fps, [drone(x, 300, side, confidence)], FRAME).tracks.map(({ id }) => id);
  });
}

describe('an object as fast as the README says', () => {
  for (const fps of [1, 2, 5, 10, 15, 25, 30, 60]) {
    for (const [side, confidence] of [
      [12, 0.85],
      [12, 0.66],
      [40, 0.85],
    ] as const) {
      test(`${side} px at ${fps} fps, confidence ${confidence}: one track from the third sighting on`, () => {
        for (const share of [0.02, 0.2, 0.5, 0.9, 0.99]) {
          const ids = fly(fps, side, share * FASTEST_WIDTHS_PER_S, confidence);
          expect(ids.slice(2)).toEqual(ids.slice(2).map(() => [1]));
        }
      });
    }
  }

  test('of the very first frame keeps the id that it has', () => {
    const track = new ByteTrack(Value.Create(trackOptions));
    const ids = Array.from({ length: 8 }, (_, frame) =>
      track.step(frame / 5, [drone(20 + 100 * frame, 300, 12)], FRAME).tracks.map(({ id }) => id),
    );
    expect(ids).toEqual([[1], [], [1], [1], [1], [1], [1], [1]]);
  });
});

describe('comes in over the border at any speed that is stated: one track, and no other', () => {
  test.each([12, 40, 100])('%d px', (side) => {
    for (const fps of [10, 15, 25, 30, 60]) {
      for (const share of [0.1, 0.3, 0.6, 0.9]) {
        const stepPx = (share * FASTEST_WIDTHS_PER_S * FRAME.widthPx) / fps;
        for (const phase of [0.1, 0.4, 0.7, 1]) {
          const track = new ByteTrack(Value.Create(trackOptions));
          track.step(-1 / fps, [], FRAME);
          const ids: number[] = [];
          for (let frame = 0; frame * stepPx < FRAME.widthPx - side; frame++) {
            const right = stepPx * (frame + phase);
            const x = Math.max(0, right - side);
            const bboxPx = { x, y: 300, w: right - x, h: side };
            const { tracks } = track.step(frame / fps, [{ bboxPx, confidence: 0.9, label: 'drone' }], FRAME);
            if (frame >= 5) ids.push(...tracks.map(({ id }) => id));
          }
          expect({ fps, share, phase, ids: [...new Set(ids)] }).toEqual({ fps, share, phase, ids: [1] });
        }
      }
    }
  });
});

test('a third sighting elsewhere proves nothing', () => {
  const track = new ByteTrack(Value.Create(trackOptions));
  const places = [
    [100, 100],
    [300, 100],
    [300, 400],
    [900, 500],
    [100, 600],
  ] as const;
  track.step(-0.2, [], FRAME);
  const ids = places.map(([x, y], frame) => track.step(frame / 5, [drone(x, y, 12)], FRAME).tracks.length);
  expect(ids).toEqual([0, 0, 0, 0, 0]);
});

test.each([1, 2, 5, 10, 30, 60])('noise at %d fps starts few tracks', (fps) => {
  const noise = { few: falseTracks(fps, 3), many: falseTracks(fps, 10), band: falseTracks(fps, 5, 80) };
  expect(noise.few).toBeLessThanOrEqual(18);
  expect(noise.many).toBeLessThanOrEqual(200);
  expect(noise.band).toBeLessThanOrEqual(340);
});
