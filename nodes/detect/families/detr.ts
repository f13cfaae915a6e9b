/**
 * Transformers that predict a set of boxes (RT-DETR, RF-DETR, D-FINE, DEIM, LW-DETR), in the forms they are exported:
 * - raw: boxes [1, Q, 4] (centre and size, fractions of the input) and class logits [1, Q, classes], in either order;
 *   the score of a query and a class is the sigmoid of the logit, and every pair above the threshold is a detection.
 * - with post-processing: a second input `orig_target_sizes` [1, 2] (width, height), outputs labels, boxes, scores. It
 *   is fed the size of the input, so that boxes are in its pixels.
 * - one output [1, Q, 4 + classes], boxes as in raw and scores after the sigmoid, whose description names RT-DETR.
 * The picture is stretched to the input: RGB, 0 to 1; RF-DETR (outputs `dets` and `labels`) also subtracts the mean of
 * ImageNet and divides by its deviation.
 *
 * Sources: Zhao et al., "DETRs Beat YOLOs on Real-time Object Detection", and the deployment scripts of those projects.
 * The original DETR scores with a softmax and is not supported.
 */
import type { Size } from '../../../runtime/node.ts';
import { boxDecoder, checkBoxOutputs, expectedOutputs, findBoxOutputs } from './boxes-scores-classes.ts';
import {
  batchOfOne,
  type Decode,
  dimsText,
  type Family,
  type InputStyle,
  isDetr,
  type Match,
  type ModelFacts,
  STRETCHED_INPUT,
  sameSize,
  type ValueInfo,
} from './family.ts';
import { bestClass, checkProbabilities, floats, largest } from './values.ts';
import { rowDecoder } from './yolo.ts';

const IMAGENET_INPUT: InputStyle = {
  ...STRETCHED_INPUT,
  normalize: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
};

export const detr: Family = {
  name: 'detr',
  match(model) {
    if (model.extraInputs.length > 0) return matchPostProcessed(model);
    if (model.outputs.length === 1) return matchSingle(model);
    return matchRaw(model);
  },
};

function matchPostProcessed(model: ModelFacts): Match | string {
  const [sizes] = model.extraInputs;
  const type = sizes?.type;
  if (model.extraInputs.length !== 1 || sizes?.dims.length !== 2 || sizes.dims[1] !== 2 || !batchOfOne(sizes.dims)) {
    return 'needs one input [1, 2] (orig_target_sizes) besides the picture';
  }
  if (type !== 'int64' && type !== 'int32' && type !== 'float32') return `needs sizes as int64, found ${type}`;
  const outputs = findBoxOutputs(model.outputs);
  if (typeof outputs === 'string') return outputs;
  return {
    certainty: 'certain',
    why: `input ${sizes.name} [1, 2] and outputs ${outputs.classes.name}, ${outputs.boxes.name}, ${outputs.scores.name}`,
    plan: {
      layout: `boxes ${dimsText(outputs.boxes.dims)} (xyxy_px), scores, classes, fed its size as ${sizes.name}`,
      input: STRETCHED_INPUT,
      feeds: [{ name: sizes.name, type, dims: [1, 2], values: [model.size.w, model.size.h] }],
      outputs: expectedOutputs(outputs),
      classes: null,
      nmsIou: null,
      check: (values) => checkBoxOutputs(values, 'xyxy_px', model.size, model.nameCount),
      decoder: () => boxDecoder('xyxy_px', model.size),
    },
  };
}

function matchRaw(model: ModelFacts): Match | string {
  const pair = findPair(model.outputs);
  if (pair === null) return 'needs outputs boxes [1, Q, 4] and logits [1, Q, classes], one of each';
  const { boxes, logits } = pair;
  const queries = [boxes.dims[1], logits.dims[1]].find((dim) => typeof dim === 'number');
  const columns = logits.dims[2];
  if (typeof columns !== 'number') return `needs a fixed number of classes, found ${dimsText(logits.dims)}`;
  const count = queries ?? null;
  const imageNet = boxes.name === 'dets' && logits.name === 'labels';
  return {
    certainty: 'certain',
    why: `outputs ${boxes.name} ${dimsText(boxes.dims)} and ${logits.name} ${dimsText(logits.dims)}`,
    plan: {
      layout: `boxes [1, ${count ?? 'Q'}, 4], logits [1, ${count ?? 'Q'}, ${columns}]${imageNet ? ', RF-DETR' : ''}`,
      input: imageNet ? IMAGENET_INPUT : STRETCHED_INPUT,
      outputs: [
        { name: boxes.name, dims: [1, count, 4] },
        { name: logits.name, dims: [1, count, columns] },
      ],
      classes: columns,
      spareClass: true,
      nmsIou: null,
      check: ([fractions, values]) =>
        checkFractions(floats(fractions), 4) ?? checkLogits(floats(values), columns, imageNet),
      decoder: () => rawDecoder(columns, model.size),
    },
  };
}

function matchSingle(model: ModelFacts): Match | string {
  const [output] = model.outputs;
  const [, queries, columns] = output?.dims ?? [];
  if (output?.dims.length !== 3 || !isDetr(model)) return 'needs two outputs, or a description that names RT-DETR';
  if (typeof columns !== 'number' || columns < 5) return `needs 4 + classes columns, found ${dimsText(output.dims)}`;
  const count = typeof queries === 'number' ? queries : null;
  return {
    certainty: 'certain',
    why: `${dimsText(output.dims)} and the description names RT-DETR`,
    plan: {
      layout: `[1, ${count ?? 'Q'}, 4 + ${columns - 4}]`,
      input: STRETCHED_INPUT,
      outputs: [{ name: output.name, dims: [1, count, columns] }],
      classes: columns - 4,
      nmsIou: null,
      check: ([values]) => checkSingle(floats(values), columns),
      decoder: () => rowDecoder(columns - 4, false, 'product', model.size),
    },
  };
}

const LOGITS = /logit|label|class|cls/i;

/** Boxes and logits by shape and name, when there is one of each: what has several is of another kind, such as SSD. */
function findPair(outputs: readonly ValueInfo[]): { boxes: ValueInfo; logits: ValueInfo } | null {
  const ranked = outputs.filter((output) => output.dims.length === 3 && batchOfOne(output.dims));
  const isBoxes = ({ name, dims }: ValueInfo) => dims[2] === 4 && /box|det/i.test(name) && !LOGITS.test(name);
  const [boxes, ...otherBoxes] = ranked.filter(isBoxes);
  const [logits, ...otherLogits] = ranked.filter(
    (output) => !isBoxes(output) && LOGITS.test(output.name) && !/score|prob|conf/i.test(output.name),
  );
  if (boxes === undefined || logits === undefined || otherBoxes.length + otherLogits.length > 0) return null;
  return sameSize(boxes.dims[1], logits.dims[1]) ? { boxes, logits } : null;
}

function rawDecoder(columns: number, { w, h }: Size): Decode {
  return (outputs, thresholds, into) => {
    const boxes = floats(outputs[0]);
    const logits = floats(outputs[1]);
    // Compared before the sigmoid, which is then taken of few.
    const least = Math.log(thresholds.lowest / (1 - thresholds.lowest));
    for (let i = 0; i < logits.length; i++) {
      const logit = logits[i] ?? Number.NEGATIVE_INFINITY;
      if (!(logit >= least)) continue;
      const id = i % columns;
      const score = 1 / (1 + Math.exp(-logit));
      if (!(score >= (thresholds.byClass[id] ?? Number.POSITIVE_INFINITY))) continue;
      const at = ((i - id) / columns) * 4;
      const [cx = 0, cy = 0, bw = 0, bh = 0] = boxes.subarray(at, at + 4);
      into.addCentred(cx * w, cy * h, bw * w, bh * h, score, id);
    }
  };
}

function checkSingle(data: Float32Array, columns: number): string | null {
  const rows = Math.floor(data.length / columns);
  return checkFractions(data, columns) ?? checkProbabilities(data, rows, columns, 4);
}

/** Numbers that are probabilities already, or of a softmax, would give phantoms. RF-DETR never trains its last column. */
function checkLogits(logits: Float32Array, columns: number, spareColumn: boolean): string | null {
  if (logits.every((value) => value >= 0 && value <= 1)) {
    return 'expected logits, got numbers from 0 to 1 only: they look like probabilities';
  }
  if (spareColumn || columns < 2) return null;
  let won = 0;
  for (let at = 0; at < logits.length; at += columns) {
    const last = columns - 1;
    if (bestClass(logits, at, columns) === last && (logits[at + last] ?? 0) > 0) won += 1;
  }
  if (won * columns * 2 <= logits.length) return null;
  return 'the last column wins in most rows, as "no object" does in a softmax, which is not supported';
}

function checkFractions(data: Float32Array, stride: number): string | null {
  const farthest = largest(data, Math.floor(data.length / stride), stride, 0, 4);
  return farthest > 4 ? `expected boxes in fractions of the input, got ${farthest}` : null;
}
