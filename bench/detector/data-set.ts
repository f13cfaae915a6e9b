/** Labelled clips as the drone data sets store them: `labels.jsonl`, `split.json`, `clips/NAME.mp4`. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Box, Size } from '../../runtime/data.ts';
import { WindhoverError } from '../../runtime/errors.ts';
import { type LabelBoxes, type Margin, marginIn, tighten } from './boxes.ts';

export const CLASSES = ['drone', 'bird', 'airplane', 'helicopter'] as const;
export type ClassName = (typeof CLASSES)[number];

export interface Label extends LabelBoxes {
  readonly class: ClassName;
}

/** A clip to be run, and what is known to be in it. */
export interface Clip {
  readonly name: string;
  /** Absolute path. */
  readonly video: string;
  /** What the clip is about; other classes may be labelled in it too. */
  readonly class: ClassName | null;
  readonly size: Size;
  readonly fps: number;
  readonly frames: number;
  /** By frame index; a frame may have none. */
  readonly labels: readonly (readonly Label[])[];
}

/** A line of `labels.jsonl`. */
interface ClipLine {
  readonly video: string;
  readonly class: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly frames: number;
  /** Frame index, x, y, w, h in pixels. */
  readonly boxes: readonly (readonly [number, number, number, number, number])[];
  /** Class, then as above. */
  readonly otherBoxes?: readonly (readonly [string, number, number, number, number, number])[];
  readonly split?: string;
}

export interface Choice {
  /** A key of `split.json`, or `all`. */
  readonly split: string;
  /** Glob patterns of clip names, with commas between; undefined: all. */
  readonly clips: string | undefined;
  readonly margin: Margin;
}

/** @throws WindhoverError `bench_data` when the folder has not what is asked for */
export function readClips(folder: string, { split, clips, margin }: Choice): Clip[] {
  const lines = readText(join(folder, 'labels.jsonl')).split('\n').filter(Boolean);
  const all = lines.map((line): ClipLine => JSON.parse(line));
  const names = split === 'all' ? null : new Set(splitNames(folder, split));
  const globs = clips?.split(',').map((pattern) => new Bun.Glob(pattern));
  const chosen = all
    .filter(({ video }) => names === null || names.has(video))
    .filter(({ video }) => globs === undefined || globs.some((glob) => glob.match(video)));
  if (chosen.length === 0) {
    throw new WindhoverError('bench_data', `no clip of ${folder} is chosen`, {
      expected: `clips of split ${split}${clips === undefined ? '' : ` named ${clips}`}`,
      got: 'none',
      hint: "patterns are globs: 'V_DRONE_*'",
    });
  }
  return chosen.map((line) => toClip(folder, line, margin));
}

/** Names of the clips that are put together of several recordings; none where the folder has no `cuts.json`. */
export function splicedClips(folder: string, clips: readonly Clip[]): string[] {
  const file = join(folder, 'cuts.json');
  if (!existsSync(file)) return [];
  const { sceneCuts = {} }: { sceneCuts?: Record<string, unknown> } = JSON.parse(readText(file));
  return clips.map(({ name }) => name).filter((name) => Object.hasOwn(sceneCuts, name));
}

/** Names of clips by the scene that they show. @throws WindhoverError `bench_data` where the folder has no `scenes.json` */
export function readScenes(folder: string): Map<string, readonly string[]> {
  const { scenes }: { scenes: Record<string, readonly string[]> } = JSON.parse(readText(join(folder, 'scenes.json')));
  return new Map(Object.entries(scenes));
}

function splitNames(folder: string, split: string): readonly string[] {
  const splits: Record<string, readonly string[]> = JSON.parse(readText(join(folder, 'split.json')));
  const names = splits[split];
  if (names) return names;
  throw new WindhoverError('bench_data', `${folder} has no split ${split}`, {
    expected: [...Object.keys(splits), 'all'].join(', '),
  });
}

function toClip(folder: string, line: ClipLine, margin: Margin): Clip {
  const video = join(folder, 'clips', `${line.video}.mp4`);
  if (!existsSync(video)) throw new WindhoverError('bench_data', `there is no clip ${video}`);
  const size = { w: line.width, h: line.height };
  const pad = marginIn(size, margin);
  const labels: Label[][] = Array.from({ length: line.frames }, () => []);
  const note = (name: string, frame: number, box: Box) =>
    labels[frame]?.push({ class: toClass(name), box, tight: tighten(box, pad) });
  for (const [frame, x, y, w, h] of line.boxes) note(line.class, frame, { x, y, w, h });
  for (const [name, frame, x, y, w, h] of line.otherBoxes ?? []) note(name, frame, { x, y, w, h });
  const { fps, frames } = line;
  return { name: line.video, video, class: toClass(line.class), size, fps, frames, labels };
}

/** Class of a label in the data; @throws WindhoverError `bench_data` for one that is not scored */
function toClass(name: string): ClassName {
  const found = CLASSES.find((one) => one === name);
  if (found) return found;
  throw new WindhoverError('bench_data', `the class ${name} is not scored`, { expected: CLASSES.join(', ') });
}

function readText(file: string): string {
  if (existsSync(file)) return readFileSync(file, 'utf8');
  throw new WindhoverError('bench_data', `there is no ${file}`, { hint: 'give a data folder with --data DIR' });
}
