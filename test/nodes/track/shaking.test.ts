/** A camera that shakes: all objects jump alike, by half a box and more, and keep their ids. */
import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { randomNumbers } from '../../../bench/random-numbers.ts';
import { ByteTrack } from '../../../nodes/track/byte-track.ts';
import { trackOptions } from '../../../nodes/track/options.ts';

const FRAME = { widthPx: 1280, heightPx: 720 };
const JITTER = 0.03;

interface Scene {
  readonly seed: number;
  readonly fps: number;
  readonly objects: number;
  /** Sides of the objects: least, and times how much the largest. */
  readonly sidePx: number;
  /** Largest way of the picture from its place, in mean sides of the objects. */
  readonly shake: number;
  readonly kind: 'sine' | 'random' | 'steps';
  /** Chance that a box is not seen in a frame. */
  readonly missing: number;
  /** Frames without anything before. */
  readonly empty: number;
}

/** @returns by object the ids it had */
function shake({ seed, fps, objects, sidePx, shake, kind, missing, empty }: Scene): number[][] {
  const random = randomNumbers(seed);
  const between = (low: number, high: number) => low + (high - low) * random();
  const tracker = new ByteTrack(Value.Create(trackOptions));
  const columns = Math.ceil(Math.sqrt(objects));
  const pitchPx = Math.max(5 * sidePx, 60);
  const movers = Array.from({ length: objects }, (_, k) => ({
    x: 200 + pitchPx * (k % columns),
    y: 200 + pitchPx * Math.floor(k / columns),
    // Together they stay about as far from each other as they are.
    vx: between(-0.3, 0.3) * sidePx,
    vy: between(-0.3, 0.3) * sidePx,
    side: sidePx * between(1, 1.6),
  }));
  const reach = shake * sidePx * 1.3;
  const [px, py, ax, ay] = [between(0.6, 2.9), between(0.6, 2.9), between(0, 6), between(0, 6)];
  let step = { x: 0, y: 0 };
  const ids: Set<number>[] = movers.map(() => new Set());
  for (let frame = 0; frame < empty + 3 * Math.max(fps, 20); frame++) {
    if (kind === 'random' || random() < 0.3) step = { x: between(-reach, reach), y: between(-reach, reach) };
    const at = kind === 'sine' ? { x: reach * Math.sin(px * frame + ax), y: reach * Math.sin(py * frame + ay) } : step;
    const shown = movers.flatMap(({ x, y, vx, vy, side }, object) => {
      const off = () => between(-JITTER, JITTER) * side;
      const timeS = frame / fps;
      const bboxPx = {
        x: x + vx * timeS + at.x + off(),
        y: y + vy * timeS + at.y + off(),
        w: side + off(),
        h: side + off(),
      };
      const isSeen = frame >= empty && random() >= missing;
      return isSeen ? [{ object, detection: { bboxPx, confidence: between(0.7, 0.95), label: 'bird' } }] : [];
    });
    const { tracks } = tracker.step(
      frame / fps,
      shown.map(({ detection }) => detection),
      FRAME,
    );
    for (const { id, bboxPx } of tracks) {
      const middle = { x: bboxPx.x + bboxPx.w / 2, y: bboxPx.y + bboxPx.h / 2 };
      const ways = shown.map(({ object, detection: { bboxPx: box } }) => {
        return { object, px: Math.hypot(box.x + box.w / 2 - middle.x, box.y + box.h / 2 - middle.y) };
      });
      const [nearest] = ways.sort((a, b) => a.px - b.px);
      if (nearest) ids[nearest.object]?.add(id);
    }
  }
  return ids.map((of) => [...of]);
}

function scenes(seed: number): Scene {
  const random = randomNumbers(seed + 1000);
  const pick = <T>(among: readonly [T, ...T[]]): T => among[Math.floor(random() * among.length)] ?? among[0];
  return {
    seed,
    fps: pick([5, 10, 15, 25, 30, 60]),
    objects: pick([2, 3, 5, 10]),
    sidePx: pick([8, 12, 20, 40, 60]),
    shake: pick([0.3, 0.5, 0.75]),
    kind: pick(['sine', 'random', 'steps']),
    missing: pick([0, 0, 0.03]),
    empty: pick([0, 5]),
  };
}

describe('all objects keep their ids', () => {
  test.each(Array.from({ length: 40 }, (_, seed) => scenes(seed + 1)))('%p', (scene) => {
    const ids = shake(scene);
    expect(ids.map((of) => of.length)).toEqual(ids.map(() => 1));
    expect(new Set(ids.flat()).size).toBe(scene.objects);
  });
});
