/** Models that say apart whether there is an object and of which class it is, and models whose boxes have a margin. */
import { afterEach, describe, expect, test } from 'bun:test';
import type { DetectOptions } from '../../../nodes/detect/options.ts';
import { tighten } from '../../../nodes/detect/tighten.ts';
import { type DetectionsMessage, WindhoverError } from '../../../runtime/node.ts';
import { openDetect, type Running } from './detect-runner.ts';
import { NAMES, rows, type TinyModel, transposed, writeTinyModel } from './tiny-models.ts';

const opened: Running[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

type Row = readonly number[];
type Metadata = Record<string, string>;

/** YOLOv5 rows for a picture of 64×64: centre, size, objectness, probabilities of person, drone, bird. */
const v5 = (given: readonly Row[], metadata: Metadata = {}): TinyModel => ({
  outputs: [{ name: 'o', dims: [1, 252, 8], values: rows(252, 8, given) }],
  metadata: { names: NAMES, ...metadata },
});

async function open(model: TinyModel, options: Partial<DetectOptions> = {}): Promise<Running> {
  const running = await openDetect({ model: writeTinyModel(model), ...options });
  opened.push(running);
  return running;
}

async function detectOnce(model: TinyModel, options: Partial<DetectOptions> = {}): Promise<DetectionsMessage> {
  return (await open(model, options)).detect();
}

const brief = ({ detections }: DetectionsMessage) =>
  detections.map(({ label, confidence }) => `${label} ${confidence.toFixed(2)}`);

const OBJECTNESS = { confidence: 'objectness' };
const SCENE: Row[] = [
  [20, 20, 10, 10, 0.9, 0.25, 0.5, 0.25],
  // On the same spot, of another class.
  [21, 20, 10, 10, 0.75, 0.75, 0.25, 0],
  [45, 45, 10, 10, 0.5, 0.125, 0.25, 0.625],
];

describe('confidence: objectness', () => {
  test('the confidence is the objectness; all probabilities come along; a spot holds one object', async () => {
    const message = await detectOnce(v5(SCENE, OBJECTNESS));
    expect(message.classes).toEqual({ names: ['person', 'drone', 'bird'], unknown: null });
    expect(brief(message)).toEqual(['drone 0.90', 'bird 0.50']);
    expect(message.detections.map((one) => one.classProbabilities)).toEqual([
      [0.25, 0.5, 0.25],
      [0.125, 0.25, 0.625],
    ]);
  });

  test('the unknown label is passed on', async () => {
    const message = await detectOnce(v5(SCENE, { ...OBJECTNESS, unknown_label: 'flying' }));
    expect(message.classes?.unknown).toBe('flying');
  });

  const without: [why: string, metadata: Metadata][] = [
    ['by default', {}],
    ['with product', { confidence: 'product' }],
  ];
  test.each(without)('%s it is objectness × class, and there are no probabilities', async (_, metadata) => {
    const message = await detectOnce(v5(SCENE, metadata), { confidence: 0.3 });
    expect(brief(message)).toEqual(['person 0.56', 'drone 0.45', 'bird 0.31']);
    expect('classes' in message).toBe(false);
    expect(message.detections.some((one) => 'classProbabilities' in one)).toBe(false);
  });

  const limits: [why: string, options: Partial<DetectOptions>, expected: string[]][] = [
    ['a threshold', { confidence: 0.6 }, ['drone 0.90']],
    ['thresholds by the best class', { class_confidence: { drone: 0.95 } }, ['person 0.75', 'bird 0.50']],
    ['labels by the best class', { labels: ['bird'] }, ['bird 0.50']],
  ];
  test.each(limits)('%s', async (_, options, expected) => {
    expect(brief(await detectOnce(v5(SCENE, OBJECTNESS), options))).toEqual(expected);
  });

  test('rows of YOLOX too', async () => {
    const values = rows(84, 8, [[0.5, 0.5, 0, 0, 0.75, 0.25, 0.125, 0.625]]);
    const message = await detectOnce({
      outputs: [{ name: 'o', dims: [1, 84, 8], values }],
      metadata: { names: NAMES, ...OBJECTNESS },
    });
    expect(message.detections).toEqual([
      {
        bboxPx: { x: 0, y: 0, w: 8, h: 8 },
        confidence: 0.75,
        label: 'bird',
        classProbabilities: [0.25, 0.125, 0.625],
      },
    ]);
  });

  test('probabilities that quantization pushed out of [0, 1] are brought back', async () => {
    const { detections } = await detectOnce(v5([[20, 20, 10, 10, 0.9, -0.0005, 1.0005, 0]], OBJECTNESS));
    expect(detections[0]?.classProbabilities).toEqual([0, 1, 0]);
  });

  test('after a flood of boxes, probabilities are still those of their own box', async () => {
    const row = (i: number): Row => [
      (i % 16) * 4,
      Math.floor(i / 16) * 4,
      2,
      2,
      0.4 + i / 1000,
      i / 252,
      0,
      1 - i / 252,
    ];
    const flood = Array.from({ length: 252 }, (_, i) => row(i));
    const flooded: TinyModel = {
      outputs: [{ name: 'o', dims: [1, 'n', 8], actualDims: [1, 504, 8], values: rows(504, 8, [...flood, ...flood]) }],
      metadata: { names: NAMES, ...OBJECTNESS },
    };
    const { detections } = await detectOnce(flooded, { max_detections: 1000 });
    expect(detections.length).toBeGreaterThan(200);
    for (const { confidence, classProbabilities } of detections) {
      expect(classProbabilities?.[0]).toBeCloseTo(((confidence - 0.4) * 1000) / 252, 4);
    }
  });
});

describe('metadata that can not be used', () => {
  const v8 = (metadata: Metadata): TinyModel => ({
    outputs: [{ name: 'o', dims: [1, 7, 84], values: transposed(rows(84, 7, []), 84, 7) }],
    metadata: { names: NAMES, ...metadata },
  });
  const table: [why: string, model: TinyModel, expected: string][] = [
    ['an unknown confidence', v5(SCENE, { confidence: 'class' }), 'confidence'],
    ['objectness of a model without one', v8(OBJECTNESS), 'confidence'],
    ['an unknown label with product', v5(SCENE, { unknown_label: 'flying' }), 'unknown_label'],
    ['an empty unknown label', v5(SCENE, { ...OBJECTNESS, unknown_label: ' ' }), 'unknown_label'],
    ['one margin', v5(SCENE, { box_margin: '9.6' }), 'box_margin'],
    ['three margins', v5(SCENE, { box_margin: '9.6,8.5,1' }), 'box_margin'],
    ['a negative margin', v5(SCENE, { box_margin: '-1,2' }), 'box_margin'],
    ['words for a margin', v5(SCENE, { box_margin: 'a,b' }), 'box_margin'],
  ];
  test.each(table)('%s', async (_, model, expected) => {
    const failure = await open(model).then(
      () => null,
      (error: unknown) => error,
    );
    if (!(failure instanceof WindhoverError)) throw new Error('it was accepted');
    expect(failure.code).toBe('model_metadata_invalid');
    expect(failure.message).toContain(expected);
    expect(failure.details.permanent).toBe(true);
  });

  test('product may be said of a model without objectness', async () => {
    expect((await detectOnce(v8({ confidence: 'product' }))).detections).toEqual([]);
  });
});

describe('box_margin', () => {
  const margin = { box_margin: '6,4.5' };
  const far: Row = [32, 32, 20, 16, 1, 1, 0, 0];

  test('is taken off each side', async () => {
    const { detections } = await detectOnce(v5([far], margin));
    expect(detections.map((one) => one.bboxPx)).toEqual([{ x: 28, y: 28.5, w: 8, h: 7 }]);
  });

  test('unless the boxes are wanted as the model gives them', async () => {
    const { detections } = await detectOnce(v5([far], margin), { tight_boxes: false });
    expect(detections.map((one) => one.bboxPx)).toEqual([{ x: 22, y: 24, w: 20, h: 16 }]);
  });

  test('after doubles are suppressed: tight boxes of these two would not overlap', async () => {
    const other: Row = [36, 32, 20, 16, 0.9, 1, 0, 0];
    const { detections } = await detectOnce(v5([far, other], { box_margin: '9,7' }));
    expect(detections).toHaveLength(1);
  });

  test('is in pixels of the input, which the source may have more of', async () => {
    const mapping = { viewportPx: { x: 0, y: 0, w: 640, h: 320 }, contentPx: { x: 0, y: 16, w: 64, h: 32 } };
    const running = await open(v5([far, [32, 18, 20, 12, 0.9, 1, 0, 0]], margin));
    const { detections } = await running.detect({ mapping, size: { w: 640, h: 320 } });
    expect(detections.map((one) => one.bboxPx)).toEqual([
      { x: 280, y: 125, w: 80, h: 70 },
      // Cut off by the upper edge of the picture, which lies in the middle of the slot.
      { x: 280, y: 0, w: 80, h: 35 },
    ]);
  });

  const content = { x: 0, y: 10, w: 100, h: 80 };
  const cases: [why: string, low: number, high: number, marginPx: number, expected: [number, number]][] = [
    ['free on both sides', 20, 50, 10, [30, 40]],
    ['no less than 30 % is left', 20, 50, 14, [30.5, 39.5]],
    ['no less than 1.5 px is left', 20, 24, 3, [21.25, 22.75]],
    ['a box below 1.5 px is not enlarged', 20, 21, 3, [20, 21]],
    ['cut off at the low edge', 0, 30, 10, [0, 20]],
    ['near the low edge', 1.5, 31.5, 10, [1.5, 21.5]],
    ['not near enough', 1.75, 31.75, 10, [11.75, 21.75]],
    ['beyond the low edge', -20, 5, 4, [0, 1.5]],
    ['cut off at the high edge', 70, 100, 10, [80, 100]],
    ['near the high edge', 70, 98.5, 10, [80, 98.5]],
    ['beyond the high edge', 95, 120, 10, [98.5, 100]],
    ['cut off at both', -5, 105, 10, [0, 100]],
  ];
  test.each(cases)('%s', (_, low, high, marginPx, [from, to]) => {
    const across = tighten({ x: low, y: 40, w: high - low, h: 20 }, { xPx: marginPx, yPx: 0 }, content);
    expect([across.x, across.y, across.h]).toEqual([from, 40, 20]);
    expect(across.x + across.w).toBeCloseTo(to, 9);
    // The other axis is measured against its own edges.
    const down = tighten({ x: 40, y: 10 + low * 0.8, w: 20, h: (high - low) * 0.8 }, { xPx: 0, yPx: 0 }, content);
    expect(down.x).toBe(40);
    expect(down.y).toBeGreaterThanOrEqual(10);
    expect(down.y + down.h).toBeLessThanOrEqual(90);
  });

  test('a box outside of the picture has no area', () => {
    expect(tighten({ x: 40, y: 0, w: 20, h: 8 }, { xPx: 2, yPx: 2 }, content).h).toBe(0);
  });
});
