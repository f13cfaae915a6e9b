/** The models that ship: what their files say of themselves. What they find: default-model.long. */
import { describe, expect, test } from 'bun:test';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readOnnxFile } from '../../nodes/detect/onnx-file.ts';
import { ROOT } from '../support/command.ts';

const LARGEST_BYTES = 8e6;
describe.each(['default', 'fast'])('%s.onnx', (name) => {
  const file = join(ROOT, 'models', `${name}.onnx`);

  test('is small and says what it is', () => {
    expect(statSync(file).size).toBeLessThan(LARGEST_BYTES);
    const { metadata, inputs } = readOnnxFile(file);
    const { type, dims = [] } = inputs[0] ?? {};
    const [batch, height, width, channels] = dims;
    // Bytes as they lie in a picture: nothing has to be done to a frame before the model takes it.
    expect([type, batch, channels]).toEqual(['uint8', 1, 3]);
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

test('the model card has figures for both, written by the bench', () => {
  const card = readFileSync(join(ROOT, 'models/README.md'), 'utf8');
  for (const section of ['visible', 'thermal', 'rendered']) {
    const [, tables = ''] = card.split(`<!-- bench detector: ${section} -->`);
    expect(tables.split('<!-- end -->')[0]).toMatch(/default.*\d\.\d\d/s);
  }
});
