/** Models that others made: what they say and give is read right, or refused with the reason. */
import { describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { DetectOptions } from '../../../nodes/detect/options.ts';
import { sessionOptions } from '../../../nodes/detect/session.ts';
import { errorMessage } from '../../../runtime/node.ts';
import { buildModel, int64Tensor } from '../../compact-model/onnx-writer.ts';
import { openDetect } from './detect-runner.ts';
import { NAMES, rows, type TinyModel, type TinyOutput, writeTinyModel } from './tiny-models.ts';

const CASES = join(import.meta.dir, '../../../../shared/cases/models');
const casesThere = existsSync(CASES);
if (!casesThere) console.log(`skipped: models of others (${CASES} is not there)`);

/** Options, and what comes of it: the family and the best detection, or a part of the refusal. */
type Outcome = readonly [options: Partial<DetectOptions>, expected: string];

/** Opens detect on a model and gives it a grey frame. */
async function outcomeOf(model: string, options: Partial<DetectOptions>): Promise<string> {
  try {
    const running = await openDetect({ model, ...options });
    const { detections } = await running.detect();
    await running.close();
    const [best] = detections;
    const box = best === undefined ? [] : [best.bboxPx.x, best.bboxPx.y, best.bboxPx.w, best.bboxPx.h].map(Math.round);
    const found = best === undefined ? 'nothing' : `${best.label} ${best.confidence.toFixed(2)} at ${box}`;
    return `${running.gauges.get('family')}: ${found}, ${detections.length} in all`;
  } catch (error) {
    return `${(error as { code?: string }).code}: ${errorMessage(error)}`;
  }
}

const CASE_TABLE: Readonly<Record<string, Outcome>> = {
  'detr-open-queries-one-name': [{}, 'detr: b 0.88 at 16,16,32,32, 1 in all'],
  'detr-open-queries-two-names': [{}, 'detr: b 0.88 at 16,16,32,32, 1 in all'],
  'detr-softmax': [{ class_names: 'coco91' }, 'in a softmax, which is not supported'],
  'fp16-output': [{}, 'yolo: a 0.90'],
  'nchw-uint8': [{}, 'yolo: a 0.90'],
  'nhwc-float': [{}, 'yolo: a 0.90'],
  'init-as-input-bsc': [{}, 'boxes-scores-classes: a 0.90'],
  'init-as-input-detr': [{}, 'detr: nothing'],
  'multi-input-yolo': [{}, 'got conf_thres [1] float32'],
  'names-emptynames': [{}, 'model_labels_invalid'],
  'names-json-sorted': [{}, 'yolo: c0 0.90'],
  'names-name-to-id': [{}, 'yolo: a 0.90'],
  'names-reversed': [{}, 'yolo: a 0.90'],
  'nms-free-comma-names': [{}, 'yolo-nms-free: '],
  'nms-free-defaultdict-names': [{}, 'yolo-nms-free: '],
  'tf-ssd': [{ class_names: 'coco91' }, 'boxes-scores-classes: cat 0.90'],
  'ssd-boxes-classprobs': [{}, 'boxes-class-scores: nothing'],
  'ultraface-like': [{}, 'boxes-class-scores: nothing'],
  'v5-old-4-outputs': [{}, 'yolo: nothing'],
  'v7-e2e-2d': [{}, 'boxes-scores-classes: b 0.90 at 10,10,20,20, 1 in all'],
  'yolox-open-columns': [{}, 'yolox: nothing'],
  'yunet-like': [{}, 'model_family_unknown'],
};

describe.skipIf(!casesThere)('cases', () => {
  for (const [name, [options, expected]] of Object.entries(CASE_TABLE)) {
    test(name, async () => expect(await outcomeOf(join(CASES, `${name}.onnx`), options)).toContain(expected));
  }
});

const BOX = [0.5, 0.5, 0.25, 0.25];
const out = (name: string, dims: TinyOutput['dims'], values: ArrayLike<number>, actualDims?: number[]): TinyOutput => ({
  name,
  dims,
  values,
  ...(actualDims ? { actualDims } : {}),
});
const pair = (boxes: string, logits: string, values: number[], more: TinyOutput[] = []): TinyModel => ({
  outputs: [out(boxes, [1, 12, 4], Array(12).fill(BOX).flat()), out(logits, [1, 12, 3], values), ...more],
  metadata: { names: NAMES },
});
const logits = [2, -5, -5, ...Array(33).fill(-5)];
const boxesOf = (count: number) => Array(count).fill([8, 8, 24, 24]).flat();
const grid = rows(84, 8, [[4, 4, 0, 0, 0.9, 0, 1, 0]]);
const yoloColumns = (count: number) => out('output0', ['b', 7, 'anchors'], rows(7, count, []), [1, 7, count]);

describe('recognized by what is thresholded, not by names', () => {
  const table: [reason: string, expected: string, model: TinyModel, options?: Partial<DetectOptions>][] = [
    ['logits', 'detr: person 0.88 at 24,24,16,16, 1 in all', pair('pred_boxes', 'pred_logits', logits)],
    ['probabilities called logits', 'look like probabilities', pair('boxes', 'logits', Array(36).fill(0.1))],
    ['a softmax', 'in a softmax', pair('boxes', 'logits', Array(12).fill([-3, -2, 7]).flat())],
    ['most queries are sure', '12 of 12 boxes have', pair('boxes', 'logits', Array(12).fill([3, -2, -7]).flat())],
    ['scores are no logits', "logits are read with 'family: detr'", pair('boxes', 'logit_scores', logits)],
    [
      'raw heads beside the output that is read',
      'yolo: person 0.90',
      {
        outputs: [
          out('raw', [1, 3, 8, 8, 8], new Float32Array(1536)),
          out('output', [1, 252, 8], rows(252, 8, [[32, 32, 9, 9, 0.9, 1, 0, 0]])),
        ],
        metadata: { names: NAMES },
      },
    ],
    ['two boxes', 'model_family_unknown', pair('boxes', 'logits', logits, [out('boxes_2', [1, 9, 4], boxesOf(9))])],
    [
      'the boxes whose number fits the scores, wherever they are',
      'boxes-scores-classes: drone 0.90 at 8,8,16,16, 1 in all',
      {
        outputs: [
          out('class_scores', [1, 2, 3], Array(6).fill(0.1)),
          out('raw_boxes', [1, 5, 4], boxesOf(5)),
          out('boxes', [1, 2, 4], boxesOf(2)),
          out('scores', [1, 2], [0.9, 0]),
          out('classes', [1, 2], [1, 0]),
        ],
        metadata: { names: NAMES },
      },
    ],
    [
      'finished boxes that are all sure',
      '20 of 20 boxes have a score of 0.5 or more on an empty grey picture',
      {
        outputs: [
          out('boxes', [1, 20, 4], boxesOf(20)),
          out('scores', [1, 20], Array(20).fill(0.97)),
          out('classes', [1, 20], Array(20).fill(0)),
        ],
        metadata: { names: NAMES },
      },
    ],
  ];
  for (const [reason, expected, model, options] of table) {
    test(reason, async () => expect(await outcomeOf(writeTinyModel(model), options ?? {})).toContain(expected));
  }
});

describe('open dimensions: what they are called means nothing', () => {
  const table: [reason: string, expected: string, outputs: TinyOutput[], class_names?: string[]][] = [
    ['YOLOX, columns open', 'yolox: drone 0.90 at 28,28,8,8', [out('o', ['b', 84, 'c'], grid, [1, 84, 8])]],
    ['YOLOX, columns open, of other names', 'got [1, 84, 8]', [out('o', ['b', 84, 'c'], grid, [1, 84, 8])], ['a', 'b']],
    ['YOLOv8, boxes open', 'yolo: nothing', [yoloColumns(84)]],
    ['YOLOv5, columns open', 'yolo: nothing', [out('o', ['b', 252, 'c'], rows(252, 8, []), [1, 252, 8])]],
    [
      'finished boxes, each dimension of another name',
      'boxes-scores-classes: drone 0.90',
      [
        out('boxes', ['n', 4], [8, 8, 24, 24], [1, 4]),
        out('scores', ['m'], [0.9], [1]),
        out('labels', ['k'], [1], [1]),
      ],
    ],
  ];
  for (const [reason, expected, outputs, class_names] of table) {
    const model = { outputs, metadata: { names: NAMES } };
    test(reason, async () =>
      expect(await outcomeOf(writeTinyModel(model), class_names ? { class_names } : {})).toContain(expected),
    );
  }
});

test('a second input that nothing feeds is refused before the model runs', async () => {
  const outputs = [out('output0', [1, 7, 84], rows(7, 84, []))];
  for (const dims of [[1], [1, 2], [1, 3, 64, 64]]) {
    const extraInputs = [{ name: 'extra', type: 'float32' as const, dims }];
    const model = writeTinyModel({ outputs, extraInputs, metadata: { names: NAMES } });
    expect(await outcomeOf(model, {})).toStartWith(
      'model_input_unsupported: the model has an input that nothing feeds',
    );
  }
});

test('weights that are listed as inputs are none', async () => {
  for (const model of [
    { outputs: [out('output0', [1, 7, 84], rows(7, 84, []))], metadata: { names: NAMES } },
    pair('pred_boxes', 'logits', logits),
  ]) {
    expect(await outcomeOf(writeTinyModel({ ...model, weightsAsInputs: true }), {})).toEqual(
      await outcomeOf(writeTinyModel(model), {}),
    );
  }
});

test('a Pad of zeros before a MaxPool counts as zeros', async () => {
  const bytes = buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: [1, 1, 2, 2] }],
    outputs: [{ name: 'z', type: 'float32', dims: [1, 1, 2, 2] }],
    initializers: [int64Tensor('pads', [8], [0, 0, 0, 0, 0, 0, 1, 1])],
    nodes: [
      { op: 'Pad', inputs: ['x', 'pads'], outputs: ['y'] },
      { op: 'MaxPool', inputs: ['y'], outputs: ['z'], attributes: { kernel_shape: { ints: [2, 2] } } },
    ],
  });
  const session = await InferenceSession.create(bytes, sessionOptions('cpu', 1));
  const { z } = await session.run({ x: new Tensor('float32', [-1, -1, -1, -1], [1, 1, 2, 2]) });
  await session.release();
  expect([...((z?.data ?? []) as Float32Array)]).toEqual([-1, 0, 0, 0]);
});
