/** Every channel of a frame reaches the model in the order, type and scale that the model wants. */
import { expect, test } from 'bun:test';
import type { DetectOptions } from '../../../nodes/detect/options.ts';
import { frameBytes } from '../../../runtime/node.ts';
import { buildModel, floatTensor, int64Tensor, type ValueSpec } from '../../compact-model/onnx-writer.ts';
import { openDetect } from './detect-runner.ts';
import { saveModel } from './tiny-models.ts';

/** One box a channel of the input: its score is the mean of the channel, divided by `unit` and moved by `offset`. */
function echo(image: ValueSpec, unit: number, offset: number, metadata: Record<string, string>): string {
  const planes = image.dims[1] === 3;
  const bytes = buildModel({
    inputs: [image],
    outputs: [{ name: 'output0', type: 'float32', dims: [1, 3, 6] }],
    initializers: [
      floatTensor('unit', [], [unit]),
      floatTensor('offset', [], [offset]),
      floatTensor('boxes', [1, 3, 4], [10, 10, 30, 30, 10, 10, 30, 30, 10, 10, 30, 30]),
      floatTensor('classes', [1, 3, 1], [0, 1, 2]),
      int64Tensor('shape', [3], [1, 3, 1]),
    ],
    nodes: [
      { op: 'Cast', inputs: [image.name], outputs: ['floats'], attributes: { to: { int: 1 } } },
      {
        op: 'ReduceMean',
        inputs: ['floats'],
        outputs: ['means'],
        attributes: { axes: { ints: planes ? [2, 3] : [1, 2] } },
      },
      { op: 'Reshape', inputs: ['means', 'shape'], outputs: ['rows'] },
      { op: 'Div', inputs: ['rows', 'unit'], outputs: ['shares'] },
      { op: 'Add', inputs: ['shares', 'offset'], outputs: ['scores'] },
      { op: 'Concat', inputs: ['boxes', 'scores', 'classes'], outputs: ['output0'], attributes: { axis: { int: 2 } } },
    ],
    metadata: { names: '["a", "b", "c"]', ...metadata },
  });
  return saveModel(bytes);
}

/** Red, green and blue of the picture, 0 to 255. */
const COLOUR = [51, 102, 204];
const NO_OFFSET = 0;
const plain = [0.2, 0.4, 0.8];
const planes = [1, 3, 64, 64];
const pixels = [1, 64, 64, 3];
const table: [
  reason: string,
  type: 'float32' | 'float16' | 'uint8',
  dims: number[],
  unit: number,
  expected: number[],
  metadata?: Record<string, string>,
  options?: Partial<DetectOptions>,
  offset?: number,
][] = [
  ['planes of floats', 'float32', planes, 1, plain],
  ['pixels of floats', 'float32', pixels, 1, plain],
  ['pixels of floats to 255, BGR', 'float32', pixels, 255, [0.8, 0.4, 0.2], { input_white: '255', input_color: 'bgr' }],
  ['planes of half floats', 'float16', planes, 1, plain],
  ['planes of bytes', 'uint8', planes, 255, plain],
  ['planes of bytes, BGR', 'uint8', planes, 255, [0.8, 0.4, 0.2], { input_color: 'bgr' }],
  ['pixels of bytes', 'uint8', pixels, 255, plain],
  [
    'mean and deviation to 1',
    'float32',
    planes,
    2,
    [0.2, 0.6, 1.4].map((v) => v / 2),
    {},
    { input: { mean: [0, 0.1, 0.1], std: [1, 0.5, 0.5] } },
  ],
  [
    'mean and deviation to 255, by the metadata',
    'float32',
    planes,
    2,
    [0.1, 0.3, 0.7],
    { input_mean: '0,25.5,25.5', input_std: '255,127.5,127.5' },
  ],
  [
    'as other exporters note it, BGR',
    'float32',
    pixels,
    2,
    [0.7, 0.3, 0.1],
    { mean: '[25.5, 25.5, 0]', std: '[127.5, 127.5, 255]', input_color: 'bgr' },
  ],
  [
    'negative numbers of an input around 0',
    'float32',
    planes,
    2,
    [0.2, 0.4, 0.8],
    {},
    { input: { mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] } },
    0.5,
  ],
];

for (const [reason, type, dims, unit, expected, metadata = {}, options = {}, offset = NO_OFFSET] of table) {
  test(reason, async () => {
    const running = await openDetect({
      model: echo({ name: 'image', type, dims }, unit, offset, metadata),
      confidence: 0.01,
      ...options,
    });
    const { request } = running;
    const inOrder = request.format.startsWith('rgb') ? COLOUR : COLOUR.toReversed();
    const floats = request.format.endsWith('f32');
    const buffer = new SharedArrayBuffer(frameBytes(request));
    const data = floats ? new Float32Array(buffer) : new Uint8Array(buffer);
    const plane = request.width * request.height;
    for (let i = 0; i < data.length; i++) {
      const value = inOrder[floats ? Math.floor(i / plane) : i % 3] ?? 0;
      data[i] = floats ? (value / 255) * (request.white ?? 1) : value;
    }
    const { detections } = await running.detect({ data });
    await running.close();
    const score = (label: string) => detections.find((one) => one.label === label)?.confidence ?? 0;
    for (const [i, label] of ['a', 'b', 'c'].entries())
      expect(score(label)).toBeCloseTo(expected[i] ?? 0, type === 'float16' ? 3 : 4);
  });
}

test('mean and deviation that are no three numbers are refused', async () => {
  for (const metadata of [{ input_mean: '1,2' }, { std: '0,1,1' }, { mean: 'none' }]) {
    const model = echo({ name: 'image', type: 'float32', dims: planes }, 1, NO_OFFSET, metadata);
    await expect(openDetect({ model })).rejects.toMatchObject({ code: 'model_metadata_invalid' });
  }
});
