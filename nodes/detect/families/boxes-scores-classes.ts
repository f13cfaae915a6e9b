/**
 * Models that end with finished boxes:
 * - boxes [1, N, 4], scores [1, N] and classes [1, N], or boxes with their score [1, N, 5] and classes [1, N] (the batch
 *   may be left out), optionally the number of valid rows (`num…`), told apart by shapes, types and names;
 * - rows [N, 6] of corners, score and class, or of class, score and corners (Paddle);
 * - rows [N, 7] of picture, corners, class and score (YOLOv7), or of score and class (YOLO-NAS, EfficientDet);
 * - rows [1, 1, N, 7] of picture, class, score and corners (the DetectionOutput of SSD).
 *
 * Which order of columns it is, and whether boxes are pixels or fractions, the first boxes tell. TensorFlow's models give
 * y before x, and number their classes from 1 with 0 for the background.
 */
import {
  dimsText,
  type ExpectedOutput,
  type Family,
  gridCells,
  type InputStyle,
  isTargetSizes,
  type ModelFacts,
  type Plan,
  STRETCHED_INPUT,
  sameSize,
  tables,
  type ValueInfo,
  YOLO_INPUT,
} from './family.ts';
import { checkFinished, type FinishedRows, finishedDecoder } from './finished.ts';

export const boxesScoresClasses: Family = {
  name: 'boxes-scores-classes',
  match(model) {
    if (model.extraInputs.some(isTargetSizes)) return 'an input for target sizes is that of detr';
    const found = findFinished(model);
    if (typeof found === 'string') return found;
    // What the model makes of its own heads comes before these heads.
    const certainty = tables(model).length > 1 || isEfficientDet(model) ? 'certain' : 'likely';
    return { certainty, why: found.why, plan: finishedPlan(model, found, inputOf(model)) };
  },
};

type Columns = Omit<FinishedRows, 'hints' | 'firstId'>;

/** Finished boxes among the outputs of a model. */
export interface Finished {
  readonly why: string;
  readonly layout: string;
  readonly outputs: readonly ExpectedOutput[];
  readonly orders: readonly Columns[];
}

export function finishedPlan(model: ModelFacts, found: Finished, input: InputStyle): Plan {
  const { size, boxFormat: stated, nameCount } = model;
  const tensorFlow = isTensorFlow(model);
  const hints = { stated, usual: tensorFlow ? 'yxyx' : 'xyxy', dense: false } as const;
  const firstId = tensorFlow && model.background !== 0 ? 1 : 0;
  const orders = found.orders.map((order) => ({ ...order, hints, firstId }));
  return {
    layout: stated === null ? found.layout : `${found.layout} (${stated})`,
    input,
    outputs: found.outputs,
    classes: null,
    nmsIou: null,
    check: (values) => checkFinished(values, orders, size, nameCount),
    decoder: () => finishedDecoder(orders, size),
  };
}

export function findFinished(model: ModelFacts): Finished | string {
  return findApart(model.outputs) ?? findRows(model) ?? NEEDS;
}

const NEEDS = 'needs boxes [1, N, 4], scores [1, N] and classes [1, N], or rows [N, 6], [N, 7] or [1, 1, N, 7]';

/** Boxes, scores and classes as outputs of their own: those whose numbers of rows belong together. */
function findApart(outputs: readonly ValueInfo[]): Finished | null {
  const values = outputs.filter(({ name }) => !/num/i.test(name));
  const count = outputs.find((output) => !values.includes(output));
  const named = (pattern: RegExp) => (output: ValueInfo) => pattern.test(output.name);
  const byName = values.filter(named(/box|det/i));
  for (const boxes of [...byName, ...values.filter((output) => !byName.includes(output))]) {
    const rank = boxes.dims.length;
    const columns = boxes.dims[rank - 1];
    if ((rank !== 2 && rank !== 3) || (columns !== 4 && columns !== 5)) continue;
    const ofRows = values.filter(
      ({ dims }) => dims.length === rank - 1 && sameSize(dims[rank - 2], boxes.dims[rank - 2]),
    );
    const classes = ofRows.find(named(/class|cls|label/i)) ?? ofRows.find(({ type }) => type.startsWith('int'));
    const others = ofRows.filter((output) => output !== classes);
    const scores = columns === 5 ? boxes : (others.find(named(/score|conf|prob/i)) ?? others[0]);
    if (classes === undefined || scores === undefined) continue;
    const read = [...new Set([boxes, scores, classes])];
    const at = (output: ValueInfo, column: number, of: number) => ({
      output: read.indexOf(output),
      column,
      columns: of,
    });
    const score = columns === 5 ? at(boxes, 4, 5) : at(scores, 0, 1);
    return {
      why: `outputs ${[boxes, scores, classes].map(({ name }) => name).join(', ')} are boxes, scores and classes`,
      layout: `boxes ${dimsText(boxes.dims)}${columns === 5 ? ' with scores' : ', scores'}, classes`,
      outputs: [...read.map((output) => expected(output, rank === 3)), ...(count ? [expected(count, false)] : [])],
      orders: [{ box: at(boxes, 0, columns), score, id: at(classes, 0, 1), ...(count ? { count: read.length } : {}) }],
    };
  }
  return null;
}

/** Box, score and class in the columns of one output. */
function findRows(model: ModelFacts): Finished | string | null {
  const { outputs, size } = model;
  const [rows, ...more] = outputs.filter(({ dims }) => {
    const columns = dims[dims.length - 1];
    if (dims.length === 4) return dims[0] === 1 && dims[1] === 1 && columns === 7;
    return dims.length === 2 ? columns === 6 || columns === 7 : dims.length === 3 && columns === 7;
  });
  if (rows === undefined) return null;
  if (more.length > 0) return `found ${more.length + 1} outputs of finished boxes: 'outputs' can name the one to read`;
  const { dims } = rows;
  const grids = [gridCells(size, [8, 16, 32]), gridCells(size, [8, 16, 32, 64])];
  if (dims.length === 3 && grids.some((cells) => dims[1] === cells || dims[1] === 3 * cells)) {
    return `${dims[1]} rows are a grid, not finished boxes`;
  }
  const count = outputs.find(({ type, dims: of }) => type.startsWith('int') && (of.length < 2 || of[1] === 1));
  const columns = Number(dims[dims.length - 1]);
  const orders = dims.length === 4 ? ['image, class, score, box'] : columns === 6 ? SIX : SEVEN;
  return {
    why: `${rows.name} ${dimsText(dims)} has ${columns} columns: ${orders.join('; or ')}`,
    layout: `${dimsText(dims)}: ${orders.join('; or ')}`,
    outputs: [expected(rows, dims.length > 2), ...(count ? [expected(count, false)] : [])],
    orders: orders.map((order) => ({ ...rowOrder(order, columns), ...(count ? { count: 1 } : {}) })),
  };
}

export const SIX = ['box, score, class', 'class, score, box'];
const SEVEN = ['image, box, class, score', 'image, box, score, class'];

/** Where the parts of rows lie, from their order in words. */
export function rowOrder(order: string, columns: number): Columns {
  const at = (part: string) => {
    const before = order.split(', ').slice(0, order.split(', ').indexOf(part));
    return { output: 0, column: before.reduce((sum, one) => sum + (one === 'box' ? 4 : 1), 0), columns };
  };
  const parts = { box: at('box'), score: at('score'), id: at('class') };
  return order.startsWith('image') ? { ...parts, image: at('image') } : parts;
}

function expected({ name, dims }: ValueInfo, batched: boolean): ExpectedOutput {
  const open = dims.map((dim) => (typeof dim === 'number' ? dim : null));
  return { name, dims: batched ? [1, ...open.slice(1)] : open };
}

/** TensorFlow's Object Detection API, known by its names, and its EfficientDet. */
function isTensorFlow(model: ModelFacts): boolean {
  const has = (name: string) => model.outputs.some((output) => output.name.startsWith(name));
  if (has('raw_detection_boxes')) return true;
  return model.interleaved === true && (has('detection_boxes') || isEfficientDet(model));
}

function isEfficientDet({ outputs, interleaved = false }: ModelFacts): boolean {
  return interleaved && outputs.some(({ dims }) => dims.length === 3 && dims[2] === 7);
}

function inputOf(model: ModelFacts): InputStyle {
  if (isEfficientDet(model)) return { ...YOLO_INPUT, fit: 'letterbox-topleft', pad: 0 };
  const paddle = model.extraInputs.some(({ name }) => /scale_?factor/i.test(name));
  return isTensorFlow(model) || paddle ? STRETCHED_INPUT : YOLO_INPUT;
}
