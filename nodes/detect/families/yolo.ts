/**
 * Heads that give many boxes an object, in one output:
 * - [1, N, 5 + classes] of YOLOv5 (and v7): box, objectness, class probabilities; score = objectness × class, or the
 *   objectness alone.
 * - [1, 4 + classes, N] of YOLOv8, v9, v11 and later, or its transpose [1, N, 4 + classes] (also RTMDet, PicoDet, SSD): no
 *   objectness.
 * Coefficients of masks or key points may follow; they are not read. Boxes are centre and size in pixels of the input
 * unless the boxes themselves tell otherwise. The picture: RGB, 0 to 1, centred letterbox on grey 114.
 *
 * Source: the shapes and metadata that the exporters of those projects write.
 */
import { checkDense, type DenseHead, denseDecoder } from './dense.ts';
import {
  type Certainty,
  dimsText,
  extraColumns,
  type Family,
  givesMore,
  gridCells,
  isDetr,
  type Match,
  type ModelFacts,
  onlyTable,
  otherTask,
  type ValueInfo,
  YOLO_INPUT,
} from './family.ts';

export const yolo: Family = {
  name: 'yolo',
  match(model) {
    const output = onlyTable(model, '[1, N, 5 + classes] or [1, 4 + classes, N]');
    if (typeof output === 'string') return output;
    if (isDetr(model)) return 'the description names RT-DETR';
    const task = otherTask(model);
    if (task !== null) return task;
    const readings = LAYOUTS.flatMap((layout) => read(model, output, layout) ?? []);
    const [first, ...more] = readings.filter(({ certainty }) => certainty === 'likely');
    const reading = more.length > 0 ? undefined : (first ?? readings[0]);
    if (reading !== undefined) return make(model, output, reading);
    const names = model.nameCount === null ? 'no class names are known' : `there are ${model.nameCount} class names`;
    return `${dimsText(output.dims)} fits ${first === undefined ? 'no' : 'more than one'} head of ${model.size.w}×${model.size.h}, and ${names}`;
  },
};

const LAYOUTS = ['columns', 'rows', 'objectness'] as const;

/** One way to read the output. */
interface Reading {
  readonly layout: (typeof LAYOUTS)[number];
  readonly certainty: Certainty;
  readonly classes: number;
  /** Columns after the classes. */
  readonly extra: number;
  /** Null: not fixed. */
  readonly boxes: number | null;
}

function read(model: ModelFacts, { dims }: ValueInfo, layout: Reading['layout']): Reading | null {
  const { nameCount: names } = model;
  const [, a, b] = dims;
  const [columns, rows] = layout === 'columns' ? [a, b] : [b, a];
  const grid = gridOf(model, rows);
  const other = gridOf(model, columns);
  const base = layout === 'objectness' ? 5 : 4;
  const room = Number(columns) - base;
  const declared = extraColumns(model).count;
  const isGrid = grid === 'one' || grid === 'three';
  let extra = declared < room && room !== names ? declared : 0;
  if (declared === 0 && givesMore(model) && names !== null && isGrid) extra = Math.max(0, room - names);
  const classes = typeof columns === 'number' ? columns - base - extra : (names ?? 0);
  if (!(classes >= 1)) return null;
  const certainty = judge();
  return certainty === null
    ? null
    : { layout, certainty, classes, extra, boxes: typeof rows === 'number' ? rows : null };

  function judge(): Certainty | null {
    if (grid === 'three') return layout === 'objectness' ? 'likely' : null;
    if (typeof columns !== 'number') return null;
    const fits = names === null ? classes === 80 : classes === names;
    if (grid === 'one') {
      // The raw grid of YOLOX looks the same; only the user can tell that these boxes are decoded.
      if (layout === 'objectness') return 'possible';
      return layout === 'columns' || fits ? 'likely' : null;
    }
    if (layout === 'columns') {
      return fits || (grid === 'open' && names === null && other === 'none') ? 'likely' : null;
    }
    if (!fits || (grid === 'none' && names === null)) return null;
    // Six columns are more often a finished box with its score and class.
    return columns === 6 ? 'possible' : 'likely';
  }
}

/** Whether a number of rows is one or three boxes a cell of the usual strides. */
function gridOf({ size }: ModelFacts, rows: number | string | undefined): 'one' | 'three' | 'open' | 'none' {
  if (typeof rows !== 'number') return 'open';
  const cells = [gridCells(size, [8, 16, 32]), gridCells(size, [8, 16, 32, 64])];
  if (cells.includes(rows)) return 'one';
  return cells.includes(rows / 3) ? 'three' : 'none';
}

function make(model: ModelFacts, output: ValueInfo, reading: Reading): Match {
  const { layout, certainty, classes, extra, boxes } = reading;
  const across = layout === 'columns';
  const objectness = layout === 'objectness';
  const base = objectness ? 5 : 4;
  const columns = base + classes + extra;
  const n = boxes ?? 'N';
  const columnsText = `${base} + ${classes}${extra > 0 ? ` + ${extra}` : ''}`;
  const text = across ? `[1, ${columnsText}, ${n}]` : `[1, ${n}, ${columnsText}]`;
  const at = (column: number) => ({ output: 0, column, columns, across });
  const head: DenseHead = {
    boxes: at(0),
    hints: { stated: model.boxFormat, usual: 'cxcywh', dense: true },
    objectness: objectness ? at(4) : null,
    scores: at(base),
    classes,
  };
  return {
    certainty,
    why: `${dimsText(output.dims)} can be ${text}`,
    plan: {
      layout: text,
      input: YOLO_INPUT,
      outputs: [{ name: output.name, dims: across ? [1, columns, boxes] : [1, boxes, columns] }],
      classes,
      nmsIou: 0.45,
      objectness,
      ...(extra > 0 ? { notRead: extraColumns(model).what || `${extra} columns after the classes` } : {}),
      check: (values) => checkDense(values, head, model.size),
      decoder: (scoring = 'product') => denseDecoder(head, model.size, scoring),
    },
  };
}
