/**
 * How well and how fast the track node follows: accuracy on recorded MOTChallenge detections and on made-up scenes beside
 * other trackers, the fastest objects that get a track and the tracks that noise gets, time per frame on a synthetic scene
 * and on the costliest crowds.
 *
 *     bun run bench tracking [--data DIR]
 *
 * DIR holds a folder a sequence, as MOTChallenge does: det.txt, gt.txt and seqinfo.ini (without it: 640×480, 25 Hz).
 */
import { Value } from '@sinclair/typebox/value';
import { ByteTrack } from '../nodes/track/byte-track.ts';
import { trackOptions } from '../nodes/track/options.ts';
import type { Detection } from '../runtime/data.ts';
import { falseTracks, fastestFlight } from './cases/tracking-limits.ts';
import { benchOptions } from './options.ts';
import { randomNumbers } from './random-numbers.ts';
import { printBeside, type TrackedScene } from './tracking/beside.ts';
import { printCrowds } from './tracking/crowds.ts';
import { DRIVE_KINDS, makeDrive } from './tracking/driving.ts';
import { MOT_FOLDER, printAccuracy } from './tracking/sequences.ts';
import { makeSwarm, SWARM_KINDS } from './tracking/swarm.ts';

const SEEDS = [1, 2, 3];
/** Most microseconds that a frame may take, by number of tracks. */
const LIMITS_US: readonly (readonly [tracks: number, limitUs: number | undefined])[] = [
  [10, 9],
  [50, undefined],
  [100, 150],
  [1000, 15_000],
];
/** Tracks times frames of a round; of so many the quickest counts: others that want the machine make none quicker. */
const ROUND_TRACK_FRAMES = 150_000;
const MOST_FRAMES = 3000;
const ROUNDS = 5;
/** Before that, until all of it is compiled: a step of few tracks runs often until then. */
const WARM_UP_TRACK_FRAMES = 300_000;

/** Measures and prints. */
export async function benchTracking(args: string[]): Promise<void> {
  const values = benchOptions({ data: MOT_FOLDER }, args);
  // First: what has followed scenes of other kinds is compiled for all of them, and a session has one.
  printSpeed();
  await printAccuracy(values.data);
  printReach();
  printBeside('swarms of 5 to 15 px, 4 s, three seeds each', groups(SWARM_KINDS, makeSwarm));
  printBeside('streets from a car, 20 s, three seeds each', groups(DRIVE_KINDS, makeDrive));
  printCrowds();
}

/** Scenes of each kind, one for each seed. */
function groups<T extends { readonly name: string }>(
  kinds: readonly T[],
  make: (kind: T, seed: number) => TrackedScene,
) {
  return kinds.map((kind) => ({ name: kind.name, scenes: SEEDS.map((seed) => make(kind, seed)) }));
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
  console.log(`time a frame, synthetic scene, after warm-up, the quickest of ${ROUNDS} rounds`);
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
  const tracker = new ByteTrack(Value.Create(trackOptions));
  const scene = syntheticScene(objects);
  let frame = 0;
  const round = (frames: number) => {
    const times: number[] = [];
    let seen = 0;
    for (let k = 0; k < frames; k++) {
      const detections = scene.next().value;
      const startMs = performance.now();
      const { tracks } = tracker.step(frame++ / 30, detections);
      times.push((performance.now() - startMs) * 1000);
      seen += tracks.length;
    }
    times.sort((a, b) => a - b);
    const at = (share: number) => times[Math.floor(share * (times.length - 1))] ?? 0;
    return { medianUs: at(0.5), p95Us: at(0.95), seen: seen / frames };
  };
  round(WARM_UP_TRACK_FRAMES / objects);
  const frames = Math.min(MOST_FRAMES, ROUND_TRACK_FRAMES / objects);
  const rounds = Array.from({ length: ROUNDS }, () => round(frames));
  return rounds.reduce((best, other) => (other.medianUs < best.medianUs ? other : best));
}

/**
 * Objects that cross a 1920x1080 picture at 30 Hz and bounce off its edges, in front of one another at times. Boxes
 * jitter, one sighting in twenty is missing, one in ten is of low confidence. Without end, and the same on every run.
 */
export function* syntheticScene(objects: number): Generator<Detection[], never> {
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
  while (true) {
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
    yield detections;
  }
}

if (import.meta.main) await benchTracking(Bun.argv.slice(2));
