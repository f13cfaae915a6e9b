/** A thousand detections a frame, placed so that matching is as costly as can be; and what a frame of them takes. */
import { Value } from '@sinclair/typebox/value';
import { ByteTrack } from '../../nodes/track/byte-track.ts';
import { trackOptions } from '../../nodes/track/options.ts';
import type { Box, Detection } from '../../runtime/data.ts';
import { randomNumbers } from '../random-numbers.ts';

/** Most CPU milliseconds that a frame of a crowd may take. */
export const CROWD_LIMIT_MS = 15;

interface Crowd {
  /** Where the boxes are, and their sides: least and most, pixels. */
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly side: readonly [number, number];
  /** Each frame the sides and places are off by up to this share of the side; null: they are drawn anew. */
  readonly jitter: number | null;
  readonly confidence: readonly [number, number];
  /** Share of the boxes that a frame shows, by frame. */
  readonly shown?: (frame: number) => number;
}

const SIZE = 1000;
/** What else the machine does makes none of them quicker. */
const ROUNDS = 3;
const FRAME = { widthPx: 1920, heightPx: 1080 };
const SURE: readonly [number, number] = [0.9, 0.9];
const MIXED: readonly [number, number] = [0.3, 0.95];
const WIDE = { x: [0, 1860], y: [0, 1020], side: [20, 60] } as const;
const HEAP = { x: [800, 900], y: [400, 500], side: [60, 80] } as const;

export const CROWDS: Readonly<Record<string, Crowd>> = {
  'spread out': { ...WIDE, jitter: 0.05, confidence: SURE },
  heap: { ...HEAP, jitter: 0, confidence: SURE },
  'heap with jitter': { ...HEAP, jitter: 0.15, confidence: SURE },
  'tight heap': { ...HEAP, x: [800, 820], y: [400, 420], jitter: 0.1, confidence: [0.5, 0.95] },
  'all on one spot': { ...HEAP, x: [800, 800], y: [400, 400], jitter: 0.02, confidence: MIXED },
  'large boxes': { x: [0, 1500], y: [0, 800], side: [200, 400], jitter: 0.1, confidence: SURE },
  'boxes of half the frame': { x: [0, 900], y: [0, 500], side: [800, 1000], jitter: 0.1, confidence: MIXED },
  'one column': { x: [900, 905], y: [0, 1020], side: [40, 40], jitter: 0.1, confidence: MIXED },
  'random noise': { ...WIDE, jitter: null, confidence: MIXED },
  'random noise in a heap': { ...HEAP, jitter: null, confidence: MIXED },
  'seen every third frame': { ...WIDE, jitter: 0, confidence: SURE, shown: (frame) => (frame % 3 < 2 ? 1 : 0) },
};

/** CPU milliseconds of each frame after the first ones. */
export function measureCrowd(name: string, frames: number, warmUp: number): { cpuMs: number[]; seen: number } {
  const crowd = CROWDS[name];
  if (crowd === undefined) throw new Error(`no crowd ${name}`);
  const scene = crowdScene(crowd, frames + warmUp);
  const tracker = new ByteTrack(Value.Create(trackOptions));
  const cpuMs: number[] = [];
  let seen = 0;
  for (const [index, detections] of scene.entries()) {
    const before = process.cpuUsage();
    const { tracks } = tracker.step(index / 30, detections, FRAME);
    const { user, system } = process.cpuUsage(before);
    if (index < warmUp) continue;
    cpuMs.push((user + system) / 1000);
    seen += tracks.length;
  }
  return { cpuMs: cpuMs.sort((a, b) => a - b), seen: seen / frames };
}

export function printCrowds(): void {
  console.log(
    `\nCPU time a frame of ${SIZE} detections, after warm-up, the quickest of ${ROUNDS} rounds; limit ${CROWD_LIMIT_MS} ms`,
  );
  for (const name of Object.keys(CROWDS)) {
    const rounds = Array.from({ length: ROUNDS }, () => {
      const { cpuMs, seen } = measureCrowd(name, 40, 20);
      const at = (share: number) => cpuMs[Math.floor(share * (cpuMs.length - 1))] ?? 0;
      return { medianMs: at(0.5), p95Ms: at(0.95), seen };
    });
    const { medianMs, p95Ms, seen } = rounds.reduce((best, other) => (other.p95Ms < best.p95Ms ? other : best));
    const [median, p95] = [medianMs, p95Ms].map((ms) => ms.toFixed(1).padStart(5));
    console.log(`${name.padEnd(24)} median ${median} ms  p95 ${p95} ms  (${seen.toFixed(0).padStart(4)} tracks seen)`);
  }
}

function crowdScene({ x, y, side, jitter, confidence, shown = () => 1 }: Crowd, frames: number): Detection[][] {
  const random = randomNumbers(7);
  const between = ([low, high]: readonly [number, number]) => low + (high - low) * random();
  const place = (): Box => ({ x: between(x), y: between(y), w: between(side), h: between(side) });
  const boxes = Array.from({ length: SIZE }, place);
  const off = (size: number) => between([-1, 1]) * (jitter ?? 0) * size;
  const shaken = (box: Box): Box => ({
    x: box.x + off(box.w),
    y: box.y + off(box.h),
    w: box.w + off(box.w),
    h: box.h + off(box.h),
  });
  return Array.from({ length: frames }, (_, frame) =>
    boxes.slice(0, SIZE * shown(frame)).map((box) => ({
      bboxPx: jitter === null ? place() : shaken(box),
      confidence: between(confidence),
      label: 'drone',
    })),
  );
}
