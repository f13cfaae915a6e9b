import { expect, test } from 'bun:test';
import { mkdirSync } from 'node:fs';
import { benchCheckpoints } from '../../bench/checkpoints.ts';
import { LABEL_MARGIN, tighten } from '../../bench/detector/boxes.ts';
import type { Clip } from '../../bench/detector/data-set.ts';
import { detectionLines, readDump } from '../../bench/detector/dump.ts';
import { type Candidate, sceneFolds, track } from '../../bench/detector/folds.ts';
import type { FrameRecord } from '../../bench/detector/run-clip.ts';
import { RunningCommand } from '../support/command.ts';
import { Folder } from '../support/graphs.ts';

const LABEL = { x: 100, y: 100, w: 60, h: 50 };
const FRAMES = 20;

function clipOf(name: string): Clip {
  const labels = Array.from({ length: FRAMES }, () => [
    { class: 'bird' as const, box: LABEL, tight: tighten(LABEL, LABEL_MARGIN) },
  ]);
  return { name, video: '', class: 'bird', size: { w: 640, h: 512 }, fps: 10, frames: FRAMES, labels };
}

/** The bird is found with this confidence. */
function framesOf(confidence: number): FrameRecord[] {
  const found = [{ bboxPx: tighten(LABEL, LABEL_MARGIN), confidence, label: 'bird' }];
  return Array.from({ length: FRAMES }, (_, frame) => ({
    ...{ frame, mediaTimeS: frame / 10, inferenceMs: 1, tracks: [] },
    detections: confidence > 0 ? found : [],
  }));
}

function candidate(name: string, confidences: Readonly<Record<string, number>>): Candidate {
  const runs = Object.entries(confidences).map(([clipName, confidence]) => {
    const clip = clipOf(clipName);
    return [clipName, { clip, records: track(clip, framesOf(confidence)) }] as const;
  });
  return { name, runs: new Map(runs) };
}

test('a scene has no say in what is chosen for it', () => {
  const bold = candidate('bold', { meadow: 0.9, wood: 0, sea: 0 });
  const steady = candidate('steady', { meadow: 0, wood: 0.9, sea: 0.9 });
  const scenes = new Map([
    ['a', ['meadow']],
    ['b', ['wood']],
    ['c', ['sea']],
    ['d', ['not run']],
  ]);
  const { folds, heldOut } = sceneFolds([bold, steady], scenes);
  // Without meadow steady is right twice; without wood or sea it is one all, and the first stays.
  expect(folds.map(({ scene, chosen }) => [scene, chosen.name])).toEqual([
    ['a', 'steady'],
    ['b', 'bold'],
    ['c', 'bold'],
  ]);
  // Each choice fails on the scene that it was made without.
  expect(heldOut.any50).toBe(0);
});

test('more false drones than one a minute are worse than missed objects', () => {
  const timid = candidate('timid', { meadow: 0.9, wood: 0 });
  const eager = candidate('eager', { meadow: 0.9, wood: 0.9 });
  const run = eager.runs.get('wood');
  if (!run) throw new Error('no run');
  const records = run.records.map((record) => ({
    ...record,
    tracks: record.tracks.map((one) => ({ ...one, label: 'drone' })),
  }));
  eager.runs.set('wood', { ...run, records });
  const scenes = new Map([
    ['a', ['meadow']],
    ['b', ['wood']],
  ]);
  const { folds } = sceneFolds([eager, timid], scenes);
  // Without meadow only wood counts, where eager is wrong by name: it would win by class-agnostic F1.
  expect(folds[0]?.chosen.name).toBe('timid');
});

test('a shift moves the logits of confidences', () => {
  const clip = clipOf('meadow');
  // logit(0.6) = 0.405: 0.3 up is 0.669, over the 0.65 from which a track starts.
  expect(track(clip, framesOf(0.6)).flatMap(({ tracks }) => tracks)).toBeEmpty();
  const [first] = track(clip, framesOf(0.6), 0.3).flatMap(({ tracks }) => tracks);
  expect(first?.confidence).toBeCloseTo(1 / (1 + Math.exp(-Math.log(0.6 / 0.4) - 0.3)), 9);
});

test('the command reads dumps and chooses', async () => {
  using folder = new Folder();
  const data = dataFolder(folder, ['meadow', 'wood']);
  const good = dump(folder, 'good.jsonl', ['meadow', 'wood'], 0.9);
  const bad = dump(folder, 'bad.jsonl', ['meadow', 'wood'], 0.3);
  const read = await Array.fromAsync(readDump(good));
  expect(read.map(({ clip, frames }) => [clip, frames.length])).toEqual([
    ['meadow', FRAMES],
    ['wood', FRAMES],
  ]);

  const args = ['bench', 'checkpoints', bad, good, '--data', data, '--shift=-9,0'];
  await using command = new RunningCommand(args);
  const { exitCode: code, stdout } = await command.finished();
  expect(stdout).toContain('chosen: good.jsonl m +0 2 times');
  expect(stdout).toMatch(/1\.000 {2}1\.000 .*all scenes/);
  expect(code).toBe(0);
});

test('models in one file are told apart', async () => {
  using folder = new Folder();
  const file = folder.write('two.jsonl', '');
  for (const model of ['a', 'b']) detectionLines(file, { model, shrink: 1 })(clipOf('meadow'), framesOf(0.9));
  const read = await Array.fromAsync(readDump(file));
  expect(read.map(({ model, frames }) => [model, frames.length])).toEqual([
    ['a', FRAMES],
    ['b', FRAMES],
  ]);
});

test('what cannot be read is said', async () => {
  using folder = new Folder();
  const data = dataFolder(folder, ['meadow', 'sea']);
  const both = dump(folder, 'both.jsonl', ['meadow', 'sea'], 0.9);
  const noDump = folder.write('y.jsonl', '{}\n');
  const noJson = folder.write('x.jsonl', 'no json\n');
  const oneClip = dump(folder, 'one.jsonl', ['meadow'], 0.9);
  const otherClip = dump(folder, 'other.jsonl', ['wood'], 0.9);
  const cases: readonly (readonly [args: string[], code: string, says: string])[] = [
    [[], 'usage', 'no file'],
    [[noJson, '--shift=a'], 'usage', 'not numbers'],
    [[folder.file('missing.jsonl')], 'bench_data', 'there is no'],
    [[noJson], 'bench_data', 'is not what bench detector --detections writes'],
    [[noDump], 'bench_data', 'is not what bench detector --detections writes'],
    [[otherClip], 'bench_data', 'has no clip wood'],
    [[oneClip], 'bench_data', 'two scenes or more'],
    [[oneClip, both], 'bench_data', 'the same 2 clips for all'],
  ];
  for (const [args, code, says] of cases) {
    const message = expect.stringContaining(says);
    await expect(benchCheckpoints([...args, '--data', data])).rejects.toMatchObject({ code, message });
  }
  await using command = new RunningCommand(['bench', 'checkpoints']);
  const { exitCode, stderr } = await command.finished();
  expect(stderr).toContain('no file');
  expect(exitCode).toBe(2);
});

/** Clips of one scene each. */
function dataFolder(folder: Folder, names: readonly string[]): string {
  mkdirSync(folder.file('data/clips'), { recursive: true });
  const boxes = Array.from({ length: FRAMES }, (_, frame) => [frame, LABEL.x, LABEL.y, LABEL.w, LABEL.h]);
  const lines = names.map((name) => {
    const { class: ofClass, size, fps, frames } = clipOf(name);
    return JSON.stringify({ video: name, class: ofClass, width: size.w, height: size.h, fps, frames, boxes });
  });
  folder.write('data/labels.jsonl', lines.join('\n'));
  folder.write('data/scenes.json', JSON.stringify({ scenes: Object.fromEntries(names.map((name) => [name, [name]])) }));
  for (const name of names) folder.write(`data/clips/${name}.mp4`, '');
  return folder.file('data');
}

function dump(folder: Folder, name: string, clips: readonly string[], confidence: number): string {
  const file = folder.write(name, '');
  const write = detectionLines(file, { model: 'm', shrink: 1 });
  for (const clip of clips) write(clipOf(clip), framesOf(confidence));
  return file;
}
