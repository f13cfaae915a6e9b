/**
 * What a family of detection models is: how its exports are recognized, what picture they want, and how their outputs
 * become boxes.
 *
 * A family is one small file: `match` looks at names, shapes and metadata of a model file and either says why it is
 * none of its own or gives a plan. Plans are plain data and pure functions; nothing in this folder touches files,
 * native code or clocks. Adding a family is its file and one line in infer-family.ts.
 *
 * Coordinates: decoders write boxes as corners (x1, y1, x2, y2) in pixels of the slot, that is, of the model's input.
 */
import type { Fit, ScaleFilter, Size } from '../../../runtime/node.ts';
import type { Candidates } from '../candidates.ts';

export const FAMILY_NAMES = [
  'yolo',
  'yolo-nms-free',
  'yolox',
  'detr',
  'boxes-class-scores',
  'boxes-scores-classes',
] as const;
export type FamilyName = (typeof FAMILY_NAMES)[number];

/** How the numbers of a box are meant: `px` in pixels of the model's input, `norm` in fractions of it. */
export const BOX_FORMATS = ['xyxy_px', 'xyxy_norm', 'cxcywh_px', 'cxcywh_norm', 'yxyx_px', 'yxyx_norm'] as const;
export type BoxFormat = (typeof BOX_FORMATS)[number];

/** A graph input or output as the file declares it. A dimension that is not fixed is its name, or `?`. */
export interface ValueInfo {
  readonly name: string;
  /** As ONNX Runtime names it: `float32`, `int64`, …; `unknown` when it is not a tensor of a known type. */
  readonly type: string;
  readonly dims: readonly (number | string)[];
}

/** What families see of a model. */
export interface ModelFacts {
  /** Size of the picture that the model will be fed. */
  readonly size: Size;
  /** The picture goes in pixel after pixel, [1, H, W, 3], as TensorFlow has it. */
  readonly interleaved?: boolean;
  /** Inputs other than the picture; all of them are fed. */
  readonly extraInputs: readonly ValueInfo[];
  /** Those that may be read: all, or those that the user names. */
  readonly outputs: readonly ValueInfo[];
  /** The user names them, in the order in which they are read. */
  readonly namedOutputs?: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  /** How many class names the user or the metadata give; null when neither does. */
  readonly nameCount: number | null;
  /** Number of the class that these names leave empty or call background. */
  readonly background?: number | null;
  /** What the user or the metadata says about boxes; null: nothing. */
  readonly boxFormat: BoxFormat | null;
}

/** How the picture must look. */
export interface InputStyle {
  readonly color: 'rgb' | 'bgr';
  /** Value of full white in float inputs. */
  readonly white: 1 | 255;
  readonly fit: Fit;
  /** Grey level of the padding, 0 to 255 whatever `white` is. */
  readonly pad: number;
  /** How it is scaled; default `bilinear`. */
  readonly filter?: ScaleFilter;
  /** Applied to each channel after scaling to `white`: (value − mean) / std. */
  readonly normalize?: { readonly mean: readonly number[]; readonly std: readonly number[] };
}

/** Numbers of one output of one run. `int64` classes come as BigInts. */
export type OutputData = Float32Array | BigInt64Array | Int32Array;

export interface OutputTensor {
  readonly data: OutputData;
  readonly dims: readonly number[];
}

/** An output that the decoder reads; null stands for any size. */
export interface ExpectedOutput {
  readonly name: string;
  readonly dims: readonly (number | null)[];
}

/** Least confidence by class index; Infinity for a class that is not wanted. */
export interface Thresholds {
  readonly byClass: Float64Array;
  /** The least of `byClass`, to skip early. */
  readonly lowest: number;
}

/**
 * What the confidence of a detection is, for rows that have an objectness beside their class probabilities: their
 * `product`, or the `objectness` alone. The latter candidates say where their class probabilities are.
 */
export type Scoring = 'product' | 'objectness';

/** Reads the outputs (in the order of `Plan.outputs`) of one run into candidates. */
export type Decode = (outputs: readonly OutputTensor[], thresholds: Thresholds, into: Candidates) => void;

/** An input besides the picture that is the same for every frame. */
export interface ConstantFeed {
  readonly name: string;
  readonly type: string;
  readonly values: readonly number[];
}

/** How one model is run and read. */
export interface Plan {
  /** For people: what was found, such as `[1, N, 5 + 80], raw grid`. */
  readonly layout: string;
  readonly input: InputStyle;
  readonly outputs: readonly ExpectedOutput[];
  /** Columns for classes; null when the shapes do not tell. */
  readonly classes: number | null;
  /** A column may be the "no object" class that some models are trained with: the last one where names are missing. */
  readonly spareClass?: boolean;
  /** For people: what the model also gives and nobody reads, such as masks. */
  readonly notRead?: string;
  /** Default IoU of the suppression of doubles; null: the model gives each object once. */
  readonly nmsIou: number | null;
  /** Rows have an objectness, so that they can be scored by it alone. */
  readonly objectness?: boolean;
  /** Says what is implausible about the values of a first run on a grey picture; null when nothing is. */
  readonly check: (outputs: readonly OutputTensor[]) => string | null;
  /** Makes a decoder with scratch memory of its own. `scoring`: only with `objectness`; default `product`. */
  readonly decoder: (scoring?: Scoring) => Decode;
}

/**
 * `certain`: names or metadata say so. `likely`: shapes fit this family and are unusual elsewhere. `possible`: it would
 * work, but another reading is more common; taken only when the user sets the family.
 */
export type Certainty = 'certain' | 'likely' | 'possible';

export interface Match {
  readonly certainty: Certainty;
  readonly why: string;
  readonly plan: Plan;
}

export interface Family {
  readonly name: FamilyName;
  /** A match, or why the model is not of this family. */
  readonly match: (model: ModelFacts) => Match | string;
}

/** The picture as the YOLO exporters feed it: RGB, 0 to 1, centred letterbox on grey 114. */
export const YOLO_INPUT: InputStyle = { color: 'rgb', white: 1, fit: 'letterbox', pad: 114 };

/** The whole picture stretched to the input: RGB, 0 to 1. */
export const STRETCHED_INPUT: InputStyle = { color: 'rgb', white: 1, fit: 'stretch', pad: 0 };

/** Mean and deviation of the pictures of ImageNet, which many models are trained with. */
export const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

/** Cells of a feature pyramid over a picture, summed over its strides. */
export function gridCells(size: Size, strides: readonly number[]): number {
  return strides.reduce((sum, stride) => sum + Math.ceil(size.w / stride) * Math.ceil(size.h / stride), 0);
}

/** `[1, 300, batch]` */
export function dimsText(dims: readonly (number | string | null)[]): string {
  // Some exporters name a dimension by the formula that gives it.
  const text = (dim: number | string | null) => (typeof dim === 'string' && dim.length > 20 ? '?' : (dim ?? 'any'));
  return `[${dims.map(text).join(', ')}]`;
}

/** The batch dimension is 1 or open. */
function batchOfOne(dims: readonly (number | string)[]): boolean {
  return dims[0] === 1 || typeof dims[0] === 'string';
}

/** Two dimensions can be equal; what an open one is called means nothing. */
export function sameSize(a: number | string | undefined, b: number | string | undefined): boolean {
  return a === b || typeof a === 'string' || typeof b === 'string';
}

/** RT-DETR models exported by the same tool have the shape of a transposed YOLO head. */
export function isDetr(model: ModelFacts): boolean {
  return /rt-?detr/i.test(model.metadata.description ?? '');
}

/** The outputs [1, rows, columns]. Raw heads of five dimensions, masks and the like are not among them. */
export function tables({ outputs }: ModelFacts): readonly ValueInfo[] {
  return outputs.filter(({ dims }) => dims.length === 3 && batchOfOne(dims));
}

/** The one output [1, rows, columns], or why there is none. */
export function onlyTable(model: ModelFacts, needs: string): ValueInfo | string {
  const [output, ...more] = tables(model);
  if (output === undefined) return `needs one output ${needs}`;
  return more.length === 0 ? output : `needs one output ${needs}, found ${more.length + 1}: 'outputs' can name it`;
}

/** Says when the exporter of a YOLO model noted that it gives no upright boxes. */
export function otherTask({ metadata: { task = 'detect' } }: ModelFacts): string | null {
  return /detect|segment|pose/i.test(task) ? null : `the metadata says task ${task}, not detect`;
}

/** The exporter or the user says that a YOLO gives more than boxes. */
export function givesMore({ metadata: { task = 'detect' } }: ModelFacts): boolean {
  return /segment|pose/i.test(task);
}

/** Columns after the classes of a YOLO: coefficients of masks, or key points. Only the boxes beside them are read. */
export function extraColumns({ outputs, metadata }: ModelFacts): { readonly count: number; readonly what: string } {
  const [points = 0, numbers = 0] = `${metadata.kpt_shape ?? ''}`.match(/\d+/g)?.map(Number) ?? [];
  if (points > 0) return { count: points * numbers, what: 'key points' };
  const [masks, ...raw] = outputs.filter(({ dims }) => dims.length === 4);
  const count = Number(masks?.dims[1]);
  return raw.length === 0 && count > 0 ? { count, what: 'masks' } : { count: 0, what: '' };
}

/** The size that boxes shall be meant in, (width, height); exporters of DETRs add it. */
export function isTargetSizes({ name, dims }: ValueInfo): boolean {
  return dims[dims.length - 1] === 2 && /target_?sizes?|orig_?(im_?)?size/i.test(name);
}

/** What to feed an input besides the picture, so that boxes are in pixels of the input; null: not known. */
export function constantFeed(input: ValueInfo, { w, h }: Size): ConstantFeed | null {
  const { name, type, dims } = input;
  if (dims.length !== 2 || dims[1] !== 2 || !batchOfOne(dims)) return null;
  if (isTargetSizes(input)) return { name, type, values: [w, h] };
  // Paddle's, both (height, width).
  if (/scale_?factor/i.test(name)) return { name, type, values: [1, 1] };
  return /ima?ge?_?shape|im_?shape/i.test(name) ? { name, type, values: [h, w] } : null;
}
