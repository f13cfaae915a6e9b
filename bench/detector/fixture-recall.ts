/** How many of the objects in the project's own rendered clips are found. Their truth is exact, boxes are compared as they are. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TruthHeader, TruthLine } from '../../fixtures/truth.ts';
import type { Box } from '../../runtime/data.ts';
import { iou } from './ap.ts';
import type { Clip } from './data-set.ts';
import type { ModelFacts } from './model-facts.ts';
import { eachClip } from './run-model.ts';

/** Longest side in pixels; smaller objects don't count. */
const LEAST_SIDE_PX = 12;

interface Shares {
  readonly at50: number;
  readonly at30: number;
}

export interface FixtureReport {
  readonly model: string;
  readonly objects: number;
  /** Share of the truth boxes that a sure detection, or a published track, covers. */
  readonly detections: Shares;
  readonly published: Shares;
}

interface TruthClip {
  readonly clip: Clip;
  readonly truth: readonly TruthLine[];
}

export async function fixtureReport(
  model: ModelFacts,
  folder: string,
  sets: readonly string[],
): Promise<FixtureReport> {
  const clips = readFixtures(folder);
  const hits = { detections: { at50: 0, at30: 0 }, published: { at50: 0, at30: 0 } };
  let objects = 0;
  const run = { model, shrink: 1, jobs: 1, sets };
  await eachClip(
    clips.map(({ clip }) => clip),
    run,
    (clip, records) => {
      const byFrame = new Map(records.map((record) => [record.frame, record]));
      const truth = clips.find((one) => one.clip === clip)?.truth ?? [];
      for (const line of truth) {
        const { detections = [], tracks = [] } = byFrame.get(line.frame) ?? {};
        const sure = detections.filter(({ confidence }) => confidence >= model.sure);
        for (const object of line.objects.filter(({ w, h }) => Math.max(w, h) > LEAST_SIDE_PX)) {
          objects += 1;
          note(hits.detections, object, sure);
          note(hits.published, object, tracks);
        }
      }
    },
  );
  const shares = ({ at50, at30 }: Shares): Shares => ({ at50: at50 / objects, at30: at30 / objects });
  return { model: model.name, objects, detections: shares(hits.detections), published: shares(hits.published) };
}

function note(hits: { at50: number; at30: number }, object: Box, found: readonly { bboxPx: Box }[]): void {
  const best = Math.max(0, ...found.map(({ bboxPx }) => iou(object, bboxPx)));
  hits.at50 += best >= 0.5 ? 1 : 0;
  hits.at30 += best >= 0.3 ? 1 : 0;
}

function readFixtures(folder: string): TruthClip[] {
  const videos = readdirSync(folder).filter((file) => file.endsWith('.mp4'));
  return videos.flatMap((file) => {
    const name = file.replace(/\.mp4$/, '');
    const path = join(folder, `${name}.truth.jsonl`);
    if (!existsSync(path)) return [];
    const [first = '{}', ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n');
    const header: TruthHeader = JSON.parse(first);
    const { fps, frames } = header;
    const size = { w: header.width, h: header.height };
    const clip = { name, video: join(folder, file), class: null, size, fps, frames, labels: [] };
    return [{ clip, truth: lines.map((line): TruthLine => JSON.parse(line)) }];
  });
}
