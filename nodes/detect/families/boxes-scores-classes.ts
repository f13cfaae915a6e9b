/**
 * Models that end with finished boxes: three outputs boxes [1, N, 4], scores [1, N] and classes [1, N] (the batch may
 * be left out), found by names that contain `box`, `score` or `conf`, and `class`, `cls` or `label`; optionally the
 * number of valid rows (`num…`). Classes are integers or floats.
 *
 * Whether boxes are pixels or fractions can't be seen in a file. The option `box_format` decides, else the metadata key
 * `box_format`, else corners in pixels of the input (`xyxy_px`); values that contradict it are refused. Models of the
 * TensorFlow Object Detection API are known by their outputs: `yxyx_norm`, the picture stretched.
 *
 * The decoder serves DETR exports with the same outputs as well.
 */
import { type Size, WindhoverError } from '../../../runtime/node.ts';
import type { Candidates } from '../candidates.ts';
import {
  BOX_FORMATS,
  type BoxFormat,
  type Decode,
  dimsText,
  type Family,
  type ModelFacts,
  type OutputTensor,
  STRETCHED_INPUT,
  sameSize,
  type ValueInfo,
  YOLO_INPUT,
} from './family.ts';
import { checkProbability, floats } from './values.ts';

/** The outputs of such a model; `count` is the number of valid rows. */
export interface BoxOutputs {
  readonly boxes: ValueInfo;
  readonly scores: ValueInfo;
  readonly classes: ValueInfo;
  readonly count: ValueInfo | null;
}

export const boxesScoresClasses: Family = {
  name: 'boxes-scores-classes',
  match(model) {
    const outputs = findBoxOutputs(model.outputs);
    if (typeof outputs === 'string') return outputs;
    const format = model.boxFormat ?? metadataFormat(model);
    if (typeof format !== 'string') return `unknown box_format in the metadata; known are ${BOX_FORMATS.join(', ')}`;
    const { boxes, scores, classes } = outputs;
    return {
      certainty: 'likely',
      why: `outputs ${boxes.name}, ${scores.name}, ${classes.name} are boxes, scores and classes`,
      plan: {
        layout: `boxes ${dimsText(boxes.dims)} (${format}), scores, classes`,
        input: isTensorFlow(model) ? STRETCHED_INPUT : YOLO_INPUT,
        outputs: expectedOutputs(outputs),
        classes: null,
        nmsIou: null,
        check: (values) => checkBoxOutputs(values, format, model.size, model.nameCount),
        decoder: () => boxDecoder(format, model.size),
      },
    };
  },
};

/** Finds boxes, scores and classes by names and by shapes that belong together; or says what is missing. */
export function findBoxOutputs(outputs: readonly ValueInfo[]): BoxOutputs | string {
  const values = outputs.filter(({ name }) => !/num/i.test(name));
  const count = outputs.find((output) => !values.includes(output)) ?? null;
  for (const boxes of values) {
    const { length: rank } = boxes.dims;
    if (!/box/i.test(boxes.name) || (rank !== 2 && rank !== 3) || boxes.dims[rank - 1] !== 4) continue;
    const ofRows = values.filter(
      ({ dims }) => dims.length === rank - 1 && sameSize(dims[rank - 2], boxes.dims[rank - 2]),
    );
    const scores = ofRows.find(({ name }) => /score|conf/i.test(name));
    const classes = ofRows.find((output) => output !== scores && /class|cls|label/i.test(output.name));
    if (scores !== undefined && classes !== undefined) return { boxes, scores, classes, count };
  }
  return 'needs outputs named like boxes [1, N, 4], scores [1, N] and classes [1, N]';
}

/** The outputs in the order that {@link boxDecoder} reads: boxes, scores, classes, and the number of rows if given. */
export function expectedOutputs({ boxes, scores, classes, count }: BoxOutputs) {
  const open = (value: ValueInfo) => value.dims.map((dim) => (typeof dim === 'number' ? dim : null));
  const batched = boxes.dims.length === 3;
  const oneBatch = (value: ValueInfo) => (batched ? [1, ...open(value).slice(1)] : open(value));
  return [boxes, scores, classes, ...(count === null ? [] : [count])].map((value) => ({
    name: value.name,
    dims: value === count ? open(value).map((dim) => dim ?? 1) : oneBatch(value),
  }));
}

/** A decoder of boxes, scores, classes and an optional count. Throws `model_box_format` at the first implausible box. */
export function boxDecoder(format: BoxFormat, size: Size): Decode {
  let checked = false;
  return (outputs, thresholds, into) => {
    const boxes = floats(outputs[0]);
    const scores = floats(outputs[1]);
    const rows = rowCount(outputs);
    for (let row = 0; row < rows; row++) {
      const score = scores[row] ?? 0;
      if (!(score >= thresholds.lowest) || score <= 0) continue;
      const id = classAt(outputs[2], row);
      const least = thresholds.byClass[id];
      if (least === undefined) {
        into.unnamed += 1;
        continue;
      }
      if (!(score >= least)) continue;
      // The grey picture of the first run may have had no boxes: what is found first is checked then.
      if (!checked) {
        const complaint = checkFormat(boxes, rows, format, size);
        if (complaint !== null)
          throw new WindhoverError('model_box_format', complaint, { option: 'box_format', hint: HINT });
        checked = true;
      }
      addBox(into, boxes, row * 4, format, size, score, id);
    }
  };
}

/** Says what is implausible about boxes, scores and classes; `names`: number of class names, when known. */
export function checkBoxOutputs(
  outputs: readonly OutputTensor[],
  format: BoxFormat,
  size: Size,
  names: number | null,
): string | null {
  const scores = floats(outputs[1]);
  const rows = rowCount(outputs);
  if (scores.length < rows) return `expected ${rows} scores, got ${scores.length}`;
  for (let row = 0; row < rows; row++) {
    const complaint = checkProbability(scores[row] ?? Number.NaN);
    if (complaint !== null) return `${complaint}, row ${row}`;
    const id = classAt(outputs[2], row);
    // Unused rows are often filled with -1.
    if (names !== null && (scores[row] ?? 0) > 0 && (id < 0 || id >= names)) {
      return `expected class numbers from 0 to ${names - 1}, got ${id} in row ${row}`;
    }
  }
  return checkFormat(floats(outputs[0]), rows, format, size);
}

const HINT = "set 'box_format' to what the model gives";

function metadataFormat(model: ModelFacts): BoxFormat | null {
  const stated = model.metadata.box_format;
  if (stated === undefined) return isTensorFlow(model) ? 'yxyx_norm' : 'xyxy_px';
  return BOX_FORMATS.find((format) => format === stated) ?? null;
}

/** Only the TensorFlow Object Detection API also gives the boxes before the suppression of doubles. */
function isTensorFlow({ outputs }: ModelFacts): boolean {
  return outputs.some(({ name }) => name.startsWith('raw_detection_boxes'));
}

function rowCount(outputs: readonly OutputTensor[]): number {
  const rows = Math.floor(floats(outputs[0]).length / 4);
  const stated = outputs[3]?.data[0];
  return stated === undefined ? rows : Math.max(0, Math.min(rows, Number(stated)));
}

function classAt(output: OutputTensor | undefined, row: number): number {
  return Math.round(Number(output?.data[row] ?? -1));
}

/** Fractions end near 1, pixels of any real box do not. */
function checkFormat(boxes: Float32Array, rows: number, format: BoxFormat, size: Size): string | null {
  let farthest = 0;
  for (let i = 0; i < rows * 4; i++) farthest = Math.max(farthest, Math.abs(boxes[i] ?? 0));
  if (farthest === 0) return null;
  if (format.endsWith('_px')) {
    if (farthest < 2)
      return `expected boxes in pixels (${format}), got none beyond ${farthest}: they look like fractions`;
    const most = 4 * Math.max(size.w, size.h);
    return farthest > most ? `expected boxes in pixels of ${size.w}×${size.h}, got ${farthest}` : null;
  }
  return farthest > 4 ? `expected boxes in fractions of the input (${format}), got ${farthest}` : null;
}

function addBox(
  into: Candidates,
  boxes: Float32Array,
  at: number,
  format: BoxFormat,
  size: Size,
  score: number,
  id: number,
): void {
  const a = boxes[at] ?? 0;
  const b = boxes[at + 1] ?? 0;
  const c = boxes[at + 2] ?? 0;
  const d = boxes[at + 3] ?? 0;
  const [w, h] = format.endsWith('_px') ? [1, 1] : [size.w, size.h];
  if (format.startsWith('xyxy')) into.addCorners(a * w, b * h, c * w, d * h, score, id);
  else if (format.startsWith('yxyx')) into.addCorners(b * w, a * h, d * w, c * h, score, id);
  else into.addCentred(a * w, b * h, c * w, d * h, score, id);
}
