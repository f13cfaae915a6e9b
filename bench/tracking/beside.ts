/**
 * Scenes with exact truth, tracked by the track node and, in the same run, by plain references of OC-SORT and ByteTrack
 * (`references.py`), and all scored alike.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { ByteTrack } from '../../nodes/track/byte-track.ts';
import { trackOptions } from '../../nodes/track/options.ts';
import type { Detection } from '../../runtime/data.ts';
import { countMot, type IdBox, type MotCounts, type MotScore, scoreMot } from '../mot-score.ts';

export interface TrackedScene {
  readonly fps: number;
  readonly frame: { readonly widthPx: number; readonly heightPx: number };
  /** By frame. */
  readonly truth: readonly (readonly IdBox[])[];
  /** By frame: finding these is neither right nor wrong. */
  readonly ignored?: readonly (readonly IdBox[])[];
  readonly detections: readonly (readonly Detection[])[];
}

/** Scenes of one kind, which get one line. */
export interface SceneGroup {
  readonly name: string;
  readonly scenes: readonly TrackedScene[];
}

const NAMES = ['windhover', 'OC-SORT', 'ByteTrack'] as const;

/** What the track node makes of it with its defaults. */
export function trackScene({ fps, frame, detections }: TrackedScene): IdBox[][] {
  const tracker = new ByteTrack(Value.Create(trackOptions));
  return detections.map((boxes, at) => {
    return tracker.step(at / fps, boxes, frame).tracks.map(({ id, bboxPx }) => ({ id, ...bboxPx }));
  });
}

export function countScene({ truth, ignored = [] }: TrackedScene, tracks: readonly (readonly IdBox[])[]): MotCounts {
  return countMot(new Map(truth.entries()), new Map(tracks.entries()), new Map(ignored.entries()));
}

/** Scores all groups: HOTA (IDF1, identity switches), defaults of each. */
export function printBeside(title: string, groups: readonly SceneGroup[]): void {
  const references = runReferences(groups.flatMap(({ scenes }) => scenes));
  console.log(`\n${title}: HOTA (IDF1, identity switches), defaults of each`);
  console.log(`${''.padEnd(30)} ${NAMES.map((name) => name.padEnd(22)).join('')}`);
  const all = NAMES.map((): MotCounts[] => []);
  let before = 0;
  for (const { name: group, scenes } of groups) {
    const scores = NAMES.map((name, at) => {
      if (name !== 'windhover' && references === null) return 'not run'.padEnd(22);
      const counts = scenes.map((scene, k) =>
        countScene(scene, name === 'windhover' ? trackScene(scene) : (references?.[name]?.[before + k] ?? [])),
      );
      all[at]?.push(...counts);
      return inWords(scoreMot(counts));
    });
    before += scenes.length;
    console.log(`${group.padEnd(30)} ${scores.join('')}`);
  }
  const combined = all.map((counts) => (counts.length > 0 ? inWords(scoreMot(counts)) : ''));
  console.log(`${'combined'.padEnd(30)} ${combined.join('')}`);
  if (references === null) console.log('the references were not run: python3 with numpy is not there');
}

function inWords({ HOTA, IDF1, IDSW }: MotScore): string {
  return `${HOTA.toFixed(2)} (${IDF1.toFixed(1)}, ${IDSW})`.padEnd(22);
}

/** By name, by scene, by frame; null where Python or numpy is missing. */
function runReferences(all: readonly TrackedScene[]): Readonly<Record<string, IdBox[][][]>> | null {
  const folder = mkdtempSync(join(tmpdir(), 'windhover-scenes-'));
  try {
    const scenes = all.map(({ detections }) =>
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
      Object.entries(results).map(([name, scenes]) => [name, scenes.map((frames) => frames.map((f) => f.map(toBox)))]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
