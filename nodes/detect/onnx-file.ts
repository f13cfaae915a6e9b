/**
 * Reads what an .onnx file says about itself (inputs, outputs, metadata) without native code and without its weights.
 *
 * An .onnx file is a protobuf message: fields of a number, a wire type and a payload. The two outer levels (ModelProto,
 * GraphProto) are walked in the file itself through a small window, and nodes and weights are stepped over, so a model
 * of gigabytes costs kilobytes of memory. Field numbers: onnx.proto3 (https://github.com/onnx/onnx).
 */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { Reader } from 'protobufjs/minimal';
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
/** Largest description of an input, output or metadata entry. */
const MAX_PART_BYTES = 4 * 2 ** 20;
/** More parts than any model has; bounds the work on a hostile file. */
const MAX_PARTS = 2_000_000;
const WINDOW_BYTES = 64 * 1024;

/**
 * @param file absolute path
 * @throws WindhoverError (permanent) `model_not_found` or `model_not_onnx`, also for one that was cut short
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
  const metadata: Record<string, string> = {};
  let irVersion = 0;
  let producer = '';
  let graphs = 0;
  for (const field of fields(window, 0, window.size)) {
    if (field.number === 1) irVersion = field.value;
    else if (field.number === 2) producer = text(window.part(field));
    else if (field.number === 14) addMetadata(metadata, window.part(field));
    else if (field.number === 7) {
      graphs += 1;
      for (const inner of fields(window, field.start, field.end)) {
        if (inner.number === 11) inputs.push(readValue(window.part(inner)));
        else if (inner.number === 12) outputs.push(readValue(window.part(inner)));
      }
    }
  }
  if (irVersion < 1 || graphs !== 1 || outputs.length === 0) throw notOnnx(file, 'it holds no graph with outputs');
  return { irVersion, producer, inputs, outputs, metadata };
}

function notOnnx(file: string, why: string, cause?: unknown): WindhoverError {
  return new WindhoverError('model_not_onnx', `the model ${file} is not a complete ONNX file: ${why}`, {
    option: 'model',
    hint: 'export or download it again; a Git LFS pointer must be pulled first',
    cause,
  });
}

// -------------------------------------------------------------------------------------------------- outer two levels

interface Field {
  readonly number: number;
  /** Of a varint field; else 0. */
  readonly value: number;
  /** Payload of a length-delimited field, as offsets in the file. */
  readonly start: number;
  readonly end: number;
}

function* fields(window: Window, from: number, to: number): Generator<Field> {
  let at = from;
  for (let parts = 0; at < to; parts++) {
    if (parts > MAX_PARTS) throw new Error(`it has more than ${MAX_PARTS} parts`);
    const tag = window.varint(at);
    const number = Math.floor(tag.value / 8);
    const wire = tag.value % 8;
    if (number === 0) throw new Error(`no field begins at byte ${at}`);
    let value = 0;
    let start = tag.end;
    let end = tag.end;
    if (wire === 0) ({ value, end } = window.varint(tag.end));
    else if (wire === 1) end += 8;
    else if (wire === 5) end += 4;
    else if (wire === 2) {
      const length = window.varint(tag.end);
      start = length.end;
      end = start + length.value;
    } else throw new Error(`no field begins at byte ${at}`);
    if (end > to) throw new Error(`it ends at byte ${to}, and a part of it would end at byte ${end}`);
    yield { number, value, start, end };
    at = end;
  }
}

/** Random access to a file through one buffer. */
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

  /** The unsigned number at an offset, and where it ends. Exact up to 2^53, more than any offset. */
  varint(at: number): { value: number; end: number } {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      const byte = this.#byte(at + i);
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return { value, end: at + i + 1 };
    }
    throw new Error(`no number at byte ${at}`);
  }

  /** The payload of a field. */
  part({ start, end }: Field): Uint8Array {
    if (end - start > MAX_PART_BYTES) throw new Error(`a description has ${end - start} bytes`);
    const bytes = new Uint8Array(end - start);
    if (readSync(this.#fd, bytes, 0, bytes.length, start) < bytes.length) throw new Error(`it ends before byte ${end}`);
    return bytes;
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

// ------------------------------------------------------------------------------------------------- inner descriptions

/** Walks a small message and hands each field to `take`, which reads its payload and says so, or leaves it. */
function walk(reader: Reader, end: number, take: (field: number, reader: Reader) => boolean): void {
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (!take(tag >>> 3, reader)) reader.skipType(tag & 7);
  }
}

/** Walks the message that begins with its length at the reader's position. */
function nested(reader: Reader, take: (field: number, reader: Reader) => boolean): true {
  const length = reader.uint32();
  walk(reader, reader.pos + length, take);
  return true;
}

function readValue(bytes: Uint8Array): ValueInfo {
  let name = '';
  let type = 'unknown';
  const dims: (number | string)[] = [];
  const shape = (field: number, reader: Reader): boolean => field === 1 && dims.push(readDim(reader)) > 0;
  const tensor = (field: number, reader: Reader): boolean => {
    if (field === 2) return nested(reader, shape);
    if (field !== 1) return false;
    type = ELEMENT_TYPES[reader.int32()] ?? 'unknown';
    return true;
  };
  walk(Reader.create(bytes), bytes.length, (field, reader) => {
    if (field === 2) return nested(reader, (inner) => inner === 1 && nested(reader, tensor));
    if (field !== 1) return false;
    name = reader.string();
    return true;
  });
  return { name, type, dims };
}

function readDim(reader: Reader): number | string {
  let dim: number | string = '?';
  nested(reader, (field) => {
    if (field === 1) {
      // Some exporters write -1 or 0 for a dimension that is not fixed.
      const size = Number(reader.int64());
      dim = size > 0 ? size : '?';
    } else if (field === 2) dim = reader.string() || '?';
    else return false;
    return true;
  });
  return dim;
}

function addMetadata(metadata: Record<string, string>, bytes: Uint8Array): void {
  let key = '';
  let value = '';
  walk(Reader.create(bytes), bytes.length, (field, reader) => {
    if (field === 1) key = reader.string();
    else if (field === 2) value = reader.string();
    else return false;
    return true;
  });
  metadata[key] = value;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
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
