/**
 * How well and how fast the track node follows: accuracy on recorded MOTChallenge detections, the fastest objects that
 * get a track and the tracks that noise gets, time per frame on a synthetic scene and on the costliest crowds.
 *
 *     bun run bench tracking [--data DIR]
 *
 * DIR holds a folder a sequence with det.txt and gt.txt; TUD-Campus and TUD-Stadtmitte are read (640x480, 25 Hz).
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Value } from '@sinclair/typebox/value';
import { wireBbox } from '../nodes/publish/bbox.ts';
import { readMot } from '../nodes/replay/read-mot.ts';
import { ByteTrack } from '../nodes/track/byte-track.ts';
import { type TrackOptions, trackOptions } from '../nodes/track/options.ts';
import type { Box, Detection } from '../runtime/data.ts';
import { falseTracks, fastestFlight } from './cases/tracking-limits.ts';
import { countMot, type IdBox, type MotCounts, type MotScore, parseMotText, scoreMot } from './mot-score.ts';
import { randomNumbers } from './random-numbers.ts';
import { printCrowds } from './tracking/crowds.ts';
import { printSwarms } from './tracking/swarm.ts';

/** Where the sequences are looked for, beside the repository. */
export const MOT_FOLDER = join(import.meta.dir, '../../shared/data/mot');
export const MOT_SEQUENCES = ['TUD-Campus', 'TUD-Stadtmitte'] as const;

const FRAME = { w: 640, h: 480 };
const FPS = 25;
/** Most microseconds that a frame may take, by number of tracks. */
const LIMITS_US: readonly (readonly [tracks: number, limitUs: number | undefined])[] = [
  [10, 9],
  [50, undefined],
  [100, 150],
  [1000, 15_000],
];
/** Tracks times frames that are measured, and frames before that as a share of these, until all of it is compiled. */
const MEASURED_TRACK_FRAMES = 150_000;
const MOST_FRAMES = 3000;
const WARM_UP_SHARE = 2;

/** Measures and prints. */
export async function benchTracking(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { data: { type: 'string', default: MOT_FOLDER } } });
  await printAccuracy(values.data);
  printReach();
  printSwarms();
  printSpeed();
  printCrowds();
}

/** Counts of one sequence as the tracker puts its boxes out, and as clients get them: clamped into the frame. */
export async function trackSequence(
  folder: string,
  options: Partial<TrackOptions> = {},
): Promise<{ raw: MotCounts; wire: MotCounts }> {
  const path = join(folder, 'det.txt');
  const defaults = { width: FRAME.w, height: FRAME.h, fps: FPS, label: 'person' };
  const recording = readMot(await Bun.file(path).text(), path, defaults);
  const tracker = new ByteTrack({ ...Value.Create(trackOptions), ...options });
  const raw = new Map<number, IdBox[]>();
  const wire = new Map<number, IdBox[]>();
  for (let index = 0; index < recording.frameCount; index++) {
    const { tracks } = tracker.step(index / recording.fps, recording.detections.get(index) ?? [], {
      widthPx: FRAME.w,
      heightPx: FRAME.h,
    });
    raw.set(
      index + 1,
      tracks.map(({ id, bboxPx }) => ({ id, ...bboxPx })),
    );
    wire.set(
      index + 1,
      tracks.map(({ id, bboxPx }) => ({ id, ...throughWire(bboxPx) })),
    );
  }
  const gt = parseMotText(await Bun.file(join(folder, 'gt.txt')).text(), true);
  const ignorePath = join(folder, 'ignore.txt');
  const ignore = existsSync(ignorePath) ? parseMotText(await Bun.file(ignorePath).text()) : new Map<number, IdBox[]>();
  return { raw: countMot(gt, raw, ignore), wire: countMot(gt, wire, ignore) };
}

/** A box as a client gets it, in pixels again. */
function throughWire(boxPx: Box): Box {
  const { x, y, w, h } = wireBbox(boxPx, FRAME);
  return { x: x * FRAME.w, y: y * FRAME.h, w: w * FRAME.w, h: h * FRAME.h };
}

async function printAccuracy(folder: string): Promise<void> {
  const missing = MOT_SEQUENCES.filter((name) => !existsSync(join(folder, name, 'det.txt')));
  if (missing.length > 0) {
    console.log(`accuracy: not measured, ${folder} has no ${missing.join(', no ')} (give a folder with --data DIR)`);
    return;
  }
  const columns = ['HOTA', 'DetA', 'AssA', 'IDF1', 'MOTA', 'IDSW'] as const;
  const print = (name: string, score: MotScore) =>
    console.log(
      `${name.padEnd(22)} ${columns.map((c) => score[c].toFixed(c === 'IDSW' ? 0 : 2).padStart(6)).join(' ')}`,
    );
  console.log(`accuracy, defaults of the track node, ${FPS} Hz`);
  console.log(`${'sequence'.padEnd(22)} ${columns.map((c) => c.padStart(6)).join(' ')}`);
  const parts = await Promise.all(MOT_SEQUENCES.map((name) => trackSequence(join(folder, name))));
  for (const [k, part] of parts.entries()) print(MOT_SEQUENCES[k] ?? '', scoreMot([part.wire]));
  print('combined', scoreMot(parts.map((p) => p.wire)));
  print('combined, not clamped', scoreMot(parts.map((p) => p.raw)));
}

function printReach(): void {
  console.log(
    '\nan object of 12 px: fastest flight with one track; tracks of noise in 3000 frames: 3 and 10 boxes, 5 in a band of 80 px',
  );
  for (const fps of [1, 2, 5, 10, 30, 60]) {
    const noise = [falseTracks(fps, 3), falseTracks(fps, 10), falseTracks(fps, 5, 80)];
    const fastest = `${fastestFlight(fps, 12, 0.85).toFixed(2)} frame widths a second`;
    const tracks = noise.map((count) => String(count).padStart(4)).join(' ');
    console.log(`${String(fps).padStart(4)} Hz  ${fastest}  ${tracks} tracks`);
  }
}

function printSpeed(): void {
  console.log('\ntime a frame, synthetic scene, after warm-up');
  for (const [count, limitUs] of LIMITS_US) {
    const { medianUs, p95Us, seen } = measureStep(count);
    const limit =
      limitUs === undefined ? '' : `  limit ${limitUs} µs, ${((100 * medianUs) / limitUs).toFixed(0)} % of it used`;
    const times = `median ${medianUs.toFixed(1).padStart(6)} µs  p95 ${p95Us.toFixed(1).padStart(6)} µs`;
    console.log(`${String(count).padStart(4)} objects (${seen.toFixed(1).padStart(5)} tracks seen)  ${times}${limit}`);
  }
}

/** Steady-state time of one step with that many objects; `seen` is the mean number of tracks put out. */
export function measureStep(objects: number): { medianUs: number; p95Us: number; seen: number } {
  const measured = Math.min(MOST_FRAMES, MEASURED_TRACK_FRAMES / objects);
  const warmUp = Math.round(measured * WARM_UP_SHARE);
  const scene = syntheticScene(objects, warmUp + measured);
  const tracker = new ByteTrack(Value.Create(trackOptions));
  const times: number[] = [];
  let seen = 0;
  for (const [index, detections] of scene.entries()) {
    const startMs = performance.now();
    const { tracks } = tracker.step(index / 30, detections);
    if (index < warmUp) continue;
    times.push((performance.now() - startMs) * 1000);
    seen += tracks.length;
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(share * (times.length - 1))] ?? 0;
  return { medianUs: at(0.5), p95Us: at(0.95), seen: seen / measured };
}

/**
 * Objects that cross a 1920x1080 picture at 30 Hz and bounce off its edges, in front of one another at times. Boxes
 * jitter, one sighting in twenty is missing, one in ten is of low confidence. The same on every run.
 */
export function syntheticScene(objects: number, frames: number): Detection[][] {
  const random = randomNumbers(objects);
  const spread = (low: number, high: number) => low + (high - low) * random();
  const movers = Array.from({ length: objects }, () => ({
    x: spread(0, 1880),
    y: spread(0, 1020),
    vx: spread(-4, 4),
    vy: spread(-2, 2),
    w: spread(20, 40),
    h: spread(30, 60),
  }));
  return Array.from({ length: frames }, () => {
    const detections: Detection[] = [];
    for (const mover of movers) {
      mover.x += mover.vx;
      mover.y += mover.vy;
      if (mover.x < 0 || mover.x > 1880) mover.vx = -mover.vx;
      if (mover.y < 0 || mover.y > 1020) mover.vy = -mover.vy;
      const chance = random();
      const bboxPx = {
        x: mover.x + spread(-1, 1),
        y: mover.y + spread(-1, 1),
        w: mover.w * spread(0.97, 1.03),
        h: mover.h * spread(0.97, 1.03),
      };
      if (chance < 0.05) continue;
      detections.push({ bboxPx, confidence: chance < 0.15 ? spread(0.15, 0.45) : spread(0.65, 0.95), label: 'person' });
    }
    return detections;
  });
}

if (import.meta.main) await benchTracking(Bun.argv.slice(2));
