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
import { findPair, isLogits } from './boxes-class-scores.ts';
import { findFinished, finishedPlan } from './boxes-scores-classes.ts';
import { checkDense, type DenseHead, denseDecoder } from './dense.ts';
import {
  type Decode,
  dimsText,
  type Family,
  IMAGENET,
  isDetr,
  isTargetSizes,
  type Match,
  type ModelFacts,
  STRETCHED_INPUT,
  tables,
  type ValueInfo,
} from './family.ts';
import { bestClass, floats, largest } from './values.ts';

export const detr: Family = {
  name: 'detr',
  match(model) {
    const sizes = model.extraInputs.find(isTargetSizes);
    if (sizes !== undefined) return matchPostProcessed(model, sizes);
    return tables(model).length === 1 ? matchSingle(model) : matchRaw(model);
  },
};

function matchPostProcessed(model: ModelFacts, sizes: ValueInfo): Match | string {
  const found = findFinished(model);
  if (typeof found === 'string') return found;
  const plan = finishedPlan(model, found, STRETCHED_INPUT);
  return {
    certainty: 'certain',
    why: `input ${sizes.name} ${dimsText(sizes.dims)} and ${found.why}`,
    plan: { ...plan, layout: `${plan.layout}, fed its size as ${sizes.name}` },
  };
}

function matchRaw(model: ModelFacts): Match | string {
  const pair = findPair(model);
  if (typeof pair === 'string') return pair;
  const { boxes, scores: logits, across, columns } = pair;
  if (across) return `needs logits [1, Q, classes], found ${dimsText(logits.dims)}`;
  const imageNet = boxes.name === 'dets' && logits.name === 'labels';
  return {
    // Other names may stand for logits too, but mostly for scores.
    certainty: isLogits(pair) ? 'certain' : 'possible',
    why: pair.why,
    plan: {
      layout: pair.layout.replace('scores', 'logits') + (imageNet ? ', RF-DETR' : ''),
      input: imageNet ? { ...STRETCHED_INPUT, normalize: IMAGENET } : STRETCHED_INPUT,
      outputs: pair.outputs,
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
  const [output] = tables(model);
  const [, queries, columns] = output?.dims ?? [];
  if (output === undefined || !isDetr(model)) return 'needs two outputs, or a description that names RT-DETR';
  if (typeof columns !== 'number' || columns < 5) return `needs 4 + classes columns, found ${dimsText(output.dims)}`;
  const count = typeof queries === 'number' ? queries : null;
  const head: DenseHead = {
    boxes: { output: 0, column: 0, columns },
    hints: { stated: model.boxFormat ?? 'cxcywh_norm', usual: 'cxcywh', dense: true },
    objectness: null,
    scores: { output: 0, column: 4, columns },
    classes: columns - 4,
  };
  return {
    certainty: 'certain',
    why: `${dimsText(output.dims)} and the description names RT-DETR`,
    plan: {
      layout: `[1, ${count ?? 'Q'}, 4 + ${columns - 4}]`,
      input: STRETCHED_INPUT,
      outputs: [{ name: output.name, dims: [1, count, columns] }],
      classes: columns - 4,
      nmsIou: null,
      check: (values) => checkDense(values, head, model.size),
      decoder: () => denseDecoder(head, model.size, 'product'),
    },
  };
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
