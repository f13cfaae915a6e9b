/** Tiny ONNX models with the inputs and outputs of each family, written when a test needs them. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  buildModel,
  floatTensor,
  int64Tensor,
  type TensorSpec,
  type ValueSpec,
} from '../../compact-model/onnx-writer.ts';

export interface TinyOutput {
  readonly name: string;
  /** As declared; the values have the shape `actualDims`, default the same. */
  readonly dims: readonly (number | string)[];
  readonly actualDims?: readonly number[];
  /** The file does not say how many dimensions there are. */
  readonly shapeless?: boolean;
  readonly values: ArrayLike<number>;
  readonly type?: 'float32' | 'float16' | 'int32' | 'int64';
}

export interface TinyModel {
  /** Side of the square input; a name leaves it open. Default 64. */
  readonly side?: number | string;
  readonly image?: ValueSpec;
  readonly extraInputs?: readonly ValueSpec[];
  readonly outputs: readonly TinyOutput[];
  readonly metadata?: Record<string, string>;
  readonly weightsAsInputs?: boolean;
}

export const NAMES = JSON.stringify(['person', 'drone', 'bird']);

/** A model that gives the same outputs whatever it is fed. @returns its path */
export function writeTinyModel(model: TinyModel): string {
  const side = model.side ?? 64;
  const image = model.image ?? { name: 'images', type: 'float32', dims: [1, 3, side, side] };
  const constants = model.outputs.map((output, i) => constant(`c${i}`, output));
  const bytes = buildModel({
    inputs: [image, ...(model.extraInputs ?? [])],
    outputs: model.outputs.map(({ name, type = 'float32', dims, shapeless = false }) => ({
      name,
      type,
      dims,
      shapeless,
    })),
    initializers: constants,
    weightsAsInputs: model.weightsAsInputs ?? false,
    nodes: model.outputs.map((output, i) => ({ op: 'Identity', inputs: [`c${i}`], outputs: [output.name] })),
    ...(model.metadata === undefined ? {} : { metadata: model.metadata }),
  });
  return saveModel(bytes);
}

const folder = mkdtempSync(join(tmpdir(), 'windhover-detect-'));

/** @returns the path of the saved model, in a temporary folder */
export function saveModel(bytes: Uint8Array): string {
  const file = join(folder, `${randomUUID()}.onnx`);
  writeFileSync(file, bytes);
  return file;
}

function constant(name: string, output: TinyOutput): TensorSpec {
  const dims = output.actualDims ?? output.dims.map((dim) => (typeof dim === 'number' ? dim : 1));
  const values = Array.from(output.values);
  if (output.type === 'int64') return int64Tensor(name, dims, values);
  if (output.type === 'int32') return { name, type: 'int32', dims, data: Int32Array.from(values) };
  if (output.type === 'float16') {
    return { name, type: 'float16', dims, data: new Uint16Array(Float16Array.from(values).buffer) };
  }
  return floatTensor(name, dims, output.values);
}

/** Rows of numbers after another, with rows of `fill` up to `count`. */
export function rows(count: number, columns: number, given: readonly (readonly number[])[], fill = 0): Float32Array {
  const data = new Float32Array(count * columns).fill(fill);
  for (const [i, row] of given.entries()) data.set(row, i * columns);
  return data;
}

/** [rows, columns] as [columns, rows]. */
export function transposed(data: Float32Array, count: number, columns: number): Float32Array {
  return Float32Array.from({ length: data.length }, (_, i) => data[(i % count) * columns + Math.floor(i / count)] ?? 0);
}
