/** Models that detect would take by what their files say, and that do harm when they are opened or run. */
import { buildModel, floatTensor, type GraphNode, int64Tensor, type TensorSpec } from '../compact-model/onnx-writer.ts';
import { NAMES, rows } from '../nodes/detect/tiny-models.ts';

const ROWS = 7;
const VALUES = floatTensor('values', [1, ROWS, 84], rows(ROWS, 84, []));

interface Harm {
  readonly nodes: readonly GraphNode[];
  readonly initializers?: readonly TensorSpec[];
  /** The one of its values that the output depends on, of any shape. */
  readonly result: string;
}

/** A model whose output is made of the harm; it can't be left out. */
function model({ nodes, initializers = [], result }: Harm): Uint8Array<ArrayBuffer> {
  return buildModel({
    inputs: [{ name: 'images', type: 'float32', dims: [1, 3, 64, 64] }],
    outputs: [{ name: 'output0', type: 'float32', dims: [1, ROWS, 84] }],
    initializers: [VALUES, floatTensor('nothing', [], [0]), ...initializers],
    nodes: [
      ...nodes,
      { op: 'ReduceMax', inputs: [result], outputs: ['most'], attributes: { keepdims: { int: 0 } } },
      { op: 'Mul', inputs: ['most', 'nothing'], outputs: ['zero'] },
      { op: 'Add', inputs: ['values', 'zero'], outputs: ['output0'] },
    ],
    metadata: { names: NAMES },
  });
}

/** What is harmless: the same model. */
export const harmless = () => model({ nodes: [], result: 'images' });

/** Functions that call one another, thousands deep: ONNX Runtime has no stack left. */
export function crash(): Uint8Array<ArrayBuffer> {
  const depth = 3000;
  const base = model({
    nodes: [{ op: 'F0', domain: 'own', inputs: ['images'], outputs: ['called'] }],
    result: 'called',
  });
  const functions = Array.from({ length: depth }, (_, i) => {
    const calls = i === depth - 1 ? { op: 'Relu', domain: '' } : { op: `F${i + 1}`, domain: 'own' };
    const node = [text(1, 'a'), text(2, 'b'), text(4, calls.op), ...(calls.domain ? [text(7, calls.domain)] : [])];
    const imports = [message(9, [number(2, 17)]), message(9, [text(1, 'own'), number(2, 1)])];
    return message(25, [text(1, `F${i}`), text(4, 'a'), text(5, 'b'), message(7, node), ...imports, text(10, 'own')]);
  });
  return joined([base, message(8, [text(1, 'own'), number(2, 1)]), ...functions]);
}

/** Asks for 2.3 GB. */
export const memoryBomb = () =>
  model({
    nodes: [{ op: 'ConstantOfShape', inputs: ['shape'], outputs: ['huge'] }],
    initializers: [int64Tensor('shape', [2], [24_000, 24_000])],
    result: 'huge',
  });

/** Multiplies large matrices for hours. */
export function endless(): Uint8Array<ArrayBuffer> {
  const nodes = Array.from({ length: 2000 }, (_, i) => {
    return { op: 'MatMul', inputs: [`m${i}`, `m${i}`], outputs: [`m${i + 1}`] };
  });
  return model({
    // Of the picture: what is constant would be multiplied at once, and kept.
    nodes: [
      { op: 'ReduceMax', inputs: ['images'], outputs: ['white'], attributes: { keepdims: { int: 0 } } },
      { op: 'Expand', inputs: ['white', 'shape'], outputs: ['m0'] },
      ...nodes,
    ],
    initializers: [int64Tensor('shape', [2], [4000, 4000])],
    result: 'm2000',
  });
}

/** Weights from a file of others, directly or in an attribute. */
export function weightsFrom(location: string, where: 'initializer' | 'attribute'): Uint8Array<ArrayBuffer> {
  const tensor = { ...floatTensor('stolen', [16], new Float32Array(16)), location };
  return where === 'initializer'
    ? model({ nodes: [], initializers: [tensor], result: 'stolen' })
    : model({
        nodes: [{ op: 'Constant', inputs: [], outputs: ['stolen'], attributes: { value: { tensor } } }],
        result: 'stolen',
      });
}

// ---------------------------------------------------------------------------------------------------------- protobuf

function message(field: number, parts: readonly Uint8Array[]): Uint8Array {
  const bytes = joined(parts);
  return joined([varint(field * 8 + 2), varint(bytes.length), bytes]);
}

function text(field: number, value: string): Uint8Array {
  return message(field, [new TextEncoder().encode(value)]);
}

function number(field: number, value: number): Uint8Array {
  return joined([varint(field * 8), varint(value)]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}
