/** How `detect` reads a model file, and what it finds with it: for `bun run models`. */
import { statSync } from 'node:fs';
import {
  errorCode,
  errorMessage,
  type FrameView,
  type ModelCard,
  type ModelTrial,
  type PrepareContext,
  type RefusedModel,
  WindhoverError,
} from '../../runtime/node.ts';
import { learnModel, type Model } from './model.ts';
import { findModel, modelName } from './model-path.ts';
import type { DetectOptions } from './options.ts';
import { frameReader } from './reading.ts';
import { ModelSession } from './session.ts';
import { checkOutputs, firstRun, greyFrame } from './warm-up.ts';

/**
 * How `detect` reads the model of these options, or why it refuses it. Any error of the model is part of the answer.
 * @param trial what to run it with; null: it is not run
 */
export async function inspectModel(
  options: DetectOptions,
  context: PrepareContext,
  trial: ModelTrial | null,
): Promise<ModelCard | RefusedModel> {
  let file = options.model;
  try {
    file = findModel(file, context.modelFolders);
    const model = await learnModel(options, context);
    const { name, onnx, image, style, inferred, labels } = model;
    const { family, certainty, why, plan } = inferred;
    const { metadata, outputs } = onnx;
    return {
      ...{ name, file, bytes: sizeOf(file), family, certainty, why, outputs, metadata },
      layout: plan.layout,
      not_read: plan.notRead ?? null,
      input: { name: image.name, type: image.type, dims: image.dims, size: image.size, ...style },
      labels: { names: labels.names, source: labels.source, assumed: labels.assumed },
      nms_iou: options.iou ?? plan.nmsIou,
      confidence: options.confidence,
      licence: metadata.license ?? metadata.licence ?? null,
      ...(trial === null ? {} : { found: await tryModel(model, options, trial) }),
    };
  } catch (error) {
    // That is no fault of the model.
    if (errorCode(error) === 'picture_unreadable') throw error;
    const { code = 'unexpected', details = {} } = error instanceof WindhoverError ? error : {};
    const { option = 'model' } = details;
    return {
      ...{ name: modelName(file), file, bytes: sizeOf(file) },
      error: { code, option, message: errorMessage(error) },
    };
  }
}

/** What the model finds in a grey picture, where nothing is, and in the given one. */
async function tryModel(model: Model, options: DetectOptions, { clock, log, picture }: ModelTrial) {
  const session = await ModelSession.open(model, options, clock, log);
  try {
    checkOutputs(model, await firstRun(model, session));
    const reader = frameReader(options, model);
    const find = async (frame: FrameView) => {
      const detections = reader.read(frame, await session.run(frame.data));
      return detections.map(({ label, confidence, bboxPx }) => ({ label, confidence, bboxPx }));
    };
    const { request } = model;
    const grey = await find(greyView(model));
    return { grey, ...(picture === null ? {} : { picture: await find(await picture(request)) }) };
  } finally {
    await session.close();
  }
}

function greyView({ request, image: { size } }: Model): FrameView {
  const all = { x: 0, y: 0, ...size };
  const times = { mediaTimeS: 0, captureUnixMs: 0, captureMonoMs: 0, decodedMonoMs: 0 };
  const meta = { index: 0, ...times, size };
  return { meta, mapping: { viewportPx: all, contentPx: all }, request, data: greyFrame(request) };
}

/** 0 for a missing file, and for a broken link. */
function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
