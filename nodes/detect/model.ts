/**
 * Everything that is known about a model before it runs: its file, family, class names, and the frames it wants. Reads
 * files only, no native code: the checking process and the worker both use it.
 */

import { statSync } from 'node:fs';
import {
  errorCode,
  type FrameRequest,
  type PixelFormat,
  type PrepareContext,
  WindhoverError,
} from '../../runtime/node.ts';
import {
  type ConstantFeed,
  constantFeed,
  dimsText,
  type InputStyle,
  type Thresholds,
  type ValueInfo,
} from './families/family.ts';
import { MOST_VIEWS } from './fovea.ts';
import { findImage, type ImageInput } from './image-input.ts';
import { FAMILIES, type Inferred, inferFamily } from './infer-family.ts';
import {
  backgroundOf,
  fitLabels,
  type GivenNames,
  givenNames,
  type Labels,
  labelList,
  labelsAreNames,
  requireLabel,
} from './labels.ts';
import { boxFormatOf, inputStyle, type Reading, readingOf } from './metadata.ts';
import { findModel, modelName } from './model-path.ts';
import { type OnnxFile, readOnnxFile } from './onnx-file.ts';
import type { DetectOptions } from './options.ts';
import { runShapes, type Shapes } from './run-shapes.ts';

export interface Model {
  readonly file: string;
  /** See {@link fileVersion}. */
  readonly version: string;
  readonly name: string;
  readonly onnx: OnnxFile;
  readonly image: ImageInput;
  readonly feeds: readonly ConstantFeed[];
  readonly style: InputStyle;
  readonly inferred: Inferred;
  readonly reading: Reading;
  readonly labels: Labels;
  readonly thresholds: Thresholds;
  readonly request: FrameRequest;
}

/** `validate` and `request` are asked about the same options, one after the other: the file is read once. */
const loaded = new WeakMap<DetectOptions, Model>();

/**
 * Reads and judges a model file.
 * @throws WindhoverError (permanent) with a code `model_…` or `label_unknown`
 */
export function loadModel(options: DetectOptions, context: PrepareContext): Model {
  const model = loaded.get(options) ?? readModel(options, context);
  loaded.set(options, model);
  return model;
}

/**
 * The same, for a model whose file does not state the shapes of its outputs: where they are needed, one run tells them.
 * @throws WindhoverError (permanent) as {@link loadModel}
 */
export async function learnModel(options: DetectOptions, context: PrepareContext): Promise<Model> {
  try {
    return loadModel(options, context);
  } catch (error) {
    const file = findModel(options.model, context.modelFolders);
    const onnx = readOnnxFile(file);
    const isOpen = ({ dims }: ValueInfo) => dims.length === 0 || dims.slice(1).some((dim) => typeof dim === 'string');
    const undecided = ['model_family_unknown', 'model_family_ambiguous'].includes(errorCode(error) ?? '');
    if (!undecided || learned.has(fileVersion(file)) || !onnx.outputs.some(isOpen)) throw error;
    const image = findImage(onnx, options);
    const feeds = feedsOf(onnx, image).map((feed) => ({ ...feed, dims: [1, feed.values.length] }));
    const picture = {
      name: image.name,
      type: image.type,
      dims: image.dims,
      values: [image.type === 'uint8' ? 128 : 0],
    };
    const shapes = await runShapes(file, [picture, ...feeds]);
    if (typeof shapes === 'string') {
      const why = `the file does not say which shapes its outputs have, and the model can't run: ${shapes}`;
      throw new WindhoverError('model_shapes_unknown', why, { option: 'model', cause: error });
    }
    learned.set(fileVersion(file), shapes);
    return loadModel(options, context);
  }
}

/** Shapes of outputs that a run told, by the version of the file. */
const learned = new Map<string, Shapes>();

function readModel(options: DetectOptions, context: PrepareContext): Model {
  const file = findModel(options.model, context.modelFolders);
  const version = fileVersion(file);
  const onnx = readOnnxFile(file);
  const { metadata } = onnx;
  const shapes = learned.get(version) ?? {};
  const outputs = onnx.outputs.map((output) => ({ ...output, dims: shapes[output.name] ?? output.dims }));
  const image = findImage(onnx, options);
  const feeds = feedsOf(onnx, image);
  const facts = {
    size: image.size,
    interleaved: !image.planes,
    extraInputs: onnx.inputs.filter((input) => input.name !== image.name),
    outputs: outputsToRead(outputs, image, options.outputs),
    namedOutputs: options.outputs !== undefined,
    metadata: options.task === undefined ? metadata : { ...metadata, task: options.task },
    boxFormat: options.box_format ?? boxFormatOf(metadata),
  };
  const wanted = options.family === 'auto' ? statedFamily(metadata) : options.family;
  const listed = labelList(options.labels);
  const own = givenNames(options.class_names, metadata);
  const infer = (given: GivenNames | null) => inferFamily({ ...facts, ...nameFacts(given) }, wanted);
  // How many names there are helps to tell the families apart; which they are may depend on the family's columns.
  const lent = listed === undefined ? null : { names: listed, source: 'labels' };
  const borrows =
    own === null &&
    labelsAreNames(
      listed,
      columnsOf(() => infer(null)),
    );
  const given = borrows ? lent : own;
  const inferred = infer(given);
  const labels = fitLabels(given, inferred.plan.classes, inferred.plan.spareClass);
  const allowed = borrows ? undefined : listed;
  const style = inputStyle(inferred.plan.input, metadata, options);
  return {
    file,
    version,
    name: modelName(file),
    onnx,
    image,
    feeds,
    style,
    inferred,
    reading: readingOf(metadata, inferred.plan),
    labels,
    thresholds: classThresholds(labels, allowed, options),
    request: { ...frameRequest(image, style), ...partsOf(options) },
  };
}

/** Most parts of a frame; with `when: motion` the whole picture is beside them, to see what moves. */
function partsOf({ roi, when }: DetectOptions): { readonly regions?: number } {
  return roi === 'auto' ? { regions: MOST_VIEWS + (when === 'motion' ? 1 : 0) } : {};
}

/** Which file is at a path, its size, and when it was written: differs once it was replaced. */
export function fileVersion(file: string): string {
  const { dev, ino, size, mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? {};
  return [dev, ino, size, mtimeMs].join(' ');
}

/** Every input must be fed: the picture, and those that are known. */
function feedsOf({ inputs }: OnnxFile, image: ImageInput): readonly ConstantFeed[] {
  const others = inputs.filter((input) => input.name !== image.name);
  return others.map((input) => {
    const feed = constantFeed(input, image.size);
    if (feed !== null) return feed;
    throw new WindhoverError('model_input_unsupported', 'the model has an input that nothing feeds', {
      option: 'model',
      expected: 'the picture, target sizes, scale_factor or im_shape',
      got: `${input.name} ${dimsText(input.dims)} ${input.type}`,
      hint: 'export it without that input, for example as a constant',
    });
  });
}

/** The outputs that may be read, as of one picture: those that the user names, else all. */
function outputsToRead(outputs: readonly ValueInfo[], { batch }: ImageInput, named: DetectOptions['outputs']) {
  const found = (named ?? outputs.map(({ name }) => name)).map((name) => {
    const output = outputs.find((one) => one.name === name);
    if (output === undefined) {
      const known = outputs.map((one) => one.name);
      throw new WindhoverError('model_output_unknown', 'the model has no such output', {
        option: 'outputs',
        got: name,
        known,
      });
    }
    return output;
  });
  if (batch === 1) return found;
  return found.map((one) => (one.dims[0] === batch ? { ...one, dims: [1, ...one.dims.slice(1)] } : one));
}

/** The metadata key `family`; other tools may use that word for something else, which is not ours to judge. */
function statedFamily({ family }: OnnxFile['metadata']): string | null {
  return FAMILIES.find(({ name }) => name === family)?.name ?? null;
}

function frameRequest(image: ImageInput, style: InputStyle): FrameRequest {
  const shape = {
    width: image.size.w,
    height: image.size.h,
    fit: style.fit,
    ...(style.filter ? { filter: style.filter } : {}),
  };
  if (image.type === 'uint8' || !image.planes) {
    return { ...shape, format: style.color === 'rgb' ? 'rgb24' : 'bgr24', pad: style.pad };
  }
  const format: PixelFormat = style.color === 'rgb' ? 'rgbf32' : 'bgrf32';
  return { ...shape, format, pad: (style.pad * style.white) / 255, white: style.white };
}

function nameFacts(given: GivenNames | null) {
  return { nameCount: given?.names.length ?? null, background: given === null ? null : backgroundOf(given.names) };
}

/** Class columns of a model whose names are not known yet; null when without them even its family is not. */
function columnsOf(infer: () => Inferred): number | null {
  try {
    return infer().plan.classes;
  } catch (error) {
    if (error instanceof WindhoverError) return null;
    throw error;
  }
}

function classThresholds(
  labels: Labels,
  only: readonly string[] | undefined,
  options: Pick<DetectOptions, 'class_confidence' | 'confidence'>,
): Thresholds {
  const own = options.class_confidence ?? {};
  for (const label of only ?? []) requireLabel(label, labels, 'labels');
  for (const label of Object.keys(own)) requireLabel(label, labels, 'class_confidence');
  const allowed = only === undefined ? null : new Set(only);
  const byClass = Float64Array.from(labels.names, (name) =>
    name === '' || allowed?.has(name) === false ? Number.POSITIVE_INFINITY : (own[name] ?? options.confidence),
  );
  return { byClass, lowest: byClass.reduce((least, one) => Math.min(least, one), Number.POSITIVE_INFINITY) };
}
