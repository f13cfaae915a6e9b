/** Boxes that the border of the frame, or something in front, cuts off. */
import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import fc from 'fast-check';
import { ByteTrack } from '../../../nodes/track/byte-track.ts';
import { trackOptions } from '../../../nodes/track/options.ts';
import type { Box } from '../../../runtime/node.ts';

const FRAME = { widthPx: 1280, heightPx: 720 };
/** A published side is never further from the measured one than by this factor. */
const MOST_OFF = 1.3;

/** Follows the part of a moving box that is in sight: its boxes as put out, one a frame from the second on. */
function follow(at: (frame: number) => Box, fps: number, frames: number) {
  const track = new ByteTrack(Value.Create(trackOptions));
  track.step(-1 / fps, [], FRAME);
  const seen: { id: number; measured: Box; box: Box; velocity: { x: number; y: number } }[] = [];
  for (let frame = 0; frame < frames; frame++) {
    const measured = at(frame);
    const { tracks } = track.step(frame / fps, [{ bboxPx: measured, confidence: 0.9, label: 'drone' }], FRAME);
    const [first] = tracks;
    if (first) seen.push({ id: first.id, measured, box: first.bboxPx, velocity: first.velocityPxPerS });
  }
  return seen;
}

function expectClose(seen: ReturnType<typeof follow>): void {
  for (const { measured, box } of seen) {
    for (const side of ['w', 'h'] as const) {
      expect(Math.max(box[side] / measured[side], measured[side] / box[side])).toBeLessThanOrEqual(MOST_OFF);
    }
  }
}

describe('a box that comes in over a border', () => {
  const shown = (full: number, px: number, frame: number) => Math.min(full, px * (frame + 1));
  const borders: [name: string, way: [number, number], at: (px: number) => (frame: number) => Box][] = [
    ['left', [1, 0], (px) => (f) => ({ x: Math.max(0, px * (f + 1) - 100), y: 300, w: shown(100, px, f), h: 80 })],
    ['right', [-1, 0], (px) => (f) => ({ x: 1280 - px * (f + 1), y: 300, w: shown(100, px, f), h: 80 })],
    ['top', [0, 1], (px) => (f) => ({ x: 600, y: Math.max(0, px * (f + 1) - 100), w: 80, h: shown(100, px, f) })],
    ['bottom', [0, -1], (px) => (f) => ({ x: 600, y: 720 - px * (f + 1), w: 80, h: shown(100, px, f) })],
  ];
  for (const [name, [wayX, wayY], at] of borders) {
    test.each([
      [5, 30],
      [5, 10],
      [2, 30],
      [12, 15],
    ])(`${name}, %d px a frame at %d fps: one id, tight boxes, the right velocity`, (px, fps) => {
      const seen = follow(at(px), fps, 50);
      expect(new Set(seen.map(({ id }) => id))).toEqual(new Set([1]));
      expect(seen).toHaveLength(49);
      expectClose(seen);
      const whole = seen.findIndex(({ measured }) => measured.w >= 80 && measured.h >= 80);
      // Half cut off already, it is known where it goes.
      const { velocity } = seen[Math.floor(whole / 2)] ?? { velocity: { x: 0, y: 0 } };
      expect(velocity.x * wayX + velocity.y * wayY).toBeGreaterThan(0.5 * px * fps);
      expect(Math.abs(velocity.x * wayY) + Math.abs(velocity.y * wayX)).toBeLessThan(1);
    });
  }

  test('or rises over a roof line in the middle of the picture', () => {
    const seen = follow((f) => ({ x: 600, y: 400 - 4 * (f + 1), w: 90, h: Math.min(100, 4 * (f + 1)) }), 25, 60);
    expect(new Set(seen.map(({ id }) => id))).toEqual(new Set([1]));
    expectClose(seen);
  });

  test('and whatever is measured, no side put out is off by more', () => {
    const side = fc.double({ min: 4, max: 400, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(side, side), { minLength: 2, maxLength: 30 }), (sides) => {
        const at = (frame: number): Box => {
          const [w, h] = sides[frame] ?? [10, 10];
          return { x: 500 - w / 2, y: 300 - h / 2, w, h };
        };
        expectClose(follow(at, 20, sides.length));
      }),
      { seed: 1 },
    );
  });
});
