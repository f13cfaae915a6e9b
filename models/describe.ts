/**
 * What `detect` makes of a model file, as plain data: for people who want to know before they run a graph. Reads files
 * only; the model is not run.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import type { ValueInfo } from '../nodes/detect/families/family.ts';
import { loadModel, type Model } from '../nodes/detect/model.ts';
import { findModel, modelName } from '../nodes/detect/model-path.ts';
import { readOnnxFile } from '../nodes/detect/onnx-file.ts';
import { OptionError } from '../nodes/detect/option-error.ts';
import { DetectOptions } from '../nodes/detect/options.ts';
import type { Size } from '../runtime/data.ts';
import { toRecord } from '../runtime/errors.ts';

/** A model that `detect` takes. */
export interface ModelCard {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  readonly family: string;
  /** How sure the family is, and what it was told by. */
  readonly certainty: string;
  readonly why: string;
  readonly layout: string;
  readonly input: { readonly name: string; readonly dims: readonly number[]; readonly size: Size } & Pick<
    Model['image'],
    'type'
  > &
    Model['style'];
  readonly outputs: readonly ValueInfo[];
  readonly labels: Pick<Model['labels'], 'names' | 'source' | 'assumed'>;
  /** IoU above which doubles are dropped; null: the model gives each object once. */
  readonly nms_iou: number | null;
  /** Least confidence when a graph does not set it. */
  readonly confidence: number;
  /** As the file's metadata has it. */
  readonly licence: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A file that `detect` refuses. */
export interface RefusedModel {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  /** `option`: the option of `detect` that the error is about. */
  readonly error: { readonly code: string; readonly option: string; readonly message: string };
}

/** The models of the folders by name; of two with one name the first, as `detect` takes it. */
export function listModels(folders: readonly string[]): (ModelCard | RefusedModel)[] {
  const files = new Map<string, string>();
  for (const folder of folders) {
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder).toSorted()) {
      if (name.endsWith('.onnx') && !files.has(name)) files.set(name, join(folder, name));
    }
  }
  return [...files.values()].map(describeModel);
}

/**
 * Finds a model as the option `model` of `detect` does: a text with a slash or a suffix is a path, others are names.
 * @param cwd folder that relative paths count from
 * @throws WindhoverError `model_not_found`, with the nearest known name
 */
export function locateModel(model: string, cwd: string, folders: readonly string[]): string {
  const isPath = /[/\\]/.test(model) || extname(model) !== '';
  return findModel(isPath ? resolve(cwd, model) : model, folders);
}

/** What `detect` makes of a file with no option set but `model`, or why it refuses it. Any error is part of the answer. */
export function describeModel(file: string): ModelCard | RefusedModel {
  // A link that leads nowhere is listed too, and is refused below.
  const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  try {
    const options = Value.Parse(DetectOptions, { model: file });
    const { metadata, outputs } = readOnnxFile(file);
    const { name, image, style, inferred, labels } = loadModel(options, { modelFolders: [] });
    const { family, certainty, why, plan } = inferred;
    return {
      ...{ name, file, bytes, family, certainty, why, outputs, metadata },
      layout: plan.layout,
      input: { name: image.name, type: image.type, dims: image.dims, size: image.size, ...style },
      labels: { names: labels.names, source: labels.source, assumed: labels.assumed },
      nms_iou: plan.nmsIou,
      confidence: options.confidence,
      licence: metadata.license ?? metadata.licence ?? null,
    };
  } catch (error) {
    const { code, message } = toRecord(error);
    const option = error instanceof OptionError ? error.path : 'model';
    return { name: modelName(file), file, bytes, error: { code, option, message } };
  }
}
