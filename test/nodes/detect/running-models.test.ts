/** What a running model gives is watched, and so is its file. */

import { expect, test } from 'bun:test';
import { copyFileSync, utimesSync } from 'node:fs';
import { toRecord } from '../../../runtime/errors.ts';
import { buildModel, floatTensor } from '../../compact-model/onnx-writer.ts';
import { greySlot, openDetect } from './detect-runner.ts';
import { NAMES, rows, saveModel, transposed, writeTinyModel } from './tiny-models.ts';

const GOOD = transposed(rows(84, 7, [[32, 32, 20, 20, 0, 0.9, 0]]), 84, 7);

/** Finds one drone in pictures up to 80 % grey; in lighter ones the numbers are changed. */
function turning(change: (values: Float32Array) => void): string {
  const bad = GOOD.slice();
  change(bad);
  const bytes = buildModel({
    inputs: [{ name: 'images', type: 'float32', dims: [1, 3, 64, 64] }],
    outputs: [{ name: 'output0', type: 'float32', dims: [1, 7, 84] }],
    initializers: [
      floatTensor('good', [1, 7, 84], GOOD),
      floatTensor('bad', [1, 7, 84], bad),
      floatTensor('limit', [], [0.8]),
    ],
    nodes: [
      { op: 'ReduceMax', inputs: ['images'], outputs: ['most'], attributes: { keepdims: { int: 0 } } },
      { op: 'Greater', inputs: ['most', 'limit'], outputs: ['light'] },
      { op: 'Where', inputs: ['light', 'bad', 'good'], outputs: ['output0'] },
    ],
    metadata: { names: NAMES },
  });
  return saveModel(bytes);
}

const score = 5 * 84;
const table: [reason: string, change: (values: Float32Array) => void, found: number, counts: object, blind: boolean][] =
  [
    [
      'a score without end',
      (values) => values.fill(Number.POSITIVE_INFINITY, score, score + 1),
      0,
      { broken_values: 1, broken_boxes: 1 },
      false,
    ],
    ['a score of 5', (values) => values.fill(5, score, score + 1), 0, { broken_boxes: 1 }, false],
    ['a score of a quantized model', (values) => values.fill(1.0005, score, score + 1), 1, {}, false],
    [
      'a score that is no number',
      (values) => values.fill(Number.NaN, score + 1, score + 2),
      1,
      { broken_values: 1 },
      false,
    ],
    [
      'a side that is no number',
      (values) => values.fill(Number.NaN, 0, 1),
      0,
      { broken_values: 1, broken_boxes: 1 },
      false,
    ],
    ['all scores of a class', (values) => values.fill(Number.NaN, score, score + 84), 0, { broken_values: 84 }, true],
    ['everything', (values) => values.fill(Number.NaN), 0, { broken_values: 588 }, true],
  ];
for (const [reason, change, found, counts, blind] of table) {
  test(`after the first run: ${reason}`, async () => {
    const running = await openDetect({ model: turning(change) });
    expect((await running.detect()).detections).toHaveLength(1);
    const light = greySlot(running.request, 0.9);
    expect((await running.detect({ data: light })).detections).toHaveLength(found);
    expect(Object.fromEntries(running.counts)).toEqual(counts as Record<string, number>);
    expect(running.faults).toEqual(blind ? ['model_output_broken'] : []);
    await running.detect({ data: light });
    expect(running.warnings).toHaveLength(Object.keys(counts).length === 0 ? 0 : 1);
    await running.detect();
    expect(running.faults).toEqual(blind ? ['model_output_broken', null] : []);
    await running.close();
  });
}

const model = (side: number, metadata: Record<string, string> = {}) =>
  writeTinyModel({
    side,
    outputs: [{ name: 'output0', dims: [1, 7, 84], values: GOOD }],
    metadata: { names: NAMES, ...metadata },
  });

test('a model that was replaced never gets the frames that were made for the one before', async () => {
  const others = [
    model(128),
    model(64, { input_color: 'bgr' }),
    model(64, { input_fit: 'stretch' }),
    model(64, { input_white: '255' }),
  ];
  for (const other of others) {
    const file = model(64);
    const before = await openDetect({ model: file });
    copyFileSync(other, file);
    await before.detect();
    await expect(before.update({ confidence: 0.2 })).rejects.toMatchObject({ code: 'model_changed' });
    await before.close();

    const after = await openDetect({ model: file });
    const stale = after.detect({ made: before.request });
    const refused = toRecord(await stale.catch((error: unknown) => error));
    expect(refused).toMatchObject({ code: 'model_changed', permanent: false });
    await after.detect();
    await after.close();
  }
});

test('a file that is written while it is opened is refused', async () => {
  const file = model(64);
  const opening = openDetect({ model: file });
  // The file has been read by then, and is being loaded.
  await Promise.resolve();
  utimesSync(file, 1, 1);
  await expect(opening).rejects.toMatchObject({ code: 'model_changed' });
});
