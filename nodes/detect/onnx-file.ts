/**
 * Reads what an .onnx file says about itself (inputs, outputs, metadata) without native code and without its weights.
 *
 * An .onnx file is a protobuf message: fields of a number, a wire type and a payload, which may be a message again. They are
 * walked in the file itself through a small window, and nodes and weights are stepped over, so a model of gigabytes
 * costs kilobytes of memory. Field numbers: onnx.proto3 (https://github.com/onnx/onnx).
 */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { isAbsolute, normalize } from 'node:path';
import { errorMessage, WindhoverError } from '../../runtime/node.ts';
import type { ValueInfo } from './families/family.ts';

export interface OnnxFile {
  readonly irVersion: number;
  readonly producer: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** `metadata_props`: what the exporter noted. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Protobuf messages end at 2 GiB. */
const MAX_FILE_BYTES = 2 ** 31;
/** Longest name or metadata value. */
const MAX_TEXT_BYTES = 4 * 2 ** 20;
/** More parts than any model has; bounds the work on a hostile file. */
const MAX_PARTS = 2_000_000;
/** Of graphs in nodes of graphs. */
const MAX_DEPTH = 64;
const WINDOW_BYTES = 64 * 1024;

/**
 * @param file absolute path
 * @throws WindhoverError (permanent) `model_not_found`; `model_not_onnx`, also for one that was cut short;
 *   `model_weights_outside`: it names a file that does not lie beside it
 */
export function readOnnxFile(file: string): OnnxFile {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch (cause) {
    throw new WindhoverError('model_not_found', `can't open the model ${file}`, { option: 'model', cause });
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw notOnnx(file, 'it is not a regular file');
    if (stat.size > MAX_FILE_BYTES) throw notOnnx(file, `it has ${stat.size} bytes, more than such a file can have`);
    return readModel(new Window(fd, stat.size), file);
  } catch (error) {
    if (error instanceof WindhoverError) throw error;
    throw notOnnx(file, errorMessage(error), error);
  } finally {
    closeSync(fd);
  }
}

function readModel(window: Window, file: string): OnnxFile {
  const inputs: ValueInfo[] = [];
  const outputs: ValueInfo[] = [];
  const weights = new Set<string>();
  const metadata: Record<string, string> = {};
  let irVersion = 0;
  let producer = '';
  let graphs = 0;
  for (const field of window.fields({ start: 0, end: window.size })) {
    if (field.number === 1) irVersion = field.value;
    else if (field.number === 2) producer = window.text(field);
    else if (field.number === 14) metadata[window.textAt(field, 1)] = window.textAt(field, 2);
    else if (field.number === 25) {
      // FunctionProto: node = 7.
      for (const node of window.at(field, 7)) refuseOutside(file, weightFilesOfNode(window, node));
    } else if (field.number === 7) {
      graphs += 1;
      for (const inner of window.fields(field)) {
        // TensorProto: name = 8.
        if (inner.number === 5) weights.add(window.textAt(inner, 8));
        else if (inner.number === 11) inputs.push(readValue(window, inner));
        else if (inner.number === 12) outputs.push(readValue(window, inner));
        refuseOutside(file, weightFiles(window, inner));
      }
    }
  }
  if (irVersion < 1 || graphs !== 1 || outputs.length === 0) throw notOnnx(file, 'it holds no graph with outputs');
  // Older files list their weights as inputs too.
  return { irVersion, producer, inputs: inputs.filter(({ name }) => !weights.has(name)), outputs, metadata };
}

/** No model reads files of others by naming them as its weights. */
function refuseOutside(file: string, locations: Iterable<string>): void {
  for (const location of locations) {
    const path = normalize(location.replaceAll('\\', '/'));
    if (!isAbsolute(path) && !/^([a-z]:|\.\.(\/|$))/i.test(path)) continue;
    throw new WindhoverError('model_weights_outside', `the model ${file} names weights outside of its folder`, {
      option: 'model',
      got: location.slice(0, 200),
      hint: 'export it with all weights in the one file',
    });
  }
}

/** Of a field of a GraphProto: node = 1, initializer = 5, sparse_initializer = 15. */
function* weightFiles(window: Window, part: Field, depth = 0): Generator<string> {
  if (depth > MAX_DEPTH) throw new Error('its graphs are nested too deep');
  if (part.number === 1) yield* weightFilesOfNode(window, part, depth);
  else if (part.number === 5) yield* weightFile(window, part);
  else if (part.number === 15) yield* sparseWeightFiles(window, part);
}

/** NodeProto: attribute = 5 { t = 5, g = 6, tensors = 10, graphs = 11, sparse_tensor = 22, sparse_tensors = 23 }. */
function* weightFilesOfNode(window: Window, node: Range, depth = 0): Generator<string> {
  for (const attribute of window.at(node, 5)) {
    for (const field of window.fields(attribute)) {
      if (field.number === 5 || field.number === 10) yield* weightFile(window, field);
      else if (field.number === 22 || field.number === 23) yield* sparseWeightFiles(window, field);
      else if (field.number === 6 || field.number === 11) {
        for (const part of window.fields(field)) yield* weightFiles(window, part, depth + 1);
      }
    }
  }
}

/** SparseTensorProto: values = 1, indices = 2. */
function* sparseWeightFiles(window: Window, sparse: Range): Generator<string> {
  for (const number of [1, 2]) for (const tensor of window.at(sparse, number)) yield* weightFile(window, tensor);
}

/** TensorProto: external_data = 13 { key = 1, value = 2 }. */
function* weightFile(window: Window, tensor: Range): Generator<string> {
  for (const entry of window.at(tensor, 13)) {
    if (window.textAt(entry, 1) === 'location') yield window.textAt(entry, 2);
  }
}

/** ValueInfoProto: name = 1, type = 2 { tensor_type = 1 { elem_type = 1, shape = 2 { dim = 1 } } }. */
function readValue(window: Window, value: Field): ValueInfo {
  const [element] = window.at(value, 2, 1, 1);
  return {
    name: window.textAt(value, 1),
    type: ELEMENT_TYPES[element?.value ?? 0] ?? 'unknown',
    dims: [...window.at(value, 2, 1, 2, 1)].map((dim) => readDim(window, dim)),
  };
}

/** Dimension: dim_value = 1, or dim_param = 2. */
function readDim(window: Window, dim: Field): number | string {
  const [size] = window.at(dim, 1);
  // Some exporters write -1 or 0 for a dimension that is not fixed; -1 is the largest unsigned number.
  if (size) return size.value > 0 && size.value <= MAX_FILE_BYTES ? size.value : '?';
  return window.textAt(dim, 2) || '?';
}

function notOnnx(file: string, why: string, cause?: unknown): WindhoverError {
  return new WindhoverError('model_not_onnx', `the model ${file} is not a complete ONNX file: ${why}`, {
    option: 'model',
    hint: 'export or download it again; a Git LFS pointer must be pulled first',
    cause,
  });
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** A field of a message; of a length-delimited one its payload, as offsets in the file. */
interface Field extends Range {
  readonly number: number;
  /** Of a varint field; else 0. */
  readonly value: number;
}

/** A file of protobuf messages, read through one buffer. */
class Window {
  readonly size: number;
  readonly #fd: number;
  readonly #bytes = new Uint8Array(WINDOW_BYTES);
  #from = 0;
  #to = 0;

  constructor(fd: number, size: number) {
    this.#fd = fd;
    this.size = size;
  }

  /** The fields of the message that lies there. */
  *fields({ start: from, end: to }: Range): Generator<Field> {
    let at = from;
    for (let parts = 0; at < to; parts++) {
      if (parts > MAX_PARTS) throw new Error(`it has more than ${MAX_PARTS} parts`);
      const tag = this.#varint(at);
      const number = Math.floor(tag.value / 8);
      const wire = tag.value % 8;
      if (number === 0) throw new Error(`no field begins at byte ${at}`);
      let value = 0;
      let start = tag.end;
      let end = tag.end;
      if (wire === 0) ({ value, end } = this.#varint(tag.end));
      else if (wire === 1) end += 8;
      else if (wire === 5) end += 4;
      else if (wire === 2) {
        const length = this.#varint(tag.end);
        start = length.end;
        end = start + length.value;
      } else throw new Error(`no field begins at byte ${at}`);
      if (end > to) throw new Error(`it ends at byte ${to}, and a part of it would end at byte ${end}`);
      yield { number, value, start, end };
      at = end;
    }
  }

  /** The fields that these numbers lead to, from message to message. */
  *at(message: Range, number: number, ...further: number[]): Generator<Field> {
    const [next, ...rest] = further;
    for (const field of this.fields(message)) {
      if (field.number !== number) continue;
      if (next === undefined) yield field;
      else yield* this.at(field, next, ...rest);
    }
  }

  text({ start, end }: Range): string {
    if (end - start > MAX_TEXT_BYTES) throw new Error(`a text has ${end - start} bytes`);
    const bytes = new Uint8Array(end - start);
    if (readSync(this.#fd, bytes, 0, bytes.length, start) < bytes.length) throw new Error(`it ends before byte ${end}`);
    return new TextDecoder().decode(bytes);
  }

  /** The text of a field of a message; empty when it has none. */
  textAt(message: Range, number: number): string {
    const [field] = this.at(message, number);
    return field ? this.text(field) : '';
  }

  /** The unsigned number at an offset, and where it ends. Exact up to 2^53, more than any offset. */
  #varint(at: number): { value: number; end: number } {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      const byte = this.#byte(at + i);
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return { value, end: at + i + 1 };
    }
    throw new Error(`no number at byte ${at}`);
  }

  #byte(at: number): number {
    if (at < this.#from || at >= this.#to) {
      this.#from = at;
      this.#to = at + readSync(this.#fd, this.#bytes, 0, WINDOW_BYTES, at);
      if (at >= this.#to) throw new Error(`it ends at byte ${at}, in the middle of a part`);
    }
    return this.#bytes[at - this.#from] ?? 0;
  }
}

/** Names of TensorProto.DataType as ONNX Runtime writes them. */
const ELEMENT_TYPES: Readonly<Record<number, string>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
  11: 'float64',
};
