/** The model files that graphs find by name: those of the project, and those that were uploaded. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { WindhoverError } from '../errors.ts';
import { suggestion } from '../nearest.ts';

const SUFFIX = '.onnx';
const MAX_NAME = 100;

/** The models of the folders, in order; of two with one name the first, as graphs take it. */
export function modelFiles(folders: readonly string[]): string[] {
  const files = new Map<string, string>();
  for (const folder of folders.filter((each) => existsSync(each))) {
    for (const name of readdirSync(folder).toSorted()) {
      if (name.endsWith(SUFFIX) && !name.startsWith('.') && !files.has(name)) files.set(name, join(folder, name));
    }
  }
  return [...files.values()];
}

/** @throws WindhoverError `unknown_model`, with the nearest name */
export function modelFile(name: string, folders: readonly string[]): string {
  const files = modelFiles(folders);
  const found = files.find((file) => modelName(file) === name.replace(/\.onnx$/, ''));
  if (found !== undefined) return found;
  throw new WindhoverError(
    'unknown_model',
    `Unknown model: ${name}${suggestion(name, files.map(modelName), 'models')}`,
  );
}

/** `/models/yolox_nano.onnx` → `yolox_nano` */
export function modelName(file: string): string {
  return basename(file, SUFFIX);
}

/**
 * The name of a model from the name of a file of somebody else: letters, digits, `-` and `_`, all else is `_`.
 * @throws WindhoverError `model_name_invalid`: it is no .onnx file, or nothing is left of its name
 */
export function cleanName(fileName: string): string {
  const [, stem = ''] = /([^/\\]*)\.onnx$/i.exec(fileName) ?? [];
  const name = stem.replaceAll(/[^A-Za-z0-9_-]+/g, '_').replace(/^[_-]+/, '');
  if (name !== '' && name.length <= MAX_NAME) return name;
  throw new WindhoverError('model_name_invalid', 'The model needs the name of a file', {
    expected: `NAME.onnx, with a letter or digit in the name, at most ${MAX_NAME} characters`,
    got: fileName.slice(0, 200),
  });
}
