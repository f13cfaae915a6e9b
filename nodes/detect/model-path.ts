/** Finds the file of a model: by path, or by name in the model folders. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { WindhoverError } from '../../runtime/node.ts';

/**
 * @param model a path, or a bare name that stands for NAME.onnx in the first folder that has it
 * @returns the path of a file that exists
 * @throws WindhoverError (permanent) `model_not_found`, with the nearest known name
 */
export function findModel(model: string, folders: readonly string[]): string {
  if (/[/\\]/.test(model)) {
    if (existsSync(model)) return model;
    throw new WindhoverError('model_not_found', `there is no model at ${model}`, { option: 'model' });
  }
  const file = model.endsWith('.onnx') ? model : `${model}.onnx`;
  for (const folder of folders) {
    const path = join(folder, file);
    if (existsSync(path)) return path;
  }
  throw new WindhoverError('model_not_found', 'no model has this name', {
    option: 'model',
    expected: `a path, or NAME for NAME.onnx in ${folders.join(' or ') || 'a model folder'}`,
    got: modelName(file),
    known: folders.flatMap(modelNames),
  });
}

/** `/models/yolox_nano.onnx` → `yolox_nano` */
export function modelName(file: string): string {
  return basename(file).replace(/\.onnx$/, '');
}

function modelNames(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((file) => file.endsWith('.onnx'));
  return files.map(modelName).sort();
}
