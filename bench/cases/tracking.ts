/** Cases of `tracking/`: recorded detections with the truth, and what may be published of them. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Case, type Outcome, unknownCase } from './case.ts';
import { runRecorded } from './recorded.ts';
import { edgeCase, speedCase } from './tracking-limits.ts';
import { type Followed, followed, lifeFaults, readTruth } from './truth.ts';

interface Expected {
  /** By object: its only id, and in how many frames at least it has it. */
  readonly objects?: Readonly<Record<string, readonly [id: number, frames: number]>>;
  /** How many tracks there may be at most. */
  readonly tracks: number;
  /** Least IoU with the truth from a frame on. */
  readonly iou?: { readonly from: number; readonly least: number };
  /** First and last frame of a time in which the detections are not those of the objects. */
  readonly ignore?: readonly [number, number];
  /** Most tracks by frame that are on no object; default none. */
  readonly onNothing?: number;
}

const EXPECTED: Readonly<Record<string, Expected>> = {
  '01-zero-area': { objects: { A: [1, 120] }, tracks: 1 },
  '03-enters-over-the-edge': { objects: { A: [1, 89] }, tracks: 1, iou: { from: 5, least: 0.7 } },
  '04-moving-over-standing': { objects: { standing: [1, 150], moving: [2, 140] }, tracks: 2 },
  '04b-standing-hidden': { objects: { standing: [1, 140], moving: [2, 145] }, tracks: 2 },
  '06-behind-standing': { objects: { standing: [1, 165], walking: [2, 150] }, tracks: 2 },
  '07-turns-round': { objects: { A: [1, 98] }, tracks: 1 },
  '08-merge-and-split': { objects: { A: [1, 125], B: [2, 125] }, tracks: 2, ignore: [64, 85] },
  '09-accelerates': { objects: { A: [1, 60] }, tracks: 1 },
  '10-first-frame-miss': { objects: { A: [1, 49], B: [2, 48] }, tracks: 2 },
  '12-hidden-again-and-again': { objects: { A: [1, 400] }, tracks: 1 },
  // One a label, as documented.
  '13-two-labels-one-object': { tracks: 2, onNothing: 100 },
  '14-label-flips': { tracks: 2 },
  '14b-label-flips-long': { tracks: 1 },
  '15-fast-small-1w': { objects: { A: [1, 50] }, tracks: 1 },
  '15-fast-small-2w': { objects: { A: [1, 48] }, tracks: 1 },
  // At the limit of what positions alone can tell: none is right too.
  '15-fast-small-5w': { tracks: 1 },
  '16-at-1-fps': { objects: { A: [1, 11], B: [2, 11] }, tracks: 2 },
  '16-at-5-fps': { objects: { A: [1, 60], B: [2, 60] }, tracks: 2 },
  '17-minutes-of-nothing': { objects: { A: [1, 50], B: [2, 99] }, tracks: 2 },
  '19-partial-hiding': { objects: { A: [1, 120] }, tracks: 1 },
  '20-newcomer': { objects: { A: [1, 100], B: [2, 65] }, tracks: 2 },
  '22-shaking-camera': { objects: { A: [1, 195], B: [2, 195] }, tracks: 2 },
  '23-standing-jitter': { objects: { A: [1, 300] }, tracks: 1 },
  '24-crossing': { objects: { A: [1, 105], B: [2, 105] }, tracks: 2 },
};

const FOLDER = 'tracking';
const THOUSAND = '18-thousand';
const LIMITS = new Map([
  ['35-speed-limit', speedCase],
  ['36-box-at-the-edge', edgeCase],
]);

export function trackingCases(root: string): Case[] {
  const folder = join(root, FOLDER);
  return readdirSync(folder)
    .toSorted()
    .map((name) => {
      const limit = LIMITS.get(name);
      if (limit) return limit(`${FOLDER}/${name}`);
      if (name === THOUSAND) return thousandCase(join(folder, name));
      const expected = EXPECTED[name];
      return expected ? trackingCase(join(folder, name), name, expected) : unknownCase(`${FOLDER}/${name}`);
    });
}

function trackingCase(folder: string, name: string, expected: Expected): Case {
  return {
    name: `${FOLDER}/${name}`,
    expected: inWords(expected),
    isSlow: false,
    run: () => outcome(folder, expected),
  };
}

async function outcome(folder: string, expected: Expected): Promise<Outcome> {
  const messages = await runRecorded(join(folder, 'graph.yaml'));
  const result = followed(messages, readTruth(join(folder, 'truth.jsonl')), expected.ignore);
  const faults = lifeFaults(messages);
  const opened = messages.filter((message) => message.type === 'track_event' && message.event === 'new').length;
  const isRight =
    Object.entries(expected.objects ?? {}).every(([name, [id, frames]]) => {
      const ids = result.objects.get(name)?.ids ?? new Map<number, number>();
      return ids.size === 1 && (ids.get(id) ?? 0) >= frames;
    }) &&
    result.tracks.size <= expected.tracks &&
    opened === result.tracks.size &&
    result.onNothing <= (expected.onNothing ?? 0) &&
    leastIou(result, expected) >= (expected.iou?.least ?? 0) &&
    faults.length === 0;
  const iou = expected.iou ? `; least IoU ${leastIou(result, expected).toFixed(2)}` : '';
  const lives = `${opened} new${faults.length > 0 ? `, ${faults.slice(0, 3).join(', ')}` : ''}`;
  return { pass: isRight, got: `${objectsInWords(result)}; ${tracksInWords(result)}; ${lives}${iou}` };
}

function inWords({ objects = {}, tracks, iou, onNothing = 0 }: Expected): string {
  const names = Object.entries(objects).map(([name, [id, frames]]) => `${name} #${id} in ${frames} or more`);
  const parts = [...(names.length > 0 ? [names.join(', ')] : []), `tracks at most ${tracks}, each one new and one end`];
  if (onNothing > 0) parts.push(`on no object at most ${onNothing}`);
  if (iou) parts.push(`IoU from frame ${iou.from} on at least ${iou.least}`);
  return parts.join('; ');
}

function objectsInWords({ objects }: Followed): string {
  const names = [...objects].map(([name, { ids }]) => {
    const list = [...ids].slice(0, 6).map(([id, frames]) => `#${id} in ${frames}`);
    return `${name} ${list.join(' ') || 'never'}${ids.size > 6 ? ` … of ${ids.size} ids` : ''}`;
  });
  return names.join(', ');
}

function tracksInWords({ tracks, onNothing }: Followed): string {
  return `tracks ${tracks.size}${onNothing > 0 ? `, ${onNothing} on no object` : ''}`;
}

function leastIou({ objects }: Followed, { iou }: Expected): number {
  const from = iou?.from ?? 0;
  const all = [...objects.values()].flatMap((object) => [...object.iou].flatMap(([f, v]) => (f >= from ? [v] : [])));
  return Math.min(1, ...all);
}

/** A thousand small objects in a 4k picture. Too large to keep as a file. */
function thousandCase(folder: string): Case {
  return {
    name: `${FOLDER}/${THOUSAND}`,
    expected: '1000 ids, each in 20 of 20 frames',
    isSlow: false,
    run: async () => {
      const scratch = mkdtempSync(join(tmpdir(), 'windhover-cases-'));
      try {
        const graph = join(scratch, 'graph.yaml');
        await Bun.write(graph, Bun.file(join(folder, 'graph.yaml')));
        writeFileSync(join(scratch, 'det.jsonl'), thousand());
        const ticks = (await runRecorded(graph)).filter((message) => message.type === 'metadata_tick');
        const seen = new Map<number, number>();
        for (const { id } of ticks.flatMap(({ tracks }) => tracks)) seen.set(id, (seen.get(id) ?? 0) + 1);
        const always = [...seen.values()].filter((frames) => frames === 20).length;
        return { pass: seen.size === 1000 && always === 1000, got: `${seen.size} ids, ${always} of them in 20 frames` };
      } finally {
        rmSync(scratch, { recursive: true });
      }
    },
  };
}

function thousand(): string {
  const frame = (index: number) =>
    Array.from({ length: 1000 }, (_, i) => ({
      x: 20 + (i % 40) * 95 + 2 * index,
      y: 20 + Math.floor(i / 40) * 85 + (i % 3) * index,
      w: 24,
      h: 24,
      confidence: 0.85,
      label: 'drone',
    }));
  const frames = Array.from({ length: 20 }, (_, index) => ({ frame: index, detections: frame(index) }));
  return [{ width: 3840, height: 2160, fps: 10 }, ...frames].map((line) => `${JSON.stringify(line)}\n`).join('');
}
