import { afterEach, describe, expect, test } from 'bun:test';
import type { DetectOptions } from '../../../nodes/detect/options.ts';
import { openDetect, type Running } from './detect-runner.ts';
import { NAMES, rows, type TinyModel, transposed, writeTinyModel } from './tiny-models.ts';

const opened: Running[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

// 64×64: 8² + 4² + 2² cells; three boxes a cell in the older heads.
const CELLS = 84;
// A drone of 20×10 around (32, 24), as corners (22, 19) to (42, 29).
const DRONE = { x: 22, y: 19, w: 20, h: 10 };
const CENTRE = [32, 24, 20, 10];
const FRACTIONS = [0.5, 0.375, 0.3125, 0.15625];
const SPREAD = [60, 60, 4, 4];
const logit = (p: number) => Math.log(p / (1 - p));

interface Row {
  readonly reason: string;
  readonly model: TinyModel;
  readonly family: string;
  readonly options?: Partial<DetectOptions>;
  readonly request: Record<string, unknown>;
  /** Default: the drone, 0.9. */
  readonly confidence?: number;
}

const v5 = rows(3 * CELLS, 8, [
  [...CENTRE, 0.9, 0.1, 1, 0],
  [...SPREAD, 0.1, 0, 0, 0],
]);
const v8 = rows(CELLS, 7, [
  [...CENTRE, 0.1, 0.9, 0],
  [...SPREAD, 0, 0, 0],
]);
// Cell (3, 4) of stride 8 is row 4 × 8 + 3: centre (4 + 0) × 8 = 32 wants offset 1, and 24 = (4 − 1) × 8.
const grid = rows(CELLS, 8, [
  ...Array(35).fill(Array(8).fill(0)),
  [1, -1, Math.log(20 / 8), Math.log(10 / 8), 0.9, 0, 1, 0],
]);
const yoloPicture = { width: 64, height: 64, format: 'rgbf32', fit: 'letterbox', pad: 114 / 255, white: 1 };
const stretched = { format: 'rgbf32', fit: 'stretch', white: 1 };
const three = (
  boxes: readonly number[],
  type: 'int64' | 'float32',
  more: TinyModel['outputs'] = [],
): TinyModel['outputs'] => [
  { name: 'labels', dims: [1, 2], type, values: [1, 0] },
  { name: 'boxes', dims: [1, 2, 4], values: [...boxes, 0, 0, 0, 0] },
  { name: 'scores', dims: [1, 2], values: [0.9, 0] },
  ...more,
];
const sizes = { name: 'orig_target_sizes', type: 'int64', dims: ['N', 2] } as const;
const rtdetr = { names: NAMES, description: 'Ultralytics rtdetr-l model' };
const nmsFree = rows(20, 6, [[22, 19, 42, 29, 0.9, 1]]);

const TABLE: Row[] = [
  {
    reason: 'YOLOv5: objectness, three boxes a cell',
    model: { outputs: [{ name: 'output0', dims: [1, 3 * CELLS, 8], values: v5 }], metadata: { names: NAMES } },
    family: 'yolo',
    request: yoloPicture,
  },
  {
    reason: 'YOLOv8: columns of boxes',
    model: {
      outputs: [{ name: 'output0', dims: [1, 7, CELLS], values: transposed(v8, CELLS, 7) }],
      metadata: { names: NAMES },
    },
    family: 'yolo',
    request: yoloPicture,
  },
  {
    reason: 'YOLOv8 transposed: rows of boxes, told from YOLOX by the number of names',
    model: { outputs: [{ name: 'output0', dims: [1, CELLS, 7], values: v8 }], metadata: { names: NAMES } },
    family: 'yolo',
    request: yoloPicture,
  },
  {
    reason: 'YOLOv8 with an open size and open outputs: imgsz of the metadata',
    model: {
      side: 'size',
      outputs: [
        { name: 'output0', dims: ['batch', 7, 'n'], actualDims: [1, 7, CELLS], values: transposed(v8, CELLS, 7) },
      ],
      metadata: { names: NAMES, imgsz: '[64, 64]', task: 'detect' },
    },
    family: 'yolo',
    request: yoloPicture,
  },
  {
    reason: 'YOLOv10: x1, y1, x2, y2, score, class',
    model: { outputs: [{ name: 'output0', dims: [1, 20, 6], values: nmsFree }], metadata: { names: NAMES } },
    family: 'yolo-nms-free',
    request: yoloPicture,
  },
  {
    reason: 'YOLOX: raw grid, its own picture',
    model: { outputs: [{ name: 'output', dims: [1, CELLS, 8], values: grid }], metadata: { names: NAMES } },
    family: 'yolox',
    request: { width: 64, height: 64, format: 'bgrf32', fit: 'letterbox-topleft', pad: 114, white: 255 },
  },
  {
    reason: 'RF-DETR: dets and labels, the last column stands for nothing',
    model: {
      outputs: [
        { name: 'dets', dims: [1, 2, 4], values: [...FRACTIONS, 0, 0, 0, 0] },
        { name: 'labels', dims: [1, 2, 4], values: [-9, logit(0.9), -9, 9, -9, -9, -9, 9] },
      ],
      metadata: { names: NAMES },
    },
    family: 'detr',
    request: stretched,
  },
  {
    reason: 'RT-DETR as Hugging Face exports it: logits come first',
    model: {
      outputs: [
        { name: 'logits', dims: ['batch', 2, 3], actualDims: [1, 2, 3], values: [-9, logit(0.9), -9, -9, -9, -9] },
        { name: 'pred_boxes', dims: ['batch', 2, 4], actualDims: [1, 2, 4], values: [...FRACTIONS, 0, 0, 0, 0] },
      ],
      metadata: { names: NAMES },
    },
    family: 'detr',
    request: stretched,
  },
  {
    reason: 'D-FINE: a second input for the size, integer labels',
    model: { extraInputs: [sizes], outputs: three([22, 19, 42, 29], 'int64'), metadata: { names: NAMES } },
    family: 'detr',
    request: stretched,
  },
  {
    reason: 'RT-DETR as Ultralytics exports it: one output, told from YOLO by its description',
    model: { outputs: [{ name: 'output0', dims: [1, 1, 7], values: [...FRACTIONS, 0, 0.9, 0] }], metadata: rtdetr },
    family: 'detr',
    request: stretched,
  },
  {
    reason: 'finished boxes, pixels',
    model: { outputs: three([22, 19, 42, 29], 'float32'), metadata: { names: NAMES } },
    family: 'boxes-scores-classes',
    request: yoloPicture,
  },
  {
    reason: 'finished boxes, fractions by the metadata',
    model: {
      outputs: three([22 / 64, 19 / 64, 42 / 64, 29 / 64], 'int64'),
      metadata: { names: NAMES, box_format: 'xyxy_norm' },
    },
    family: 'boxes-scores-classes',
    request: yoloPicture,
  },
  {
    reason: 'finished boxes, fractions, y first, by the option, which wins',
    model: {
      outputs: three([19 / 64, 22 / 64, 29 / 64, 42 / 64], 'int64'),
      metadata: { names: NAMES, box_format: 'xyxy_px' },
    },
    options: { box_format: 'yxyx_norm' },
    family: 'boxes-scores-classes',
    request: yoloPicture,
  },
  {
    reason: 'finished boxes with a number of valid rows',
    model: {
      outputs: [
        { name: 'num_dets', dims: [1, 1], values: [1], type: 'int64' },
        { name: 'det_boxes', dims: [1, 2, 4], values: [22, 19, 42, 29, 1, 1, 60, 60] },
        { name: 'det_scores', dims: [1, 2], values: [0.9, 0.8] },
        { name: 'det_classes', dims: [1, 2], values: [1, 0] },
      ],
      metadata: { names: NAMES },
    },
    family: 'boxes-scores-classes',
    request: yoloPicture,
  },
  {
    reason: 'bytes in, pixel after pixel',
    model: {
      image: { name: 'images', type: 'uint8', dims: [1, 64, 64, 3] },
      outputs: [{ name: 'output0', dims: [1, 7, CELLS], values: transposed(v8, CELLS, 7) }],
      metadata: { names: NAMES },
    },
    family: 'yolo',
    request: { width: 64, height: 64, format: 'rgb24', fit: 'letterbox', pad: 114 },
  },
  {
    reason: 'the metadata states how the picture was trained, the option overrides it',
    model: {
      outputs: [{ name: 'output0', dims: [1, 7, CELLS], values: transposed(v8, CELLS, 7) }],
      metadata: { names: NAMES, input_white: '255', input_color: 'bgr', input_fit: 'stretch', input_pad: '0' },
    },
    options: { input: { fit: 'letterbox' } },
    family: 'yolo',
    request: { width: 64, height: 64, format: 'bgrf32', fit: 'letterbox', pad: 0, white: 255 },
  },
];

describe('every family finds the drone in its own outputs', () => {
  for (const row of TABLE) {
    test(row.reason, async () => {
      const running = await openDetect({ model: writeTinyModel(row.model), ...row.options });
      opened.push(running);
      expect(running.gauges.get('family')).toBe(row.family);
      expect(running.request).toMatchObject(row.request);
      // Twice: the first run's outputs are gone then.
      await running.detect();
      const { detections } = await running.detect();
      expect(detections).toHaveLength(1);
      const [found] = detections;
      expect(found?.label).toBe('drone');
      expect(found?.confidence).toBeCloseTo(row.confidence ?? 0.9, 3);
      for (const side of ['x', 'y', 'w', 'h'] as const) expect(found?.bboxPx[side]).toBeCloseTo(DRONE[side], 1);
    });
  }
});
