import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { grow, LABEL_MARGIN, marginIn } from '../../bench/detector/boxes.ts';
import { readClips, splicedClips } from '../../bench/detector/data-set.ts';
import { emptyScene } from '../../bench/detector/empty.ts';
import type { LookReport } from '../../bench/detector/looks.ts';
import type { ModelReport } from '../../bench/detector/report.ts';
import type { TruthLine } from '../../fixtures/truth.ts';
import { COMPACT_MODEL } from '../support/graphs.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';

const ROOT = join(import.meta.dir, '../..');
const SIZE = { w: 640, h: 360 };
const FRAMES = 300;

const folder = mkdtempSync(join(tmpdir(), 'windhover-bench-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The clip of the project as a data set of one: its truth with the pad on, the airplane as a box of another class. */
function writeData(): void {
  mkdirSync(join(folder, 'clips'));
  cpSync(join(ROOT, 'fixtures/sky.mp4'), join(folder, 'clips/SKY_1.mp4'));
  const [, ...lines] = readFileSync(join(ROOT, 'fixtures/sky.truth.jsonl'), 'utf8').trimEnd().split('\n');
  const objects = lines.flatMap((line) => {
    const { frame, objects: seen }: TruthLine = JSON.parse(line);
    return seen.map(({ id, ...box }) => {
      const { x, y, w, h } = grow(box, marginIn(SIZE, LABEL_MARGIN), SIZE);
      return { id, row: [frame, x, y, w, h] };
    });
  });
  const boxes = objects.filter(({ id }) => id !== 2).map(({ row }) => row);
  const otherBoxes = objects.filter(({ id }) => id === 2).map(({ row }) => ['airplane', ...row]);
  const clip = { video: 'SKY_1', class: 'drone', width: 640, height: 360, fps: 25, frames: FRAMES, boxes, otherBoxes };
  writeFileSync(join(folder, 'labels.jsonl'), `${JSON.stringify(clip)}\n`);
  writeFileSync(join(folder, 'split.json'), JSON.stringify({ train: [], val: ['SKY_1'] }));
}

beforeAll(writeData);

async function bench(args: readonly string[]) {
  const command = [process.execPath, join(ROOT, 'runtime/main.ts'), 'bench', 'detector', ...args];
  const run = Bun.spawn(command, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = await Promise.all([new Response(run.stdout).text(), new Response(run.stderr).text()]);
  return { exitCode: await run.exited, stdout, stderr };
}

describe('a whole run', () => {
  test(
    'finds what is in the clip, at full size and at half of it',
    async () => {
      const json = join(folder, 'figures.json');
      const dump = join(folder, 'frames.jsonl');
      const options = [
        '--data',
        folder,
        '--model',
        COMPACT_MODEL,
        '--against',
        'none',
        '--shrink',
        '1,2',
        '--looks',
        'compressed',
        '--jobs',
        '2',
      ];
      const card = join(folder, 'card.md');
      writeFileSync(card, '<!-- bench detector: looks -->\n<!-- end -->\n');
      const files = ['--json', json, '--detections', dump, '--card', `${card}:looks`];
      const { exitCode, stdout, stderr } = await bench([...options, ...files]);
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
      expect(stderr).toContain('1/1  SKY_1  300 frames');

      const { runs, looks }: { runs: ModelReport[]; looks: LookReport[] } = JSON.parse(readFileSync(json, 'utf8'));
      const [full, half] = runs;
      expect(runs.map(({ shrink, frames, frameMismatches }) => ({ shrink, frames, frameMismatches }))).toEqual([
        { shrink: 1, frames: FRAMES, frameMismatches: [] },
        { shrink: 2, frames: FRAMES, frameMismatches: [] },
      ]);
      for (const way of [full?.labelled, full?.tight]) {
        expect(way?.groups.any.detections.at50.recall).toBeGreaterThan(0.8);
        expect(way?.groups.any.published.at50.recall).toBeGreaterThan(0.8);
        expect(way?.groups.airplane.labels).toBeGreaterThan(100);
      }
      expect(half?.labelled.groups.any.labels).toBe(full?.labelled.groups.any.labels ?? 0);
      expect(full?.followed.drone).toMatchObject({ clips: 1, shareAnyLabel: 1 });
      expect(full?.inferenceMs.mean).toBeGreaterThan(0);
      expect(stdout).toContain('any class');
      expect(stdout).toContain('points)');
      expect(looks.map(({ look, report }) => [look, report.frames])).toEqual([['compressed', FRAMES]]);
      expect(looks[0]?.report.labelled.groups.any.published.at30.recall).toBeGreaterThan(0.6);
      expect(readFileSync(card, 'utf8')).toMatch(/\n\| as they are \| compact \|.*\n\| compressed \| compact \|/);
      expect(stdout).toMatch(/as they are +compact .*\ncompressed +compact /);

      const lines = readFileSync(dump, 'utf8').trimEnd().split('\n');
      expect(lines.length).toBe(2 * FRAMES);
      const middle = JSON.parse(lines[150] ?? '{}');
      expect(middle).toMatchObject({ model: 'compact', shrink: 1, clip: 'SKY_1', frame: 150, size: SIZE });
      expect(middle.labels.map((label: { class: string }) => label.class).toSorted()).toEqual([
        'airplane',
        'drone',
        'drone',
      ]);
      expect(middle.detections.length).toBeGreaterThanOrEqual(2);
      expect(middle.tracks.length).toBeGreaterThanOrEqual(2);
    },
    TEST_LIMIT_MS,
  );

  test(
    'a folder that is not there is said, and no failure',
    async () => {
      const { exitCode, stdout } = await bench(['--data', join(folder, 'none'), '--against', 'none']);
      expect({ exitCode, said: stdout.includes('not measured') }).toEqual({ exitCode: 0, said: true });
    },
    TEST_LIMIT_MS,
  );

  test.each([
    [['--split', 'test'], 1, 'has no split test'],
    [['--clips', 'V_*'], 1, 'no clip of'],
    [['--shrink', 'half'], 2, '--shrink'],
    [['--looks', 'sharpened,foggy'], 2, "no look 'foggy'"],
    [['--nonsense'], 2, 'nonsense'],
  ])(
    '%p is refused',
    async (args, code, said) => {
      const { exitCode, stderr } = await bench(['--data', folder, '--against', 'none', ...args]);
      expect(stderr).toContain(said);
      expect(exitCode).toBe(code);
    },
    TEST_LIMIT_MS,
  );
});

describe('the data', () => {
  const choice = { split: 'val', clips: undefined, margin: LABEL_MARGIN };

  test('labels by frame, with the class of their own, tight ones beside', () => {
    const [clip] = readClips(folder, choice);
    const [first] = clip?.labels[0] ?? [];
    expect(clip).toMatchObject({ name: 'SKY_1', class: 'drone', fps: 25, frames: FRAMES, size: SIZE });
    expect(first?.class).toBe('drone');
    const truth = JSON.parse(readFileSync(join(ROOT, 'fixtures/sky.truth.jsonl'), 'utf8').split('\n')[1] ?? '{}');
    for (const side of ['x', 'y', 'w', 'h'] as const) {
      expect(first?.tight[side]).toBeCloseTo(truth.objects[0][side], 9);
    }
  });

  test('spliced clips', () => {
    const clips = readClips(folder, choice);
    expect(splicedClips(folder, clips)).toEqual([]);
    writeFileSync(join(folder, 'cuts.json'), JSON.stringify({ note: '', sceneCuts: { SKY_1: [140], OTHER: [3] } }));
    expect(splicedClips(folder, clips)).toEqual(['SKY_1']);
  });

  test('clips by pattern', () => {
    expect(readClips(folder, { ...choice, split: 'all', clips: 'V_*,SKY_*' }).length).toBe(1);
  });
});

test('empty scenes hold nothing, and differ', () => {
  const scenes = [1, 2, 3].map(emptyScene);
  for (const { objects } of scenes) expect(objects).toEqual([]);
  expect(new Set(scenes.map(({ camera }) => camera[0]?.tiltDeg)).size).toBe(3);
  expect(emptyScene(2)).toEqual(emptyScene(2));
});
