/** The compact model on the clips of fixtures/, measured on the tensors alone: decode, infer, suppress, match. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { join, resolve } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { CLIPS } from '../../fixtures/render.ts';
import type { TruthLine } from '../../fixtures/truth.ts';
import type { Box } from '../../runtime/data.ts';
import { readClip } from '../sim/render/clip-reader.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';
import { buildCompactModel } from './build.ts';

const ROOT = resolve(import.meta.dir, '../..');
const MODEL = join(import.meta.dir, 'compact.onnx');
const SIZE = { width: 640, height: 360 };
const CONFIDENCE = 0.35;
/** Shorter objects, and those at the picture's edge, may be missed. */
const LEAST_LENGTH_PX = 8;
const EDGE_PX = 2;

interface Found extends Box {
  readonly confidence: number;
}

let session: InferenceSession;
beforeAll(async () => {
  session = await InferenceSession.create(MODEL, { intraOpNumThreads: 1, interOpNumThreads: 1 });
});
afterAll(() => session.release());

test('compact.onnx is what its script builds, byte for byte', async () => {
  const kept = new Uint8Array(await Bun.file(MODEL).arrayBuffer());
  expect(Bun.hash(buildCompactModel())).toBe(Bun.hash(kept));
});

test('an empty sky and a plain edge hold nothing', async () => {
  const plane = SIZE.width * SIZE.height;
  const flat = new Float32Array(3 * plane).fill(0.7);
  const edge = flat.map((value, at) => (at % plane < plane / 2 ? value : 0.1));
  expect(await detect(flat)).toEqual([]);
  expect(await detect(edge)).toEqual([]);
});

test('a lone dark rectangle gets a tight box wherever it is', async () => {
  const plane = SIZE.width * SIZE.height;
  for (const box of [
    { x: 100, y: 80, w: 20, h: 10 },
    { x: 403, y: 211, w: 33, h: 17 },
    { x: 250, y: 150, w: 60, h: 24 },
  ]) {
    const picture = new Float32Array(3 * plane).map((_, at) => {
      const x = at % SIZE.width;
      const y = Math.floor((at % plane) / SIZE.width);
      return x >= box.x && x < box.x + box.w && y >= box.y && y < box.y + box.h ? 0.15 : 0.8;
    });
    const found = await detect(picture);
    expect(found).toHaveLength(1);
    expect(found.map((one) => overlap(one, box))[0]).toBeGreaterThan(0.8);
  }
});

describe.each(CLIPS.map((clip) => [clip.name] as const))('on the clip %s', (name) => {
  const counts = { wanted: 0, seen: 0, right: 0, wrong: 0, overlap: 0 };

  beforeAll(async () => {
    const truth = await readTruth(join(ROOT, `fixtures/${name}.truth.jsonl`));
    for await (const picture of readClip(join(ROOT, `fixtures/${name}.mp4`))) {
      // One in three is enough for shares.
      if (picture.index % 3 > 0) continue;
      count(counts, await detect(picture.rgb()), truth[picture.index]?.objects ?? []);
    }
  }, TEST_LIMIT_MS);

  test('it sees the objects', () => expect(counts.seen / counts.wanted).toBeGreaterThanOrEqual(0.95));
  test('it sees little else', () => {
    expect(counts.right / (counts.right + counts.wrong)).toBeGreaterThanOrEqual(0.95);
  });
  test('its boxes fit', () => expect(counts.overlap / counts.right).toBeGreaterThan(0.75));
});

/** Detections of one picture ([3, 360, 640], RGB in 0–1), doubles suppressed, best first. */
async function detect(rgb: Float32Array): Promise<Found[]> {
  const { output0 } = await session.run({ images: new Tensor('float32', rgb, [1, 3, SIZE.height, SIZE.width]) });
  if (!output0 || !(output0.data instanceof Float32Array)) throw new Error('the model has no output0 of floats');
  const data = output0.data;
  const anchors = output0.dims[2] ?? 0;
  const value = (row: number, anchor: number): number => data[row * anchors + anchor] ?? Number.NaN;
  const candidates: Found[] = [];
  for (let anchor = 0; anchor < anchors; anchor++) {
    const confidence = value(4, anchor);
    if (confidence < CONFIDENCE) continue;
    const [w, h] = [value(2, anchor), value(3, anchor)];
    candidates.push({ x: value(0, anchor) - w / 2, y: value(1, anchor) - h / 2, w, h, confidence });
  }
  candidates.sort((a, b) => b.confidence - a.confidence);
  return candidates.filter((one, at) => !candidates.slice(0, at).some((better) => overlap(better, one) > 0.45));
}

/** Matches detections, best first, to the objects that they overlap most, and adds up. */
function count(
  counts: { wanted: number; seen: number; right: number; wrong: number; overlap: number },
  found: readonly Found[],
  objects: readonly Box[],
): void {
  const matched = new Set<Box>();
  for (const one of found) {
    const free = objects.filter((object) => !matched.has(object));
    const best = free.reduce((most, object) => Math.max(most, overlap(object, one)), 0);
    const object = free.find((candidate) => overlap(candidate, one) === best);
    if (best < 0.3 || !object) {
      counts.wrong++;
      continue;
    }
    matched.add(object);
    counts.right++;
    counts.overlap += best;
  }
  const wanted = objects.filter(isWanted);
  counts.wanted += wanted.length;
  counts.seen += wanted.filter((object) => matched.has(object)).length;
}

function isWanted({ x, y, w, h }: Box): boolean {
  const room = Math.min(x, y, SIZE.width - x - w, SIZE.height - y - h);
  return room > EDGE_PX && Math.max(w, h) >= LEAST_LENGTH_PX;
}

/** Intersection over union. */
function overlap(a: Box, b: Box): number {
  const w = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x);
  const h = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y);
  return w <= 0 || h <= 0 ? 0 : (w * h) / (a.w * a.h + b.w * b.h - w * h);
}

async function readTruth(file: string): Promise<TruthLine[]> {
  return (await Bun.file(file).text())
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line): TruthLine => JSON.parse(line));
}
