/** An object that shrinks behind an edge and comes out on its other side keeps its id. */
import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { randomNumbers } from '../../../bench/random-numbers.ts';
import { ByteTrack } from '../../../nodes/track/byte-track.ts';
import { trackOptions } from '../../../nodes/track/options.ts';
import type { Box } from '../../../runtime/node.ts';

const FRAME = { widthPx: 1280, heightPx: 720 };
const JITTER = 0.015;

interface Passage {
  readonly seed: number;
  readonly fps: number;
  readonly way: 'right' | 'left' | 'down' | 'up';
  /** Side along the way and across it, pixels. */
  readonly along: number;
  readonly across: number;
  /** Own sides along the way a second. */
  readonly speed: number;
  /** What it passes behind, in own sides along the way. */
  readonly hider: number;
  readonly confidence: number;
  /** Parts shorter than this, in pixels, are not seen. */
  readonly leastPx: number;
}

/** @returns all ids */
function pass({ seed, fps, way, along, across, speed, hider, confidence, leastPx }: Passage): number[] {
  const random = randomNumbers(seed);
  const off = (side: number) => (2 * random() - 1) * JITTER * side;
  const tracker = new ByteTrack(Value.Create(trackOptions));
  const ids = new Set<number>();
  // It comes near for a second and a half; `ahead` is how far its front is beyond the front of the hider.
  for (let frame = 0; frame < (3 + (1 + hider) / speed) * fps; frame++) {
    const ahead = along * speed * (frame / fps - 1.5);
    const [before, beyond] = [Math.min(along, along - ahead), Math.min(along, ahead - hider * along)];
    const shown = Math.max(before, beyond);
    const detections = [];
    if (shown >= Math.min(along, leastPx)) {
      const start = before >= beyond ? ahead - along : Math.max(hider * along, ahead - along);
      const [from, length] = [start + off(along), shown + off(along)];
      const place = way === 'right' || way === 'down' ? 400 + from : 700 - from - length;
      const size = across + off(across);
      const bboxPx: Box =
        way === 'right' || way === 'left'
          ? { x: place, y: 300, w: length, h: size }
          : { x: 500, y: place - 200, w: size, h: length };
      detections.push({ bboxPx, confidence: shown < along ? confidence : 0.85, label: 'person' });
    }
    for (const { id } of tracker.step(frame / fps, detections, FRAME).tracks) ids.add(id);
  }
  return [...ids];
}

function passages(seed: number): Passage {
  const random = randomNumbers(seed + 500);
  const between = (low: number, high: number) => low + (high - low) * random();
  const pick = <T>(among: readonly [T, ...T[]]): T => among[Math.floor(random() * among.length)] ?? among[0];
  const along = between(40, 120);
  const fps = pick([5, 10, 15, 25, 30, 60]);
  // At most half its length a frame.
  const speed = between(0.5, Math.min(4, fps / 2));
  return {
    seed,
    fps,
    way: pick(['right', 'left', 'down', 'up']),
    along,
    across: along * between(0.7, 2),
    speed,
    // Out of sight for less than a track is remembered.
    hider: between(0.2, 0.5 + 0.8 * speed),
    confidence: between(0.55, 0.9),
    leastPx: between(0.1, 0.25) * along,
  };
}

describe('passes behind an edge', () => {
  test.each(Array.from({ length: 60 }, (_, seed) => passages(seed + 1)))('%p', (passage) => {
    expect(pass(passage)).toEqual([1]);
  });
});
