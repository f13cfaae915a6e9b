/**
 * Swarms of birds and drones of 5 to 15 px before a shaking camera, with exact truth: made from a seed. They are tracked
 * by the track node and, in the same run, by plain references of OC-SORT and ByteTrack (`references.py`), and all are
 * scored alike.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { ByteTrack } from '../../nodes/track/byte-track.ts';
import { trackOptions } from '../../nodes/track/options.ts';
import type { Box, Detection } from '../../runtime/data.ts';
import { countMot, type IdBox, type MotCounts, type MotScore, scoreMot } from '../mot-score.ts';
import { randomNumbers } from '../random-numbers.ts';

export interface SwarmKind {
  readonly name: string;
  readonly objects: number;
  readonly fps: number;
  /** Largest way of the picture from its place, pixels, and by how much that changes from frame to frame, as a share. */
  readonly shakePx: number;
  readonly rough: number;
  /** Pixels a second that one object flies. */
  readonly speedPx: number;
  /** How fast it turns, radians a second. */
  readonly turn: number;
}

export interface Swarm {
  readonly fps: number;
  /** By frame. */
  readonly truth: readonly (readonly IdBox[])[];
  readonly detections: readonly (readonly Detection[])[];
}

export const SWARM_FRAME = { widthPx: 1280, heightPx: 720 };
export const SWARM_KINDS: readonly SwarmKind[] = [
  { name: 'birds, steady camera', objects: 30, fps: 25, shakePx: 0, rough: 0, speedPx: 90, turn: 1.2 },
  { name: 'birds, hand-held', objects: 30, fps: 25, shakePx: 12, rough: 0.5, speedPx: 90, turn: 1.2 },
  { name: 'birds, strong wind', objects: 40, fps: 25, shakePx: 25, rough: 0.8, speedPx: 120, turn: 1.5 },
  { name: 'drones, hand-held', objects: 8, fps: 25, shakePx: 15, rough: 0.5, speedPx: 60, turn: 0.4 },
  { name: 'drones at 10 Hz, strong wind', objects: 8, fps: 10, shakePx: 25, rough: 0.8, speedPx: 60, turn: 0.4 },
];
const SECONDS = 4;
const MISSED = 0.06;
const UNSURE = 0.08;
const FALSE_A_FRAME = 0.5;
/** Boxes are off by this share of their side, one standard deviation. */
const JITTER = 0.06;
const NAMES = ['windhover', 'OC-SORT', 'ByteTrack'] as const;

/** Makes a scene. The same seed gives the same. */
export function makeSwarm({ objects, fps, shakePx, rough, speedPx, turn }: SwarmKind, seed: number): Swarm {
  const random = randomNumbers(seed);
  const between = (low: number, high: number) => low + (high - low) * random();
  const gauss = () => random() + random() + random() + random() - 2;
  const { widthPx, heightPx } = SWARM_FRAME;
  const fliers = Array.from({ length: objects }, (_, id) => ({
    id: id + 1,
    x: between(0.3, 0.7) * widthPx,
    y: between(0.25, 0.75) * heightPx,
    heading: between(0, 2 * Math.PI),
    speed: speedPx * between(0.6, 1.4),
    side: between(5, 15),
    beat: between(2, 6),
  }));
  const camera = { x: 0, y: 0 };
  const truth: IdBox[][] = [];
  const detections: Detection[][] = [];
  for (let frame = 0; frame < SECONDS * fps; frame++) {
    camera.x += rough * (between(-shakePx, shakePx) - camera.x);
    camera.y += rough * (between(-shakePx, shakePx) - camera.y);
    const boxes = fliers.map((flier): IdBox => {
      const { id, x, y, side, beat } = flier;
      // Home again, when it comes near to the border.
      const home = Math.atan2(heightPx / 2 - y, widthPx / 2 - x);
      const isOut = Math.hypot((x / widthPx - 0.5) * 2, (y / heightPx - 0.5) * 2) > 0.75;
      const wanted = isOut ? Math.sin(home - flier.heading) * 3 : gauss() * turn * 4;
      flier.heading += wanted / fps;
      flier.x += (flier.speed * Math.cos(flier.heading)) / fps;
      flier.y += (flier.speed * Math.sin(flier.heading)) / fps;
      const h = side * (0.8 + 0.15 * Math.sin((beat * 2 * Math.PI * frame) / fps));
      return { id, x: x + camera.x - side / 2, y: y + camera.y - h / 2, w: side, h };
    });
    truth.push(boxes);
    const seen = boxes.flatMap((box): Detection[] => (random() < MISSED ? [] : [{ ...sighting(box), label: 'bird' }]));
    if (random() < FALSE_A_FRAME) {
      const side = between(5, 15);
      const bboxPx = { x: between(0, widthPx), y: between(0, heightPx), w: side, h: side };
      seen.push({ bboxPx, confidence: between(0.3, 0.8), label: 'bird' });
    }
    detections.push(seen);
  }
  return { fps, truth, detections };

  function sighting({ x, y, w, h }: Box): Omit<Detection, 'label'> {
    const off = (side: number) => gauss() * 1.7 * JITTER * side;
    const bboxPx = { x: x + off(w), y: y + off(h), w: w * (1 + off(1)), h: h * (1 + off(1)) };
    return { bboxPx, confidence: random() < UNSURE ? between(0.2, 0.5) : between(0.65, 0.95) };
  }
}

/** What the track node makes of it with its defaults. */
export function trackSwarm({ fps, detections }: Swarm): IdBox[][] {
  const tracker = new ByteTrack(Value.Create(trackOptions));
  return detections.map((boxes, frame) => {
    return tracker.step(frame / fps, boxes, SWARM_FRAME).tracks.map(({ id, bboxPx }) => ({ id, ...bboxPx }));
  });
}

export function countSwarm({ truth }: Swarm, tracks: readonly (readonly IdBox[])[]): MotCounts {
  return countMot(new Map(truth.entries()), new Map(tracks.entries()));
}

/** Scores all kinds of swarms, three seeds each. */
export function printSwarms(): void {
  const swarms = SWARM_KINDS.map((kind) => [1, 2, 3].map((seed) => makeSwarm(kind, seed)));
  const references = runReferences(swarms.flat());
  console.log('\nswarms of 5 to 15 px, 4 s, three seeds each: HOTA (IDF1, identity switches), defaults of each');
  console.log(`${''.padEnd(30)} ${NAMES.map((name) => name.padEnd(22)).join('')}`);
  const all = NAMES.map((): MotCounts[] => []);
  for (const [k, kind] of SWARM_KINDS.entries()) {
    const scores = NAMES.map((name, at) => {
      const counts = (swarms[k] ?? []).map((swarm, seed) =>
        countSwarm(swarm, name === 'windhover' ? trackSwarm(swarm) : (references?.[name]?.[3 * k + seed] ?? [])),
      );
      all[at]?.push(...counts);
      return inWords(scoreMot(counts));
    });
    console.log(`${kind.name.padEnd(30)} ${scores.join('')}`);
  }
  console.log(`${'combined'.padEnd(30)} ${all.map((counts) => inWords(scoreMot(counts))).join('')}`);
  if (references === null) console.log('the references were not run: python3 with numpy is not there');
}

function inWords({ HOTA, IDF1, IDSW }: MotScore): string {
  return `${HOTA.toFixed(2)} (${IDF1.toFixed(1)}, ${IDSW})`.padEnd(22);
}

/** By name, by scene, by frame; null where Python or numpy is missing. */
function runReferences(swarms: readonly Swarm[]): Readonly<Record<string, IdBox[][][]>> | null {
  const folder = mkdtempSync(join(tmpdir(), 'windhover-swarms-'));
  try {
    const scenes = swarms.map(({ detections }) =>
      detections.map((boxes) => boxes.map(({ bboxPx: { x, y, w, h }, confidence }) => [x, y, w, h, confidence])),
    );
    const [input, output] = [join(folder, 'scenes.json'), join(folder, 'tracks.json')];
    writeFileSync(input, JSON.stringify(scenes));
    const { exitCode } = Bun.spawnSync(['python3', join(import.meta.dir, 'references.py'), input, output]);
    if (exitCode !== 0) return null;
    const results: Record<string, [number, number, number, number, number][][][]> = JSON.parse(
      readFileSync(output, 'utf8'),
    );
    const toBox = ([id, x, y, w, h]: [number, number, number, number, number]): IdBox => ({ id, x, y, w, h });
    return Object.fromEntries(
      Object.entries(results).map(([name, all]) => [name, all.map((scene) => scene.map((frame) => frame.map(toBox)))]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
