/** The models that ship: what their files say of themselves, and what they find through the runtime. */
import { describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LABEL_MARGIN } from '../../bench/detector/boxes.ts';
import { readClips } from '../../bench/detector/data-set.ts';
import { emptyReport } from '../../bench/detector/empty.ts';
import { fixtureReport } from '../../bench/detector/fixture-recall.ts';
import { modelFacts } from '../../bench/detector/model-facts.ts';
import { runModel } from '../../bench/detector/run-model.ts';
import { readOnnxFile } from '../../nodes/detect/onnx-file.ts';
import { ROOT } from '../support/command.ts';

const MINUTES = 60_000;
const LARGEST_BYTES = 8e6;
const CLIPS = join(ROOT, '../shared/data/drones');
/** A few of each class, to notice when the runtime loses what the model can; the whole split is the bench's. */
const CHOSEN = 'V_DRONE_028,V_DRONE_033,V_BIRD_002,V_BIRD_017,V_AIRPLANE_045,V_HELICOPTER_029';

describe.each(['default', 'fast'])('%s.onnx', (name) => {
  const file = join(ROOT, 'models', `${name}.onnx`);

  test('is small and says what it is', () => {
    expect(statSync(file).size).toBeLessThan(LARGEST_BYTES);
    const { metadata, inputs } = readOnnxFile(file);
    const [batch, channels, height, width] = inputs[0]?.dims ?? [];
    expect([batch, channels]).toEqual([1, 3]);
    expect(metadata).toMatchObject({
      names: "{0: 'drone', 1: 'bird', 2: 'airplane', 3: 'helicopter'}",
      stride: '32',
      imgsz: `[${height}, ${width}]`,
      license: 'MIT',
      unknown_label: 'flying',
    });
    expect(metadata.version).toMatch(/^\d+$/);
    expect(metadata.date).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(metadata.recipe_sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(metadata.training_data).toContain('10.5281/zenodo.5500576');
  });

  test(
    'finds the aircraft of the fixtures',
    async () => {
      const { objects, detections } = await fixtureReport(modelFacts(file), join(ROOT, 'fixtures'), []);
      expect(objects).toBeGreaterThan(500);
      expect(detections.at30).toBeGreaterThanOrEqual(0.95);
      expect(detections.at50).toBeGreaterThanOrEqual(0.9);
    },
    3 * MINUTES,
  );

  test(
    'sees no drones in an empty sky',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'windhover-empty-'));
      try {
        const [report] = await emptyReport([modelFacts(file)], 0.7, folder, []);
        expect(report?.frames).toBeGreaterThan(500);
        expect(report?.droneTracks).toBe(0);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
    3 * MINUTES,
  );
});

const hasClips = existsSync(CLIPS);
if (!hasClips) console.log(`skipped: no clips to test the default model with (${CLIPS})`);

test.skipIf(!hasClips)(
  'real clips of scenes that it was not trained on: objects are found and named',
  async () => {
    const clips = readClips(CLIPS, { split: 'val', clips: CHOSEN, margin: LABEL_MARGIN });
    const run = { model: modelFacts('default'), shrink: 1, margin: LABEL_MARGIN, jobs: 1, sets: [] };
    const { labelled, falseDroneTracks } = await runModel(clips, run);
    expect(labelled.groups.any.published.at30.f1).toBeGreaterThanOrEqual(0.9);
    expect(labelled.groups.any.published.at50.f1).toBeGreaterThanOrEqual(0.8);
    // Six clips: one that is taken for another class moves the mean by a tenth.
    expect(labelled.meanF1.published.at30).toBeGreaterThanOrEqual(0.55);
    // These clips hold all three that the whole split has, in a fifth of its time.
    expect(falseDroneTracks.tracks).toBeLessThan(5);
  },
  5 * MINUTES,
);

test.skipIf(!hasClips)(
  'a helicopter of half of the picture gets a whole box, and the head of a contrail is found',
  async () => {
    const clips = readClips(CLIPS, { split: 'val', clips: 'V_HELICOPTER_032,V_AIRPLANE_006', margin: LABEL_MARGIN });
    const run = { model: modelFacts('default'), shrink: 1, margin: LABEL_MARGIN, jobs: 1, sets: [] };
    const { any } = (await runModel(clips, run)).labelled.groups;
    expect(any.published.at30.recall).toBeGreaterThanOrEqual(0.9);
    // Without either it is a quarter.
    expect(any.published.at50.recall).toBeGreaterThanOrEqual(0.8);
  },
  5 * MINUTES,
);

test('the model card has figures for both, written by the bench', () => {
  const card = readFileSync(join(ROOT, 'models/README.md'), 'utf8');
  for (const section of ['visible', 'thermal', 'rendered']) {
    const [, tables = ''] = card.split(`<!-- bench detector: ${section} -->`);
    expect(tables.split('<!-- end -->')[0]).toMatch(/default.*\d\.\d\d/s);
  }
});
