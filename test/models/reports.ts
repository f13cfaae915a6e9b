/** What a model finds through the runtime, by the reports of the bench. */
import { expect } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LABEL_MARGIN } from '../../bench/detector/boxes.ts';
import { readClips } from '../../bench/detector/data-set.ts';
import { emptyReport } from '../../bench/detector/empty.ts';
import { fixtureReport } from '../../bench/detector/fixture-recall.ts';
import { modelFacts } from '../../bench/detector/model-facts.ts';
import { runModel } from '../../bench/detector/run-model.ts';
import { ROOT } from '../support/command.ts';
import { Folder } from '../support/graphs.ts';

const CLIPS = join(ROOT, '../shared/data/drones');
export const hasClips = existsSync(CLIPS);
if (!hasClips) console.log(`skipped: no clips to test the default model with (${CLIPS})`);

/** @param folder with rendered clips and their truth */
export async function expectAircraft(model: string, folder: string, leastObjects: number): Promise<void> {
  const { objects, detections } = await fixtureReport(modelFacts(model), folder, []);
  expect(objects).toBeGreaterThan(leastObjects);
  expect(detections.at30).toBeGreaterThanOrEqual(0.95);
  expect(detections.at50).toBeGreaterThanOrEqual(0.9);
}

export async function expectNoDrones(model: string, minutes: number, leastFrames: number): Promise<void> {
  using folder = new Folder();
  const [report] = await emptyReport([modelFacts(model)], minutes, folder.path, []);
  expect(report?.frames).toBeGreaterThan(leastFrames);
  expect(report?.droneTracks).toBe(0);
}

/** The default model on clips of scenes that it was not trained on. @param clips their names */
export async function runClips(clips: string) {
  const run = { model: modelFacts('default'), shrink: 1, margin: LABEL_MARGIN, jobs: 1, sets: [] };
  return await runModel(readClips(CLIPS, { split: 'val', clips, margin: LABEL_MARGIN }), run);
}
