/** The models that ship: what their files say of themselves, and that the runtime runs them. What they find: default-model.long. */
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readOnnxFile } from '../../nodes/detect/onnx-file.ts';
import { ROOT } from '../support/command.ts';
import { Folder } from '../support/graphs.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';
import { expectAircraft } from './reports.ts';

setDefaultTimeout(TEST_LIMIT_MS);
const LARGEST_BYTES = 8e6;
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
});

test('the default model finds the aircraft of a fixture', async () => {
  using folder = new Folder();
  for (const kind of ['mp4', 'truth.jsonl'])
    symlinkSync(join(ROOT, 'fixtures', `sky-pan.${kind}`), folder.file(`sky-pan.${kind}`));
  await expectAircraft(join(ROOT, 'models', 'default.onnx'), folder.path, 100);
});

test('the model card has figures for both, written by the bench', () => {
  const card = readFileSync(join(ROOT, 'models/README.md'), 'utf8');
  for (const section of ['visible', 'thermal', 'rendered']) {
    const [, tables = ''] = card.split(`<!-- bench detector: ${section} -->`);
    expect(tables.split('<!-- end -->')[0]).toMatch(/default.*\d\.\d\d/s);
  }
});
