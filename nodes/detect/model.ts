/**
 * Everything that is known about a model before it runs: its file, family, class names, and the frames it wants. Reads
 * files only, no native code: the checking process and the worker both use it.
 */
import { statSync } from 'node:fs';
import {
  type FrameRequest,
  type PixelFormat,
  type PrepareContext,
  type Size,
  WindhoverError,
} from '../../runtime/node.ts';
import { dimsText, type InputStyle, type Thresholds, type ValueInfo } from './families/family.ts';
import { FAMILIES, type Inferred, inferFamily } from './infer-family.ts';
import {
  fitLabels,
  type GivenNames,
  givenNames,
  type Labels,
  labelList,
  labelsAreNames,
  requireLabel,
} from './labels.ts';
import { inputStyle, type Reading, readingOf } from './metadata.ts';
import { findModel, modelName } from './model-path.ts';
import { type OnnxFile, readOnnxFile } from './onnx-file.ts';
import type { DetectOptions } from './options.ts';

/** The input that takes the picture. */
export interface ImageInput {
  readonly name: string;
  readonly type: 'float32' | 'uint8';
  /** [1, 3, H, W]; else pixel after pixel, [1, H, W, 3]. */
  readonly planes: boolean;
  readonly dims: readonly number[];
  readonly size: Size;
}

export interface Model {
  readonly file: string;
  /** See {@link fileVersion}. */
  readonly version: string;
  readonly name: string;
  readonly onnx: OnnxFile;
  readonly image: ImageInput;
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

function readModel(options: DetectOptions, context: PrepareContext): Model {
  const file = findModel(options.model, context.modelFolders);
  const version = fileVersion(file);
  const onnx = readOnnxFile(file);
  const { metadata } = onnx;
  const image = findImage(onnx, options);
  const facts = {
    size: image.size,
    extraInputs: onnx.inputs.filter((input) => input.name !== image.name),
    outputs: onnx.outputs,
    metadata,
    boxFormat: options.box_format ?? null,
  };
  const wanted = options.family === 'auto' ? statedFamily(metadata) : options.family;
  const listed = labelList(options.labels);
  const own = givenNames(options.class_names, metadata.names);
  const infer = (given: GivenNames | null) => inferFamily({ ...facts, nameCount: given?.names.length ?? null }, wanted);
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
  refuseUnfed(facts.extraInputs, inferred);
  const labels = fitLabels(given, inferred.plan.classes, inferred.plan.spareClass);
  const allowed = borrows ? undefined : listed;
  const style = inputStyle(inferred.plan.input, metadata, options);
  return {
    file,
    version,
    name: modelName(file),
    onnx,
    image,
    style,
    inferred,
    reading: readingOf(metadata, inferred.plan),
    labels,
    thresholds: classThresholds(labels, allowed, options),
    request: frameRequest(image, style),
  };
}

/** Which file is at a path, its size, and when it was written: differs once it was replaced. */
export function fileVersion(file: string): string {
  const { dev, ino, size, mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? {};
  return [dev, ino, size, mtimeMs].join(' ');
}

/** Every input must be fed: the picture, and what the family knows. */
function refuseUnfed(extra: readonly ValueInfo[], { family, plan: { feeds = [] } }: Inferred): void {
  const [unfed] = extra.filter(({ name }) => !feeds.some((feed) => feed.name === name));
  if (unfed === undefined) return;
  throw new WindhoverError('model_input_unsupported', 'the model has an input that nothing feeds', {
    option: 'model',
    expected: `the picture as the only input of ${family}`,
    got: `${unfed.name} ${dimsText(unfed.dims)} ${unfed.type}`,
    hint: 'export it without that input, for example as a constant',
  });
}

/** The metadata key `family`; other tools may use that word for something else, which is not ours to judge. */
function statedFamily({ family }: OnnxFile['metadata']): string | null {
  return FAMILIES.find(({ name }) => name === family)?.name ?? null;
}

function findImage(onnx: OnnxFile, options: DetectOptions): ImageInput {
  const input = onnx.inputs.find((one) => one.dims.length === 4);
  const { name = '', type = '', dims = [] } = input ?? {};
  const [batch, first, second, third] = dims;
  const known = type === 'float32' || type === 'uint8' ? type : null;
  const planes = first === 3;
  if (known === null || !(planes || third === 3) || (typeof batch === 'number' && batch !== 1)) {
    throw new WindhoverError('model_input_unsupported', "the model's image input is not supported", {
      option: 'model',
      expected: 'one input [1, 3, H, W] or [1, H, W, 3] of float32 or uint8',
      got: onnx.inputs.map((one) => `${one.name} ${dimsText(one.dims)} ${one.type}`).join(', ') || 'no input',
      hint: type === 'float16' ? 'keep its input in float32 when it is made half precision' : 'export it again',
    });
  }
  const [h, w] = planes ? [second, third] : [first, second];
  const metadataSize = imageSize(onnx.metadata.imgsz);
  const side = (dim: number | string | undefined, stated: number | undefined): number => {
    if (typeof dim !== 'number') return options.input_size ?? stated ?? 640;
    if (options.input_size === undefined || options.input_size === dim) return dim;
    throw new WindhoverError('model_input_size', 'the input size of the model is fixed', {
      option: 'input_size',
      expected: `${dim}`,
      got: `${options.input_size}`,
      hint: 'remove input_size, or export the model with a dynamic size',
    });
  };
  const size = { w: side(w, metadataSize?.w), h: side(h, metadataSize?.h) };
  const { w: width, h: height } = size;
  return { name, type: known, planes, dims: planes ? [1, 3, height, width] : [1, height, width, 3], size };
}

/** `[640, 640]`: height and width, as exporters note it. */
function imageSize(imgsz: string | undefined): Size | null {
  const numbers = imgsz?.match(/\d+/g)?.map(Number) ?? [];
  const [h, w = h] = numbers;
  return h === undefined || w === undefined || h < 32 || w < 32 ? null : { w, h };
}

function frameRequest(image: ImageInput, style: InputStyle): FrameRequest {
  const { w: width, h: height } = image.size;
  if (image.type === 'uint8' || !image.planes) {
    return { width, height, format: style.color === 'rgb' ? 'rgb24' : 'bgr24', fit: style.fit, pad: style.pad };
  }
  const format: PixelFormat = style.color === 'rgb' ? 'rgbf32' : 'bgrf32';
  return { width, height, format, fit: style.fit, pad: (style.pad * style.white) / 255, white: style.white };
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
