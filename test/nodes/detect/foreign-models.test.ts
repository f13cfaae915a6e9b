/** Models that others made: what they say and give is read right, or refused with the reason. */
import { expect, test } from 'bun:test';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { sessionOptions } from '../../../nodes/detect/session.ts';
import { buildModel, int64Tensor } from '../../compact-model/onnx-writer.ts';

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
