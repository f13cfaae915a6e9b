/**
 * Writes ONNX models from TypeScript: a graph as plain data in, the bytes of an .onnx file out.
 *
 * The same input gives the same bytes on every run and machine: fields are written in the order of the ONNX schema,
 * lists in the order given, and nothing (time, version of a tool) is added. Field numbers and enums are those of
 * onnx.proto3 (https://github.com/onnx/onnx), reduced to what a feed-forward network needs.
 *
 *     const bytes = buildModel({
 *       inputs: [{ name: 'images', type: 'float32', dims: [1, 3, 416, 416] }],
 *       outputs: [{ name: 'output', type: 'float32', dims: [1, 'anchors', 6] }],
 *       initializers: [floatTensor('w', [16, 3, 3, 3], weights)],
 *       nodes: [{ op: 'Conv', inputs: ['images', 'w'], outputs: ['c'], attributes: { strides: { ints: [2, 2] } } }, …],
 *       metadata: { names: '["drone"]' },
 *     });
 */
import protobuf from 'protobufjs';

/** Element types of tensors and of graph inputs and outputs. `float16` data is given as raw half-precision bits. */
export type ElementType = keyof typeof ELEMENT_TYPE;

/** A constant of the graph: a weight, or the value of a `tensor` attribute. Row-major data. */
export interface TensorSpec {
  /** Initializers need one; the tensor of an attribute may go without. */
  readonly name?: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  /** The file that is said to hold the values, which are then not written. */
  readonly location?: string;
  readonly data: Float32Array | Uint16Array | Uint8Array | Int8Array | Int32Array | Float64Array | BigInt64Array;
}

/** An attribute of a node, tagged with its type: ONNX tells `1` the integer from `1` the float. */
export type Attribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly string: string }
  | { readonly strings: readonly string[] }
  | { readonly tensor: TensorSpec };

export interface GraphNode {
  readonly op: string;
  readonly name?: string;
  /** `''` leaves an optional input out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Operator set the node comes from; default `''`, the standard one. */
  readonly domain?: string;
}

/** A graph input or output. A dimension is a size, or a name when it is not fixed (`'batch'`, `'height'`). */
export interface ValueSpec {
  readonly name: string;
  readonly type: ElementType;
  /** The file does not say how many dimensions there are. */
  readonly shapeless?: boolean;
  readonly dims: readonly (number | string)[];
}

export interface ModelSpec {
  readonly inputs: readonly ValueSpec[];
  readonly outputs: readonly ValueSpec[];
  /** In topological order. */
  readonly nodes: readonly GraphNode[];
  readonly initializers?: readonly TensorSpec[];
  /** List the initializers as inputs too, as files of IR version 3 must. */
  readonly weightsAsInputs?: boolean;
  /** Becomes `metadata_props`, in this order. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Version of the standard operator set; default 17. */
  readonly opset?: number;
  /** Default 8, the one that belongs to opset 17. */
  readonly irVersion?: number;
  readonly producer?: string;
  readonly producerVersion?: string;
  readonly graphName?: string;
  readonly doc?: string;
}

/**
 * Builds the bytes of an .onnx file.
 * @throws RangeError when a tensor's data does not fit its shape or type, a name is missing, or two values share one
 */
export function buildModel(spec: ModelSpec): Uint8Array<ArrayBuffer> {
  checkNames(spec);
  const message = {
    irVersion: spec.irVersion ?? 8,
    producerName: spec.producer ?? 'windhover',
    producerVersion: spec.producerVersion ?? '',
    docString: spec.doc ?? '',
    graph: {
      node: spec.nodes.map(nodeMessage),
      name: spec.graphName ?? 'graph',
      initializer: (spec.initializers ?? []).map(tensorMessage),
      input: [...spec.inputs, ...(spec.weightsAsInputs ? (spec.initializers ?? []) : [])].map(valueMessage),
      output: spec.outputs.map(valueMessage),
    },
    opsetImport: [{ domain: '', version: spec.opset ?? 17 }],
    metadataProps: Object.entries(spec.metadata ?? {}).map(([key, value]) => ({ key, value })),
  };
  // A copy: the encoder's result may lie in a buffer that it shares between messages.
  return new Uint8Array(onnxSchema().lookupType('ModelProto').encode(message).finish());
}

/** A float32 constant. */
export function floatTensor(name: string, dims: readonly number[], values: ArrayLike<number>): TensorSpec {
  return { name, type: 'float32', dims, data: Float32Array.from(values) };
}

/** An int64 constant, as shapes and indices are. */
export function int64Tensor(name: string, dims: readonly number[], values: readonly (number | bigint)[]): TensorSpec {
  return { name, type: 'int64', dims, data: BigInt64Array.from(values, (value) => BigInt(value)) };
}

// --------------------------------------------------------------------------------------------------------- messages

function nodeMessage(node: GraphNode): object {
  return {
    input: node.inputs,
    output: node.outputs,
    name: node.name ?? '',
    opType: node.op,
    attribute: Object.entries(node.attributes ?? {}).map(([name, value]) => attributeMessage(name, value)),
    domain: node.domain ?? '',
  };
}

function attributeMessage(name: string, value: Attribute): object {
  if ('int' in value) return { name, type: ATTRIBUTE_TYPE.int, i: value.int };
  if ('ints' in value) return { name, type: ATTRIBUTE_TYPE.ints, ints: value.ints };
  if ('float' in value) return { name, type: ATTRIBUTE_TYPE.float, f: value.float };
  if ('floats' in value) return { name, type: ATTRIBUTE_TYPE.floats, floats: value.floats };
  if ('string' in value) return { name, type: ATTRIBUTE_TYPE.string, s: utf8(value.string) };
  if ('strings' in value) return { name, type: ATTRIBUTE_TYPE.strings, strings: value.strings.map(utf8) };
  return { name, type: ATTRIBUTE_TYPE.tensor, t: tensorMessage(value.tensor) };
}

function tensorMessage(tensor: TensorSpec): object {
  const { data, type, dims } = tensor;
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (data.length !== count || data.BYTES_PER_ELEMENT !== ELEMENT_BYTES[type]) {
    throw new RangeError(
      `tensor ${tensor.name ?? '(attribute)'}: expected ${count} ${type} values for shape [${dims.join(', ')}], ` +
        `got ${data.length} of ${data.BYTES_PER_ELEMENT} bytes`,
    );
  }
  // raw_data is little-endian, and so is every machine that Bun runs on.
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const common = { dims, dataType: ELEMENT_TYPE[type], name: tensor.name ?? '' };
  if (tensor.location === undefined) return { ...common, rawData };
  return { ...common, dataLocation: 1, externalData: [{ key: 'location', value: tensor.location }] };
}

function valueMessage({ name, type, dims, ...more }: ValueSpec | TensorSpec): object {
  if ('shapeless' in more && more.shapeless) return { name, type: { tensorType: { elemType: ELEMENT_TYPE[type] } } };
  const dim = dims.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name: name ?? '', type: { tensorType: { elemType: ELEMENT_TYPE[type], shape: { dim } } } };
}

function checkNames(spec: ModelSpec): void {
  const seen = new Set<string>();
  const define = (name: string, what: string): void => {
    if (name === '') throw new RangeError(`${what} without a name`);
    if (seen.has(name)) throw new RangeError(`${what} ${name}: the name is defined twice`);
    seen.add(name);
  };
  for (const input of spec.inputs) define(input.name, 'input');
  for (const tensor of spec.initializers ?? []) define(tensor.name ?? '', 'initializer');
  for (const node of spec.nodes) {
    for (const name of node.inputs) {
      if (name !== '' && !seen.has(name)) throw new RangeError(`${node.op}: input ${name} is not defined before it`);
    }
    for (const name of node.outputs) if (name !== '') define(name, `output of ${node.op}`);
  }
  for (const output of spec.outputs) {
    if (!seen.has(output.name)) throw new RangeError(`output ${output.name}: nothing computes it`);
  }
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

// ----------------------------------------------------------------------------------------------------------- schema

const ELEMENT_TYPE = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10, float64: 11 } as const;
const ELEMENT_BYTES = { float32: 4, uint8: 1, int8: 1, int32: 4, int64: 8, bool: 1, float16: 2, float64: 8 } as const;
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, tensor: 4, floats: 6, ints: 7, strings: 8 } as const;

function onnxSchema(): protobuf.Root {
  const list = { rule: 'repeated' } as const;
  const message = (fields: Record<string, protobuf.IField>): protobuf.IType => ({ fields });
  return protobuf.Root.fromJSON({
    nested: {
      ModelProto: message({
        irVersion: { id: 1, type: 'int64' },
        producerName: { id: 2, type: 'string' },
        producerVersion: { id: 3, type: 'string' },
        docString: { id: 6, type: 'string' },
        graph: { id: 7, type: 'GraphProto' },
        opsetImport: { id: 8, type: 'OperatorSetIdProto', ...list },
        metadataProps: { id: 14, type: 'StringStringEntryProto', ...list },
      }),
      OperatorSetIdProto: message({ domain: { id: 1, type: 'string' }, version: { id: 2, type: 'int64' } }),
      StringStringEntryProto: message({ key: { id: 1, type: 'string' }, value: { id: 2, type: 'string' } }),
      GraphProto: message({
        node: { id: 1, type: 'NodeProto', ...list },
        name: { id: 2, type: 'string' },
        initializer: { id: 5, type: 'TensorProto', ...list },
        input: { id: 11, type: 'ValueInfoProto', ...list },
        output: { id: 12, type: 'ValueInfoProto', ...list },
      }),
      NodeProto: message({
        input: { id: 1, type: 'string', ...list },
        output: { id: 2, type: 'string', ...list },
        name: { id: 3, type: 'string' },
        opType: { id: 4, type: 'string' },
        attribute: { id: 5, type: 'AttributeProto', ...list },
        domain: { id: 7, type: 'string' },
      }),
      AttributeProto: message({
        name: { id: 1, type: 'string' },
        f: { id: 2, type: 'float' },
        i: { id: 3, type: 'int64' },
        s: { id: 4, type: 'bytes' },
        t: { id: 5, type: 'TensorProto' },
        floats: { id: 7, type: 'float', ...list },
        ints: { id: 8, type: 'int64', ...list },
        strings: { id: 9, type: 'bytes', ...list },
        type: { id: 20, type: 'int32' },
      }),
      TensorProto: message({
        dims: { id: 1, type: 'int64', ...list },
        dataType: { id: 2, type: 'int32' },
        name: { id: 8, type: 'string' },
        rawData: { id: 9, type: 'bytes' },
        externalData: { id: 13, type: 'StringStringEntryProto', ...list },
        dataLocation: { id: 14, type: 'int32' },
      }),
      ValueInfoProto: message({ name: { id: 1, type: 'string' }, type: { id: 2, type: 'TypeProto' } }),
      TypeProto: message({ tensorType: { id: 1, type: 'TensorTypeProto' } }),
      TensorTypeProto: message({ elemType: { id: 1, type: 'int32' }, shape: { id: 2, type: 'ShapeProto' } }),
      ShapeProto: message({ dim: { id: 1, type: 'DimProto', ...list } }),
      DimProto: message({ dimValue: { id: 1, type: 'int64' }, dimParam: { id: 2, type: 'string' } }),
    },
  });
}
