/**
 * Metadata keys of a model that say how its picture is fed and what its confidences and boxes mean. A key that can't be
 * used is an error: a model that is read in the wrong way gives phantoms.
 */
import { FITS, SCALE_FILTERS, WindhoverError } from '../../runtime/node.ts';
import { BOX_FORMATS, type BoxFormat, IMAGENET, type InputStyle, type Plan, type Scoring } from './families/family.ts';
import type { DetectOptions } from './options.ts';

type Metadata = Readonly<Record<string, string>>;

/** By how much a model's boxes are larger than the visible object, on each side, in pixels of the model's input. */
export interface BoxMargin {
  readonly xPx: number;
  readonly yPx: number;
}

/** What the numbers of a model mean beyond their layout. */
export interface Reading {
  readonly scoring: Scoring;
  /** What an object is called until its class is sure; null: by its most probable class. */
  readonly unknownLabel: string | null;
  /** Null: the boxes are tight. */
  readonly margin: BoxMargin | null;
}

/**
 * Reads `confidence`, `unknown_label` and `box_margin`.
 * @throws WindhoverError (permanent) `model_metadata_invalid`
 */
export function readingOf(metadata: Metadata, plan: Plan): Reading {
  const scoring = oneOf(metadata, 'confidence', ['product', 'objectness']) ?? 'product';
  if (scoring === 'objectness' && plan.objectness !== true) {
    throw invalid('confidence', 'an output with an objectness, [1, N, 5 + classes]', `objectness and ${plan.layout}`);
  }
  return { scoring, unknownLabel: unknownLabel(metadata, scoring), margin: boxMargin(metadata) };
}

/** @throws WindhoverError (permanent) `model_metadata_invalid` */
export function boxFormatOf(metadata: Metadata): BoxFormat | null {
  return oneOf(metadata, 'box_format', BOX_FORMATS) ?? null;
}

/**
 * How the picture is fed: the option, else the metadata, else as the family does.
 * @throws WindhoverError (permanent) `model_metadata_invalid`
 */
export function inputStyle(usual: InputStyle, metadata: Metadata, { input = {} }: DetectOptions): InputStyle {
  const family = { ...usual, ...statedKind(metadata) };
  const white = oneOf(metadata, 'input_white', ['1', '255']);
  const pad = metadata.input_pad === undefined ? undefined : Number(metadata.input_pad);
  if (pad !== undefined && !(pad >= 0 && pad <= 255)) {
    throw invalid('input_pad', 'a grey level from 0 to 255', `${metadata.input_pad}`);
  }
  const filter = input.filter ?? oneOf(metadata, 'input_filter', SCALE_FILTERS);
  const color = input.color ?? oneOf(metadata, 'input_color', ['rgb', 'bgr']) ?? family.color;
  return {
    ...normalized(family, metadata, input, color),
    color,
    white: input.white ?? (white === '1' ? 1 : white === '255' ? 255 : family.white),
    fit: input.fit ?? oneOf(metadata, 'input_fit', FITS) ?? family.fit,
    pad: input.pad ?? pad ?? family.pad,
    ...(filter === undefined ? {} : { filter }),
  };
}

const IMAGENET_STRETCHED: Partial<InputStyle> = { fit: 'stretch', normalize: IMAGENET };

/** Pictures of models that only their name tells: the outputs look like those of others. */
const KINDS: readonly [name: RegExp, style: Partial<InputStyle>][] = [
  [/rtmdet/i, { color: 'bgr', fit: 'letterbox-topleft', normalize: IMAGENET }],
  [/picodet|pp-?yoloe(?!\+|_?plus)|lw-?detr|deformable.?detr/i, IMAGENET_STRETCHED],
  [/efficientdet/i, { fit: 'letterbox-topleft', pad: 114, normalize: IMAGENET }],
  [/^ssd/i, { fit: 'stretch', normalize: { mean: [0.48235, 0.45882, 0.40784], std: [1 / 255, 1 / 255, 1 / 255] } }],
  [/yolo-?nas/i, { fit: 'letterbox', pad: 114 }],
];

/** What the exporter calls the model, and where it says that its letterbox lies. */
function statedKind({ model_family: family, model_type: type, letterbox_pad: corner }: Metadata): Partial<InputStyle> {
  const name = family ?? type ?? '';
  const [, style = {}] = KINDS.find(([pattern]) => pattern.test(name)) ?? [];
  if (corner === undefined) return style;
  return { ...style, fit: corner === 'topleft' ? 'letterbox-topleft' : 'letterbox' };
}

/** The family with the mean and deviation that are stated, which are meant for the channels as the model is fed them. */
function normalized(
  family: InputStyle,
  metadata: Metadata,
  input: NonNullable<DetectOptions['input']>,
  color: InputStyle['color'],
): InputStyle {
  const stated = [input.mean ?? triple(metadata, 'mean'), input.std ?? triple(metadata, 'std')] as const;
  if (stated[0] === undefined && stated[1] === undefined) return family;
  const [mean = [0, 0, 0], std = [1, 1, 1]] = stated;
  const { normalize: _, ...plain } = family;
  if (mean.every((value) => value === 0) && std.every((value) => value === 1)) return plain;
  // Numbers of a few units are meant for 0 to 1, greater ones for 0 to 255.
  const unit = Math.max(...mean, ...std) > 2 ? 255 : 1;
  const inRgb = (values: readonly number[]) => {
    const scaled = values.map((value) => value / unit);
    return color === 'rgb' ? scaled : scaled.reverse();
  };
  return { ...plain, normalize: { mean: inRgb(mean), std: inRgb(std) } };
}

/** Three numbers under `input_mean`, or as other exporters call it. */
function triple(metadata: Metadata, key: 'mean' | 'std'): readonly number[] | undefined {
  const text =
    metadata[`input_${key}`] ?? metadata[key] ?? metadata[`norm_${key}`] ?? metadata[`standardization_${key}`];
  if (text === undefined) return undefined;
  const numbers = text
    .replace(/[[\]()\s]/g, '')
    .split(',')
    .map(Number);
  const usable = numbers.length === 3 && numbers.every((value) => value >= 0 && (key === 'mean' || value > 0));
  if (!usable) throw invalid(`input_${key}`, 'three numbers, one a channel: 123.7,116.3,103.5', text);
  return numbers;
}

function unknownLabel({ unknown_label: label }: Metadata, scoring: Scoring): string | null {
  if (label === undefined) return null;
  if (label.trim() === '') throw invalid('unknown_label', 'a label', 'an empty one');
  // Without class probabilities a class can never become certain.
  if (scoring !== 'objectness') throw invalid('unknown_label', 'it together with confidence: objectness', label);
  return label.trim();
}

function boxMargin({ box_margin: margin }: Metadata): BoxMargin | null {
  if (margin === undefined) return null;
  const [, x, y] = /^\s*(\d+(?:\.\d+)?)\s*,\s*(\d+(?:\.\d+)?)\s*$/.exec(margin) ?? [];
  if (x === undefined || y === undefined) {
    throw invalid('box_margin', 'two numbers from 0, in pixels of the input: horizontal,vertical', margin);
  }
  return { xPx: Number(x), yPx: Number(y) };
}

function oneOf<T extends string>(metadata: Metadata, key: string, known: readonly T[]): T | undefined {
  const value = metadata[key];
  const found = known.find((one) => one === value);
  if (value === undefined || found !== undefined) return found;
  throw invalid(key, known.join(', '), value);
}

function invalid(key: string, expected: string, got: string): WindhoverError {
  return new WindhoverError('model_metadata_invalid', `the model's metadata key ${key} can't be used`, {
    option: 'model',
    expected,
    got,
  });
}
