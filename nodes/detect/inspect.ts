/** How `detect` would read a model file, without running it: for `bun run models inspect`. */
import { statSync } from 'node:fs';
import { Value } from '@sinclair/typebox/value';
import {
  errorMessage,
  type ModelCard,
  type PrepareContext,
  type RefusedModel,
  WindhoverError,
} from '../../runtime/node.ts';
import { loadModel } from './model.ts';
import { findModel, modelName } from './model-path.ts';
import { DetectOptions } from './options.ts';

/**
 * How `detect` reads a model with only the option `model` set, or why it refuses it. Any error is part of the answer.
 * @param model as the option `model`: a path, or the name of a model in the model folders
 */
export function inspectModel(model: string, context: PrepareContext): ModelCard | RefusedModel {
  let file = model;
  try {
    file = findModel(model, context.modelFolders);
    const options = Value.Parse(DetectOptions, { model: file });
    const { name, onnx, image, style, inferred, labels } = loadModel(options, context);
    const { family, certainty, why, plan } = inferred;
    const { metadata, outputs } = onnx;
    return {
      ...{ name, file, bytes: sizeOf(file), family, certainty, why, outputs, metadata },
      layout: plan.layout,
      input: { name: image.name, type: image.type, dims: image.dims, size: image.size, ...style },
      labels: { names: labels.names, source: labels.source, assumed: labels.assumed },
      nms_iou: plan.nmsIou,
      confidence: options.confidence,
      licence: metadata.license ?? metadata.licence ?? null,
    };
  } catch (error) {
    const { code = 'unexpected', details = {} } = error instanceof WindhoverError ? error : {};
    const { option = 'model' } = details;
    return {
      ...{ name: modelName(file), file, bytes: sizeOf(file) },
      error: { code, option, message: errorMessage(error) },
    };
  }
}

/** 0 for a missing file, and for a broken link. */
function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
