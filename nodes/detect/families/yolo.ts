/**
 * YOLO heads that give many boxes an object, decoded to pixels of the input:
 * - [1, N, 5 + classes] of YOLOv5 (and v7): centre, size, objectness, class probabilities; score = objectness × class,
 *   or the objectness alone.
 * - [1, 4 + classes, N] of YOLOv8, v9, v11 and later, or its transpose [1, N, 4 + classes]: no objectness.
 * The picture: RGB, 0 to 1, centred letterbox on grey 114.
 *
 * Source: the shapes and metadata that the exporters of those projects write.
 */
import type { Size } from '../../../runtime/node.ts';
import {
  type Certainty,
  type Decode,
  dimsText,
  type Family,
  gridCells,
  isDetr,
  type Match,
  type ModelFacts,
  onlyOutput,
  otherTask,
  type Scoring,
  type ValueInfo,
  YOLO_INPUT,
} from './family.ts';
import { bestClass, checkProbabilities, checkProbability, floats, largest, rowScore } from './values.ts';

type Layout = 'objectness' | 'columns' | 'rows';

export const yolo: Family = {
  name: 'yolo',
  match(model) {
    const output = onlyOutput(model);
    if (output === null) return 'needs one output [1, N, 5 + classes] or [1, 4 + classes, N]';
    if (isDetr(model)) return 'the description names RT-DETR';
    return otherTask(model) ?? matchOutput(model, output);
  },
};

function matchOutput(model: ModelFacts, output: ValueInfo): Match | string {
  const [, a, b] = output.dims;
  const oneEach = [gridCells(model.size, [8, 16, 32]), gridCells(model.size, [8, 16, 32, 64])];
  const threeEach = oneEach.map((cells) => cells * 3);
  const isCount = (counts: readonly number[], dim: number | string | undefined) => counts.includes(Number(dim));
  const found = dimsText(output.dims);

  const { nameCount: names } = model;
  const openBoxes =
    typeof b === 'string' && (names === null ? !isCount([...oneEach, ...threeEach], a) : a === names + 4);
  if (typeof a === 'number' && (isCount(oneEach, b) || openBoxes)) {
    return make(output, 'columns', a - 4, b, 'likely', `${found} is [1, 4 + classes, boxes]`);
  }
  if (typeof b === 'string' && isCount(threeEach, a) && names !== null) {
    return make(output, 'objectness', names, a, 'likely', `${found}: three boxes a cell, ${names} classes`);
  }
  if (typeof b !== 'number' || b < 5) return `found ${found}`;
  if (isCount(threeEach, a)) {
    return make(output, 'objectness', b - 5, a, 'likely', `${found}: three boxes a cell, 5 + classes columns`);
  }
  if (isCount(oneEach, a)) return matchOneEach(model, output, b);
  if (typeof a === 'string') return matchOpen(model, output, b);
  return matchByNames(model, output, a, b);
}

/** Neither side is the number of cells of a known grid: the class names decide which one is the columns. */
function matchByNames(model: ModelFacts, output: ValueInfo, a = 0, b = 0): Match | string {
  const found = dimsText(output.dims);
  const { nameCount: names, size } = model;
  if (names === null) return `found ${found}: no number of boxes for ${size.w}×${size.h}, and no class names to go by`;
  const why = `${found}, ${names} classes`;
  const fits: (Match | string)[] = [];
  if (a === names + 4) fits.push(make(output, 'columns', names, b, 'likely', why));
  // Six columns are more often a finished box with its score and class.
  const certainty: Certainty = b === 6 ? 'possible' : 'likely';
  if (b === names + 5) fits.push(make(output, 'objectness', names, a, certainty, why));
  if (b === names + 4) fits.push(make(output, 'rows', names, a, certainty, why));
  const [only] = fits;
  return fits.length === 1 && only !== undefined
    ? only
    : `found ${found}, and ${names} classes fit it ${fits.length} times`;
}

/** One row a cell: the transposed head has 4 + classes columns; other exports of that size have 5 + classes. */
function matchOneEach(model: ModelFacts, output: ValueInfo, columns: number): Match | string {
  const [, rows] = output.dims;
  const found = dimsText(output.dims);
  if (model.nameCount === columns - 4 || (model.nameCount === null && columns === 84)) {
    return make(output, 'rows', columns - 4, rows, 'likely', `${found} is [1, boxes, 4 + classes]`);
  }
  // The raw grid of YOLOX looks the same; only the user can tell that these boxes are decoded.
  return make(output, 'objectness', columns - 5, rows, 'possible', `${found} can be [1, boxes, 5 + classes]`);
}

/** An open number of boxes: the class names decide which columns there are. */
function matchOpen(model: ModelFacts, output: ValueInfo, columns: number): Match | string {
  const rows = output.dims[1];
  const found = dimsText(output.dims);
  const names = model.nameCount ?? (columns === 84 || columns === 85 ? 80 : null);
  const certainty: Certainty = columns === 6 ? 'possible' : 'likely';
  if (names === columns - 5) return make(output, 'objectness', names, rows, certainty, `${found}, ${names} classes`);
  if (names === columns - 4) return make(output, 'rows', names, rows, certainty, `${found}, ${names} classes`);
  return `found ${found}, and ${names ?? 'an unknown number of'} classes fit neither 4 nor 5 more columns`;
}

function make(
  output: ValueInfo,
  layout: Layout,
  classes: number,
  boxes: number | string | undefined,
  certainty: Certainty,
  why: string,
): Match | string {
  if (classes < 1) return `found ${dimsText(output.dims)}, no room for classes`;
  const count = typeof boxes === 'number' ? boxes : null;
  const columns = classes + (layout === 'objectness' ? 5 : 4);
  const n = count ?? 'N';
  const texts = {
    objectness: `[1, ${n}, 5 + ${classes}]`,
    columns: `[1, 4 + ${classes}, ${n}]`,
    rows: `[1, ${n}, 4 + ${classes}]`,
  };
  return {
    certainty,
    why,
    plan: {
      layout: texts[layout],
      input: YOLO_INPUT,
      outputs: [{ name: output.name, dims: layout === 'columns' ? [1, columns, count] : [1, count, columns] }],
      classes,
      nmsIou: 0.45,
      objectness: layout === 'objectness',
      check: ([values]) => check(floats(values), columns, layout),
      decoder: (scoring = 'product') =>
        layout === 'columns' ? columnDecoder(classes) : rowDecoder(classes, layout === 'objectness', scoring),
    },
  };
}

/** Boxes in rows: [boxes, 4 or 5 + classes]. @param unit what 1 is in pixels of the input, across and down */
export function rowDecoder(
  classes: number,
  objectness: boolean,
  scoring: Scoring,
  unit: Size = { w: 1, h: 1 },
): Decode {
  const first = objectness ? 5 : 4;
  const stride = first + classes;
  return (outputs, thresholds, into) => {
    const data = floats(outputs[0]);
    for (let at = 0; at + stride <= data.length; at += stride) {
      const object = objectness ? (data[at + 4] ?? 0) : 1;
      if (!(object >= thresholds.lowest)) continue;
      const from = at + first;
      const best = bestClass(data, from, classes);
      const score = rowScore(object, data[from + best] ?? 0, scoring);
      if (!(score >= (thresholds.byClass[best] ?? Number.POSITIVE_INFINITY))) continue;
      const [cx = 0, cy = 0, w = 0, h = 0] = data.subarray(at, at + 4);
      into.addCentred(cx * unit.w, cy * unit.h, w * unit.w, h * unit.h, score, best, from);
    }
  };
}

/** Boxes in columns: [4 + classes, boxes]. Classes are walked one after the other, as they lie in memory. */
function columnDecoder(classes: number): Decode {
  let bestScore = new Float32Array(0);
  let bestOf = new Int32Array(0);
  return (outputs, thresholds, into) => {
    const data = floats(outputs[0]);
    const count = Math.floor(data.length / (4 + classes));
    if (bestScore.length !== count) {
      bestScore = new Float32Array(count);
      bestOf = new Int32Array(count);
    }
    bestScore.set(data.subarray(4 * count, 5 * count));
    bestOf.fill(0);
    for (let id = 1; id < classes; id++) {
      const from = (4 + id) * count;
      for (let i = 0; i < count; i++) {
        const score = data[from + i] ?? 0;
        if (score > (bestScore[i] ?? 0)) {
          bestScore[i] = score;
          bestOf[i] = id;
        }
      }
    }
    for (let i = 0; i < count; i++) {
      const score = bestScore[i] ?? 0;
      const id = bestOf[i] ?? 0;
      if (!(score >= (thresholds.byClass[id] ?? Number.POSITIVE_INFINITY))) continue;
      const w = data[2 * count + i] ?? 0;
      const h = data[3 * count + i] ?? 0;
      into.addCentred(data[i] ?? 0, data[count + i] ?? 0, w, h, score, id);
    }
  };
}

/** Fractions of the input end near 1; centres in pixels cover the picture, whatever it shows. */
const FRACTIONS_END = 2;

function check(data: Float32Array, columns: number, layout: Layout): string | null {
  const boxes = Math.floor(data.length / columns);
  const inColumns = layout === 'columns';
  const farthest = inColumns ? largest(data, 1, data.length, 0, 2 * boxes) : largest(data, boxes, columns, 0, 2);
  if (farthest > 0 && farthest < FRACTIONS_END) {
    return `expected box centres in pixels of the input, got none beyond ${farthest}: they look like fractions`;
  }
  if (!inColumns) return checkProbabilities(data, boxes, columns, 4);
  for (let i = 4 * boxes; i < data.length; i++) {
    const complaint = checkProbability(data[i] ?? Number.NaN);
    if (complaint !== null) return `${complaint} for box ${i % boxes}, class ${Math.floor(i / boxes) - 4}`;
  }
  return null;
}
