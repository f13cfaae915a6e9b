import { afterEach, describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Decoder, Demuxer } from 'node-av/api';
import { FrameConverter } from '../../../nodes/decode/converter.ts';
import { fitFrame } from '../../../nodes/decode/fit.ts';
import type { DetectOptions } from '../../../nodes/detect/options.ts';
import type { Detection, Fit } from '../../../runtime/node.ts';
import { frameBytes } from '../../../runtime/node.ts';
import { buildModel, floatTensor, int64Tensor } from '../../compact-model/onnx-writer.ts';
import { greySlot, openDetect, type Running } from './detect-runner.ts';
import { NAMES, rows, saveModel, transposed, writeTinyModel } from './tiny-models.ts';

const opened: Running[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

/** A YOLOv8-like model of persons, drones and birds that always gives these boxes (centre, size, three scores). */
async function openWith(boxes: readonly (readonly number[])[], options: Partial<DetectOptions> = {}): Promise<Running> {
  const values = transposed(rows(84, 7, boxes), 84, 7);
  const model = writeTinyModel({ outputs: [{ name: 'o', dims: [1, 7, 84], values }], metadata: { names: NAMES } });
  const running = await openDetect({ model, ...options });
  opened.push(running);
  return running;
}

const brief = (detections: readonly Detection[]) =>
  detections.map(({ label, confidence }) => `${label} ${confidence.toFixed(2)}`);

const SCENE = [
  [32, 32, 10, 10, 0.5, 0, 0],
  [32, 32, 10, 10, 0, 0.6, 0],
  [33, 32, 10, 10, 0, 0.8, 0],
  [10, 10, 8, 8, 0, 0, 0.4],
  [50, 50, 8, 8, 0, 0.3, 0],
  [10, 50, 8, 8, 0, 0.6, 0],
  [50, 10, 8, 8, 0, 0.09, 0],
];

describe('what is given', () => {
  const table: [reason: string, options: Partial<DetectOptions>, expected: string[]][] = [
    [
      'defaults: best first, doubles of a class suppressed',
      {},
      ['drone 0.80', 'drone 0.60', 'person 0.50', 'bird 0.40', 'drone 0.30'],
    ],
    ['a higher threshold', { confidence: 0.55 }, ['drone 0.80', 'drone 0.60']],
    ['thresholds by class', { class_confidence: { drone: 0.7, bird: 0.45 } }, ['drone 0.80', 'person 0.50']],
    [
      'a lower threshold for a class alone',
      { confidence: 0.7, class_confidence: { bird: 0.1 } },
      ['drone 0.80', 'bird 0.40'],
    ],
    ['only some labels', { labels: ['bird', 'person'] }, ['person 0.50', 'bird 0.40']],
    ['at most two', { max_detections: 2 }, ['drone 0.80', 'drone 0.60']],
    [
      'suppression across classes',
      { confidence: 0.4, class_agnostic_nms: true },
      ['drone 0.80', 'drone 0.60', 'bird 0.40'],
    ],
    ['no suppression at IoU 1', { confidence: 0.5, iou: 1 }, ['drone 0.80', 'drone 0.60', 'drone 0.60', 'person 0.50']],
  ];
  for (const [reason, options, expected] of table) {
    test(reason, async () => {
      const running = await openWith(SCENE, options);
      const message = await running.detect();
      expect(brief(message.detections)).toEqual(expected);
      expect(message.inferenceMs).toBeGreaterThan(0);
      expect(message.frame.index).toBe(0);
    });

    test(`${reason}, told while it runs`, async () => {
      const running = await openWith(SCENE, { confidence: 0.3 });
      await running.detect();
      await running.update({ confidence: 0.1, ...options });
      expect(brief((await running.detect()).detections)).toEqual(expected);
    });
  }

  test('boxes are clipped to the frame, and those outside are left out', async () => {
    const running = await openWith([
      [0, 30, 20, 10, 0, 0.9, 0],
      [60, 60, 20, 20, 0, 0.8, 0],
      [-30, 10, 10, 10, 0, 0.7, 0],
    ]);
    const { detections } = await running.detect();
    expect(detections.map((one) => one.bboxPx)).toEqual([
      { x: 0, y: 25, w: 10, h: 10 },
      { x: 50, y: 50, w: 14, h: 14 },
    ]);
  });

  test('boxes come back to where they were in the source, whatever the fit', async () => {
    const size = { w: 1920, h: 1080 };
    const inSource = { x: 960, y: 270, w: 240, h: 108 };
    for (const fit of ['letterbox', 'letterbox-topleft', 'stretch'] as const satisfies Fit[]) {
      const mapping = fitFrame(size, { width: 64, height: 64, fit });
      const { contentPx: content } = mapping;
      const sx = content.w / size.w;
      const sy = content.h / size.h;
      const centre = [content.x + (inSource.x + inSource.w / 2) * sx, content.y + (inSource.y + inSource.h / 2) * sy];
      const running = await openWith([[...centre, inSource.w * sx, inSource.h * sy, 0, 0.9, 0]], { input: { fit } });
      expect(running.request.fit).toBe(fit);
      const [found] = (await running.detect({ mapping, size })).detections;
      for (const side of ['x', 'y', 'w', 'h'] as const) expect(found?.bboxPx[side]).toBeCloseTo(inSource[side], 2);
    }
  });
});

test('outputs follow the frame although their memory is let go at the next one', async () => {
  // One box whose score is the mean of the picture.
  const bytes = buildModel({
    inputs: [{ name: 'images', type: 'float32', dims: [1, 3, 64, 64] }],
    outputs: [{ name: 'output', type: 'float32', dims: [1, 20, 6] }],
    initializers: [
      floatTensor('box', [1, 1, 4], [10, 10, 30, 30]),
      floatTensor('class', [1, 1, 1], [0]),
      floatTensor('rest', [1, 19, 6], new Float32Array(19 * 6)),
      int64Tensor('shape', [3], [1, 1, 1]),
    ],
    nodes: [
      { op: 'ReduceMean', inputs: ['images'], outputs: ['mean'], attributes: { keepdims: { int: 1 } } },
      { op: 'Reshape', inputs: ['mean', 'shape'], outputs: ['score'] },
      { op: 'Concat', inputs: ['box', 'score', 'class'], outputs: ['row'], attributes: { axis: { int: 2 } } },
      { op: 'Concat', inputs: ['row', 'rest'], outputs: ['output'], attributes: { axis: { int: 1 } } },
    ],
    metadata: { names: NAMES },
  });
  const running = await openDetect({ model: saveModel(bytes) });
  opened.push(running);
  const slots = [0.5, 0.75].map((level) => greySlot(running.request, level));
  for (const [i, expected] of [0.5, 0.75, 0.5, 0.75].entries()) {
    const [found] = (await running.detect({ data: slots[i % 2] ?? greySlot(running.request) })).detections;
    expect(found?.confidence).toBeCloseTo(expected, 5);
  }
  slots[0]?.fill(0.9);
  const [after] = (await running.detect({ data: slots[0] ?? greySlot(running.request) })).detections;
  expect(after?.confidence).toBeCloseTo(0.9, 3);
});

const SHARED = join(import.meta.dir, '../../../../shared/');
const NANO = `${SHARED}models/yolox_nano.onnx`;
const CLIP = `${SHARED}data/vtest.avi`;
const present = existsSync(NANO) && existsSync(CLIP);
if (!present) console.log(`skipped: YOLOX-nano finds persons (${NANO} or ${CLIP} is not there)`);

test.skipIf(!present)(
  'YOLOX-nano finds persons in the first frame of a street, with no option but the model',
  async () => {
    const running = await openDetect({ model: NANO });
    opened.push(running);
    expect(Object.fromEntries(running.gauges)).toEqual({
      model: 'yolox_nano',
      family: 'yolox',
      labels: 'coco80 (assumed)',
      provider: 'cpu',
    });
    await using demuxer = await Demuxer.open(CLIP);
    const video = demuxer.video();
    if (!video) throw new Error('no video in the clip');
    using decoder = await Decoder.create(video);
    const converter = new FrameConverter(running.request);
    for await (const frame of decoder.frames(demuxer.packets(video.index))) {
      if (!frame) continue;
      const data = greySlot(running.request);
      const byteLength = frameBytes(running.request);
      const slot = { buffer: data.buffer as SharedArrayBuffer, byteOffset: 0, byteLength, key: 0, fresh: true };
      const mapping = converter.convert(frame, slot);
      const { detections } = await running.detect({ data, mapping, size: { w: frame.width, h: frame.height } });
      frame.free();
      const persons = detections.filter(({ label }) => label === 'person');
      expect(persons.length).toBeGreaterThanOrEqual(3);
      for (const { bboxPx } of persons) expect(bboxPx.h).toBeGreaterThan(bboxPx.w);
      break;
    }
    converter.close();
  },
);
