import { describe, expect, test } from 'bun:test';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import detect from '../../../nodes/detect/index.ts';
import { readOnnxFile } from '../../../nodes/detect/onnx-file.ts';
import { buildModel, floatTensor, type ModelSpec } from '../../compact-model/onnx-writer.ts';
import { weightsFrom } from '../../server/hostile-models.ts';
import { NAMES, rows, saveModel, transposed, writeTinyModel } from './tiny-models.ts';

const SPEC: ModelSpec = {
  inputs: [
    { name: 'images', type: 'float32', dims: ['batch', 3, 'height', 64] },
    { name: 'sizes', type: 'int64', dims: [1, 2] },
  ],
  outputs: [{ name: 'output', type: 'float32', dims: [200, 300] }],
  // Larger than the window through which files are read.
  initializers: [floatTensor('weights', [200, 300], new Float32Array(60_000).fill(0.5))],
  nodes: [{ op: 'Identity', inputs: ['weights'], outputs: ['output'] }],
  metadata: { names: NAMES, author: 'Zoë' },
};

test('what is written is read, past the weights', () => {
  expect(readOnnxFile(saveModel(buildModel(SPEC)))).toEqual({
    irVersion: 8,
    producer: 'windhover',
    inputs: [...SPEC.inputs],
    outputs: [...SPEC.outputs],
    metadata: { names: NAMES, author: 'Zoë' },
  });
});

describe('weights in other files', () => {
  const read = (location: string, where: 'initializer' | 'attribute') => () =>
    readOnnxFile(saveModel(weightsFrom(location, where)));

  test.each(['../x', '/etc/passwd', 'a/../../x', '..', '..\\x', 'C:\\x', 'c:x', '//host/x', './../x'])(
    '%s is refused',
    (location) => {
      for (const where of ['initializer', 'attribute'] as const) {
        expect(read(location, where)).toThrow(expect.objectContaining({ code: 'model_weights_outside' }));
      }
    },
  );

  test.each(['x.data', 'sub/x.data', 'a/../x', '..x', './x'])('%s lies beside the model', (location) => {
    expect(read(location, 'initializer')).not.toThrow();
  });
});

test('the same graph gives the same bytes', () => {
  expect(buildModel(structuredClone(SPEC))).toEqual(buildModel(SPEC));
});

test('the writer refuses data of the wrong size and values that nothing computes', () => {
  const tensor = floatTensor('weights', [200, 300], [1]);
  expect(() => buildModel({ ...SPEC, initializers: [tensor] })).toThrow('expected 60000 float32 values');
  expect(() => buildModel({ ...SPEC, initializers: [] })).toThrow('input weights is not defined before it');
  expect(() => buildModel({ ...SPEC, nodes: [] })).toThrow('output output: nothing computes it');
});

test('one check reads the file once: what validate has seen is what request goes by', async () => {
  const values = transposed(rows(84, 7, []), 84, 7);
  const model = writeTinyModel({ outputs: [{ name: 'o', dims: [1, 7, 84], values }], metadata: { names: NAMES } });
  const params = { model, confidence: 0.35, family: 'auto' };
  const context = { modelFolders: [] };
  await detect.validate?.(params, context);
  rmSync(model);
  expect(await detect.inputs.frames?.request?.(params, context)).toMatchObject({ width: 64, height: 64 });
  expect(() => detect.validate?.({ ...params }, context)).toThrow('there is no model at');
});

test.skipIf(!existsSync('/proc/self/maps'))('a process that only checks graphs loads no native library', () => {
  const values = transposed(rows(84, 7, []), 84, 7);
  const model = writeTinyModel({ outputs: [{ name: 'o', dims: [1, 7, 84], values }], metadata: { names: NAMES } });
  const script = `
    const { default: detect } = await import(${JSON.stringify(join(import.meta.dir, '../../../nodes/detect/index.ts'))});
    const params = { model: ${JSON.stringify(model)}, confidence: 0.35, family: 'auto' };
    const request = await detect.inputs.frames.request(params, { modelFolders: [] });
    await detect.validate(params, { modelFolders: [] });
    const maps = await Bun.file('/proc/self/maps').text();
    console.log(request.width, maps.includes('onnxruntime'));
  `;
  const { stdout } = Bun.spawnSync([process.execPath, '-e', script]);
  expect(stdout.toString().trim()).toBe('64 false');
});
