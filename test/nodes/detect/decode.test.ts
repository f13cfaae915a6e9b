import { describe, expect, test } from 'bun:test';
import { Candidates } from '../../../nodes/detect/candidates.ts';
import type { ModelFacts, Thresholds, ValueInfo } from '../../../nodes/detect/families/family.ts';
import { inferFamily } from '../../../nodes/detect/infer-family.ts';
import { normalizePlanes } from '../../../nodes/detect/session.ts';
import { rows } from './tiny-models.ts';

const output = (name: string, dims: readonly (number | string)[], type = 'float32'): ValueInfo => ({
  name,
  dims,
  type,
});

function facts(outputs: readonly ValueInfo[], more: Partial<ModelFacts> = {}): ModelFacts {
  return { size: { w: 64, h: 64 }, extraInputs: [], outputs, metadata: {}, nameCount: null, boxFormat: null, ...more };
}

function thresholds(...byClass: number[]): Thresholds {
  return { byClass: Float64Array.from(byClass), lowest: Math.min(...byClass) };
}

describe('decoding by hand', () => {
  test('YOLOX: cells of all three strides, in order', () => {
    const { plan } = inferFamily(facts([output('output', [1, 84, 6])], { nameCount: 1 }), null);
    const data = new Float32Array(84 * 6);
    const put = (row: number, values: number[]) => data.set(values, row * 6);
    put(0, [0.5, 0.5, 0, 0, 0.5, 1]); // stride 8, cell (0, 0): centre 4, size 8
    put(64 + 5, [0, 0, Math.log(2), 0, 0.75, 1]); // stride 16, cell (1, 1): centre 16, size 32×16
    put(80 + 2, [-0.5, 0.25, 0, Math.log(0.5), 1, 0.5]); // stride 32, cell (0, 1): centre (−16, 40), size 32×16
    put(83, [0, 0, 0, 0, 0.4, 1]); // below the threshold
    const into = new Candidates();
    plan.decoder()([{ data, dims: [1, 84, 6] }], thresholds(0.45), into);
    expect(into.count).toBe(3);
    expect([into.x1[0], into.y1[0], into.x2[0], into.y2[0], into.score[0]]).toEqual([0, 0, 8, 8, 0.5]);
    expect(into.x1[1]).toBeCloseTo(0, 5);
    expect(into.x2[1]).toBeCloseTo(32, 5);
    expect([into.y1[1], into.y2[1], into.score[1]]).toEqual([8, 24, 0.75]);
    expect([into.x1[2], into.x2[2], into.score[2]]).toEqual([-32, 0, 0.5]);
    expect(into.y2[2]).toBeCloseTo(48, 5);
  });

  test('YOLOv5: the score is objectness × class', () => {
    const { plan } = inferFamily(facts([output('output', [1, 252, 7])]), null);
    const data = rows(252, 7, [
      [10, 20, 4, 6, 0.5, 0.5, 1],
      [10, 20, 4, 6, 0.5, 1, 0.25],
    ]);
    const into = new Candidates();
    plan.decoder()([{ data, dims: [1, 252, 7] }], thresholds(0.6, 0.4), into);
    expect([into.count, into.score[0], into.classId[0], into.x1[0], into.y1[0]]).toEqual([1, 0.5, 1, 8, 17]);
  });

  test('YOLOv5 by objectness alone: where the classes are is kept, rows that are no numbers are left out', () => {
    const { plan } = inferFamily(facts([output('output', [1, 252, 7])]), null);
    const data = rows(252, 7, [
      [10, 20, 4, 6, 0.9, Number.NaN, 0.5],
      [10, 20, 4, 6, Number.NaN, 0.5, 0.5],
      [10, 20, 4, 6, 0.5, 0.25, 0.75],
    ]);
    const into = new Candidates();
    plan.decoder('objectness')([{ data, dims: [1, 252, 7] }], thresholds(0.4, 0.4), into);
    expect([into.count, into.score[0], into.classId[0], into.classesAt[0]]).toEqual([1, 0.5, 1, 2 * 7 + 5]);
  });

  test('DETR: every class of a query above its threshold counts', () => {
    const { plan } = inferFamily(facts([output('pred_boxes', [1, 1, 4]), output('pred_logits', [1, 1, 3])]), null);
    const into = new Candidates();
    const results = [
      { data: Float32Array.of(0.5, 0.5, 0.5, 0.25), dims: [1, 1, 4] },
      { data: Float32Array.of(0, 2, -2), dims: [1, 1, 3] },
    ];
    plan.decoder()(results, thresholds(0.5, 0.9, 0), into);
    expect([into.count, into.score[0], into.classId[0], into.classId[1]]).toEqual([2, 0.5, 0, 2]);
    expect([into.x1[0], into.y1[0], into.x2[0], into.y2[0]]).toEqual([16, 24, 48, 40]);
  });

  test('numbers that are not finite and classes without names are counted, not given', () => {
    const { plan } = inferFamily(facts([output('output', [1, 20, 6])], { nameCount: 2 }), null);
    const data = rows(20, 6, [
      [Number.NaN, 0, 9, 9, 0.9, 0],
      [0, 0, 9, 9, 0.9, 7],
      [0, 0, 9, 9, Number.NaN, 0],
    ]);
    const into = new Candidates();
    plan.decoder()([{ data, dims: [1, 20, 6] }], thresholds(0.5, 0.5), into);
    expect([into.count, into.broken, into.unnamed]).toEqual([0, 1, 1]);
  });

  test('the mean of ImageNet is taken off by channel, whatever the order of the planes', () => {
    const normalize = { mean: [0.1, 0.2, 0.3], std: [0.5, 0.25, 0.125] };
    const to = new Float64Array(3);
    normalizePlanes([1, 1, 1], to, 1, { color: 'rgb', white: 1, fit: 'stretch', pad: 0 }, normalize);
    expect([...to].map((value) => Number(value.toFixed(9)))).toEqual([1.8, 3.2, 5.6]);
    normalizePlanes([255, 255, 255], to, 1, { color: 'bgr', white: 255, fit: 'stretch', pad: 0 }, normalize);
    expect([...to].map((value) => Number(value.toFixed(9)))).toEqual([5.6, 3.2, 1.8]);
  });
});

describe('the family is inferred from shapes and metadata', () => {
  const at640 = { size: { w: 640, h: 640 } };
  const table: [reason: string, model: ModelFacts, family: string][] = [
    ['YOLOv5s', facts([output('output0', [1, 25200, 85])], at640), 'yolo'],
    ['YOLOv5 at 1280 with four levels', facts([output('o', [1, 102000, 85])], { size: { w: 1280, h: 1280 } }), 'yolo'],
    ['YOLOv8n', facts([output('output0', [1, 84, 8400])], at640), 'yolo'],
    ['YOLOv8 with open sides', facts([output('output0', ['batch', 84, 'anchors'])], at640), 'yolo'],
    ['YOLOv8 for wide frames', facts([output('output0', [1, 5, 5040])], { size: { w: 640, h: 384 } }), 'yolo'],
    ['YOLOX-nano', facts([output('output', [1, 3549, 85])], { size: { w: 416, h: 416 } }), 'yolox'],
    ['YOLOX with an open batch', facts([output('output', ['batch', 8400, 85])], at640), 'yolox'],
    ['YOLOX of three classes', facts([output('output', [1, 8400, 8])], { ...at640, nameCount: 3 }), 'yolox'],
    ['YOLOX of one class has six columns too', facts([output('o', [1, 8400, 6])], { ...at640, nameCount: 1 }), 'yolox'],
    ['YOLOv8 transposed', facts([output('output', [1, 8400, 84])], at640), 'yolo'],
    ['a v8 head of its own strides, told by its names', facts([output('o', [1, 6, 37])], { nameCount: 2 }), 'yolo'],
    ['a v5 head of its own strides, told by its names', facts([output('o', [1, 37, 8])], { nameCount: 3 }), 'yolo'],
    ['six columns are finished boxes rather', facts([output('o', [1, 37, 6])], { nameCount: 2 }), 'yolo-nms-free'],
    ['YOLOv10', facts([output('output0', [1, 300, 6])], at640), 'yolo-nms-free'],
    [
      'YOLO26, open, says end2end',
      facts([output('o', ['b', 'n', 6])], { ...at640, nameCount: 1, metadata: { end2end: 'True' } }),
      'yolo-nms-free',
    ],
    [
      'RF-DETR',
      facts([output('dets', [1, 300, 4]), output('labels', [1, 300, 91])], { size: { w: 560, h: 560 } }),
      'detr',
    ],
    ['RF-DETR of four columns', facts([output('labels', [1, 300, 4]), output('dets', [1, 300, 4])], at640), 'detr'],
  ];
  for (const [reason, model, family] of table) {
    test(reason, () => expect(inferFamily(model, null).family).toBe(family as never));
  }

  const code = (model: ModelFacts, wanted: string | null = null) => {
    try {
      return inferFamily(model, wanted).family;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  test('a grid whose number of classes is not known is not guessed', () => {
    const model = facts([output('output', [1, 8400, 12])], at640);
    expect(code(model)).toBe('model_family_ambiguous');
    expect(code(model, 'yolox')).toBe('yolox');
    expect(code(model, 'yolo')).toBe('yolo');
    expect(code(model, 'detr')).toBe('model_family_mismatch');
  });
  test('an unknown grid without names is not guessed', () => {
    expect(code(facts([output('o', [1, 7, 37])]))).toBe('model_family_unknown');
    expect(code(facts([output('o', [1, 7, 37])], { nameCount: 4 }))).toBe('model_family_unknown');
  });
  test('a classifier is of no family', () =>
    expect(code(facts([output('prob', [1, 1000])]))).toBe('model_family_unknown'));
  test('scores that are not logits are not read as a DETR', () => {
    expect(code(facts([output('pred_boxes', [1, 8400, 4]), output('pred_scores', [1, 8400, 80])], at640))).toBe(
      'boxes-class-scores',
    );
  });
});
