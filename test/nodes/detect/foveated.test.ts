/** Foveated detection through the whole pipeline: a small part of a film, far away in a large picture. */
import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Label } from '../../../bench/detector/data-set.ts';
import { modelFacts } from '../../../bench/detector/model-facts.ts';
import { runClip } from '../../../bench/detector/run-clip.ts';
import { pasteClip } from '../../../bench/foveated/paste.ts';
import { TEST_LIMIT_MS } from '../../support/patience.ts';

const FIXTURES = join(import.meta.dir, '../../../fixtures');
const FRAMES = 30;
const folder = mkdtempSync(join(tmpdir(), 'windhover-foveated-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The clip at a third of its size: its drones are 10 pixels, of 1600 in the picture. */
async function farClip() {
  const lines = readFileSync(join(FIXTURES, 'sky.truth.jsonl'), 'utf8').split('\n').filter(Boolean);
  const labels = lines.slice(1).map((line): Label[] => {
    const { objects }: { objects: readonly { label: string; x: number; y: number; w: number; h: number }[] } =
      JSON.parse(line);
    return objects.filter(({ label }) => label === 'drone').map((box) => ({ class: 'drone', box, tight: box }));
  });
  const clip = { name: 'sky', class: 'drone', size: { w: 640, h: 360 }, fps: 25, frames: 300, labels } as const;
  const far = { factor: 3, frame: { w: 1600, h: 900 }, frames: FRAMES };
  return pasteClip({ ...clip, video: join(FIXTURES, 'sky.mp4') }, 1, far, { x: 0, y: 0 }, folder);
}

test(
  'a drone that the whole picture does not show is found by a part of it, followed in every frame, and not doubled',
  async () => {
    const clip = await farClip();
    const model = modelFacts('fast');
    const off = await runClip(clip.video, { model, sets: [] });
    expect(off.flatMap(({ tracks }) => tracks)).toEqual([]);
    const auto = await runClip(clip.video, { model, sets: ['detect.roi=auto'] });
    expect(auto.map(({ frame }) => frame)).toEqual(Array.from({ length: FRAMES }, (_, i) => i));
    const on = auto.map(({ frame, tracks }) => {
      const [label] = clip.labels[frame] ?? [];
      if (!label) throw new Error(`frame ${frame} has no label`);
      const middle = { x: label.box.x + label.box.w / 2, y: label.box.y + label.box.h / 2 };
      return tracks.filter(
        ({ bboxPx: { x, y, w, h } }) => Math.abs(x + w / 2 - middle.x) < 8 && Math.abs(y + h / 2 - middle.y) < 8,
      );
    });
    const first = on.findIndex((tracks) => tracks.length > 0);
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(25);
    expect(on.slice(first).every((tracks) => tracks.length === 1)).toBe(true);
    expect(new Set(on.flat().map(({ id }) => id)).size).toBe(1);
    const runs = auto.reduce((sum, { views = 1 }) => sum + views, 0);
    expect(runs).toBeLessThanOrEqual(1.2 * FRAMES + 1);
    // What moves says where to look: sooner than the sweep comes by, and with the whole picture beside the parts.
    const moving = await runClip(clip.video, { model, sets: ['detect.roi=auto', 'detect.when=motion'] });
    expect(moving).toHaveLength(FRAMES);
    const found = moving.findIndex(({ tracks }) => tracks.length > 0);
    expect(found).toBeGreaterThan(0);
    expect(found).toBeLessThan(25);
    expect(moving.slice(found).every(({ tracks }) => tracks.length === 1)).toBe(true);
    // The same frames give the same parts and boxes, however long each step takes.
    const again = await runClip(clip.video, { model, sets: ['detect.roi=auto'] });
    const seen = (records: typeof auto) =>
      records.map(({ frame, views, detections, tracks }) => ({ frame, views, detections, tracks }));
    expect(seen(again)).toEqual(seen(auto));
  },
  TEST_LIMIT_MS,
);
