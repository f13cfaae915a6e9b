import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DetectOptions } from '../../../nodes/detect/options.ts';
import { WindhoverError } from '../../../runtime/node.ts';
import { openDetect } from './detect-runner.ts';
import { NAMES, rows, type TinyModel, transposed, writeTinyModel } from './tiny-models.ts';

const folder = mkdtempSync(join(tmpdir(), 'windhover-refusals-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Opens detect, which must refuse for good. @returns `code: message` */
async function refusal(options: Partial<DetectOptions>, folders: string[] = []): Promise<string> {
  try {
    const running = await openDetect(options, folders);
    await running.detect();
    await running.close();
  } catch (error) {
    if (!(error instanceof WindhoverError)) throw error;
    expect(error.details.permanent).toBe(true);
    return `${error.code}: ${error.message}`;
  }
  return 'accepted';
}

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const rowOf = [32, 24, 20, 10, 0, 0.9, 0];
const v8 = (
  row: readonly number[],
  metadata: Record<string, string> = { names: NAMES },
  dims = [1, 7, 84],
): TinyModel => ({
  outputs: [{ name: 'output0', dims, values: transposed(rows(84, row.length, [row]), 84, row.length) }],
  metadata,
});
const good = writeTinyModel(v8(rowOf));

describe('files', () => {
  test('missing, by path and by name, with the nearest name', async () => {
    file('drones.onnx', readFileSync(good));
    expect(await refusal({ model: '/no/such.onnx' })).toBe('model_not_found: there is no model at /no/such.onnx');
    expect(await refusal({ model: 'drone' }, [folder])).toContain('did you mean drones?');
    expect(await refusal({ model: 'drones' }, ['/no/such', folder])).toBe('accepted');
  });
  test('not ONNX', async () => {
    const contents: [string, Uint8Array | string][] = [
      ['empty', ''],
      ['text', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n'],
      ['zeros', new Uint8Array(1000)],
      ['noise', Uint8Array.from({ length: 1000 }, (_, i) => (i * 7919) % 251)],
      ['header', Uint8Array.of(8, 8)],
    ];
    for (const [name, bytes] of contents) {
      expect(await refusal({ model: file(`${name}.onnx`, bytes) })).toStartWith('model_not_onnx');
    }
    expect(await refusal({ model: folder })).toStartWith('model_not_onnx');
  });
  test('cut short anywhere', async () => {
    const bytes = readFileSync(good);
    for (let length = 1; length < bytes.length; length += 97) {
      expect(await refusal({ model: file('cut.onnx', bytes.subarray(0, length)) })).toMatch(
        /^model_(not_onnx|load_failed|labels_missing)/,
      );
    }
  });
  test('an operator that the library does not know', async () => {
    const bytes = Buffer.from(readFileSync(good).toString('latin1').replace('Identity', 'Identitz'), 'latin1');
    expect(await refusal({ model: file('operator.onnx', bytes) })).toStartWith('model_load_failed');
  });
});

describe('shapes, names and options that do not fit', () => {
  const table: [reason: string, expected: string, model: TinyModel, options?: Partial<DetectOptions>][] = [
    ['wrong number of names', 'expected 3 names, got 2', v8(rowOf, { names: '["a", "b"]' })],
    [
      'no names, not COCO',
      'model_labels_missing: the model has no class names; expected 3 class names, got none',
      v8(rowOf, {}),
    ],
    ['names from the option', 'accepted', v8(rowOf, {}), { class_names: ['a', 'b', 'c'] }],
    ['names from the labels', 'accepted', v8(rowOf, {}), { labels: ['a', 'b', 'c'] }],
    [
      'names from the labels, all of them known to COCO',
      'accepted',
      v8(rowOf, {}),
      { labels: ['person', 'car', 'bus'] },
    ],
    ['too few labels to be the names', 'expected 3 names, got 2 from labels', v8(rowOf, {}), { labels: ['a', 'b'] }],
    ['a label of a model with names', 'accepted', v8(rowOf), { labels: 'drone' }],
    ['a file of labels that is not there', 'there is no file ./no.txt', v8(rowOf), { labels: './no.txt' }],
    ['unreadable names', 'model_labels_invalid', v8(rowOf, { names: '{oops}' })],
    ['a label to allow that is none', 'did you mean drone?', v8(rowOf), { labels: ['dron'] }],
    ['a threshold for a label that is none', 'label_unknown', v8(rowOf), { class_confidence: { car: 0.5 } }],
    ['another family wanted', 'model_family_mismatch', v8(rowOf), { family: 'detr' }],
    ['a size that the model does not have', 'model_input_size: the input size', v8(rowOf), { input_size: 128 }],
    [
      'a picture in double precision',
      'of float32, float16 or uint8',
      { ...v8(rowOf), image: { name: 'i', type: 'float64', dims: [1, 3, 64, 64] } },
    ],
    [
      'hundreds of pictures at once',
      'model_input_unsupported',
      { ...v8(rowOf), image: { name: 'i', type: 'float32', dims: [256, 3, 64, 64] } },
    ],
    ['metadata that says nothing known', 'model_metadata_invalid', v8(rowOf, { names: NAMES, input_fit: 'crop' })],
  ];
  for (const [reason, expected, model, options] of table) {
    test(reason, async () => expect(await refusal({ model: writeTinyModel(model), ...options })).toContain(expected));
  }
});

describe('the first run shows values that the family does not give', () => {
  const finished = (boxes: number[], classes = [0]): TinyModel => ({
    outputs: [
      { name: 'boxes', dims: [1, 1, 4], values: boxes },
      { name: 'scores', dims: [1, 1], values: [0.9] },
      { name: 'labels', dims: [1, 1], values: classes },
    ],
    metadata: { names: NAMES },
  });
  const yoloxRow = (row: number[]): TinyModel => ({
    outputs: [{ name: 'o', dims: [1, 84, 8], values: rows(84, 8, [row]) }],
    metadata: { names: NAMES },
  });
  const table: [reason: string, expected: string, model: TinyModel, options?: Partial<DetectOptions>][] = [
    ['a score of 60', 'expected scores in [0, 1], got 60 for box 0, class 1', v8([32, 24, 20, 10, 0, 60, 0])],
    ['a negative score', 'expected scores in [0, 1], got -3', v8([32, 24, 20, 10, 0, -3, 0])],
    ['NaN', 'expected finite numbers in output0, got NaN at 336', v8([32, 24, 20, 10, Number.NaN, 0, 0])],
    ['an infinite box', 'expected finite numbers', v8([Number.POSITIVE_INFINITY, 24, 20, 10, 0, 0, 0])],
    [
      'fractions for pixels',
      'expected boxes in pixels (cxcywh_px), got none beyond 0.5: they look like fractions',
      v8([0.5, 0.4, 0.2, 0.1, 0, 0.9, 0], { names: NAMES, box_format: 'cxcywh_px' }),
    ],
    [
      'another shape than declared',
      'expected output0 [1, 7, any], got [1, 84, 7]',
      {
        side: 64,
        outputs: [{ name: 'output0', dims: [1, 7, 'n'], actualDims: [1, 84, 7], values: rows(84, 7, [rowOf]) }],
        metadata: { names: NAMES },
      },
    ],
    ['YOLOX boxes decoded already', 'the boxes look decoded already', yoloxRow([320, 240, 20, 10, 0.9, 1, 0, 0])],
    ['YOLOX logits for scores', 'expected scores in [0, 1], got -4', yoloxRow([0, 0, 0, 0, -4, 1, 0, 0])],
    [
      'finished boxes in fractions, pixels expected',
      'they look like fractions',
      finished([0.1, 0.1, 0.5, 0.5]),
      { box_format: 'xyxy_px' },
    ],
    [
      'a second corner before the first',
      "the second one lies before the first; 'box_format'",
      finished([32, 32, 20, 20]),
    ],
    [
      'finished boxes in pixels, fractions expected',
      'expected boxes in fractions',
      finished([10, 10, 50, 50]),
      { box_format: 'xyxy_norm' },
    ],
    ['a class beyond the names', 'expected class numbers from 0 to 2, got 79', finished([10, 10, 50, 50], [79])],
  ];
  for (const [reason, expected, model, options] of table) {
    test(reason, async () => {
      const message = await refusal({ model: writeTinyModel(model), ...options });
      expect(message).toStartWith('model_warmup_failed');
      expect(message).toContain(expected);
    });
  }
});

describe('providers', () => {
  test('a required provider that is not there is refused', async () => {
    expect(await refusal({ model: good, providers: ['coreml', 'cpu'], required: true })).toStartWith(
      'provider_unavailable',
    );
  });
  test('a preferred one is replaced, and it is said', async () => {
    for (const providers of [['coreml', 'cpu'], ['coreml']] as const) {
      const running = await openDetect({ model: good, providers: [...providers] });
      expect(running.gauges.get('provider')).toBe('cpu');
      expect(running.warnings.length).toBeGreaterThan(0);
      await running.close();
    }
  });
});
