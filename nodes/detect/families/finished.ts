/**
 * Finished boxes: each with one score and the number of its class, doubles suppressed by the model, in the columns of one
 * output or in outputs of their own.
 */
import { type Size, WindhoverError } from '../../../runtime/node.ts';
import {
  type BoxHints,
  boxWriter,
  formatOf,
  isBoxFormat,
  numbersOf,
  type Place,
  type PutBox,
  type Table,
  tableAt,
} from './box-format.ts';
import type { Decode, OutputTensor } from './family.ts';
import { checkProbability, floats } from './values.ts';

/** Where the parts of finished boxes lie. */
export interface FinishedRows {
  readonly box: Place;
  readonly score: Place;
  readonly id: Place;
  /** Number of the picture in the batch; rows of others are left out. */
  readonly image?: Place;
  /** Index of the output that says how many rows are valid. */
  readonly count?: number;
  readonly hints: BoxHints;
  /** The number that stands for the first name. */
  readonly firstId: number;
}

/**
 * A decoder of finished boxes. Of several orders of columns, the first boxes tell which one it is.
 * Throws `model_box_format` when the first boxes are implausible.
 */
export function finishedDecoder(orders: readonly FinishedRows[], size: Size): Decode {
  let chosen: { readonly order: FinishedRows; readonly put: PutBox } | null = null;
  return (outputs, thresholds, into) => {
    chosen ??= choose(orders, outputs, size);
    if (chosen === null) return;
    const { order, put } = chosen;
    const boxes = tableAt(outputs, order.box);
    const rows = rowCount(outputs, order);
    for (let row = 0; row < rows; row++) {
      const score = valueAt(outputs, order.score, row);
      if (!(score >= thresholds.lowest) || score <= 0 || (order.image && valueAt(outputs, order.image, row) !== 0)) {
        continue;
      }
      const id = Math.round(valueAt(outputs, order.id, row)) - order.firstId;
      const least = thresholds.byClass[id];
      if (least === undefined) into.unnamed += 1;
      else if (score >= least) put(into, numbersOf(boxes, row), score, id);
    }
  };
}

/** Says what is implausible about a first run; `names`: number of class names, when known. */
export function checkFinished(
  outputs: readonly OutputTensor[],
  orders: readonly FinishedRows[],
  size: Size,
  names: number | null,
): string | null {
  const complaints = orders.map((order) => complaintOf(outputs, order, size, names));
  return complaints.includes(null) ? null : complaints.join('; or in another order of columns: ');
}

function complaintOf(
  outputs: readonly OutputTensor[],
  order: FinishedRows,
  size: Size,
  names: number | null,
): string | null {
  for (let row = 0; row < rowCount(outputs, order); row++) {
    const score = valueAt(outputs, order.score, row);
    const complaint = checkProbability(score);
    if (complaint !== null) return `${complaint} in row ${row}`;
    const id = valueAt(outputs, order.id, row);
    const most = names === null ? Number.POSITIVE_INFINITY : order.firstId + names - 1;
    // Unused rows are often filled with -1.
    if (id !== Math.round(id) || (score > 0 && (id < order.firstId || id > most))) {
      return `expected class numbers from ${order.firstId} to ${most}, got ${id} in row ${row}`;
    }
  }
  const format = formatOf(scoredBoxes(outputs, order), size, order.hints);
  return isBoxFormat(format) || format === null ? null : `${format}; 'box_format' can state it`;
}

function choose(orders: readonly FinishedRows[], outputs: readonly OutputTensor[], size: Size) {
  const order = orders.find((one) => complaintOf(outputs, one, size, null) === null) ?? orders[0];
  if (order === undefined) return null;
  const format = formatOf(scoredBoxes(outputs, order), size, order.hints);
  if (format === null) return null;
  if (isBoxFormat(format)) return { order, put: boxWriter(format, size) };
  const hint = "set 'box_format' to what the model gives";
  throw new WindhoverError('model_box_format', format, { option: 'box_format', hint });
}

/** The boxes with a score: rows that are not used may hold anything. */
function scoredBoxes(outputs: readonly OutputTensor[], order: FinishedRows): Table {
  const all = tableAt(outputs, order.box);
  const data = new Float32Array(all.rows * 4);
  let rows = 0;
  for (let row = 0; row < rowCount(outputs, order); row++) {
    if (valueAt(outputs, order.score, row) > 0) data.set(numbersOf(all, row), 4 * rows++);
  }
  return { data, rows, first: 0, rowStep: 4, step: 1 };
}

function rowCount(outputs: readonly OutputTensor[], { box, count }: FinishedRows): number {
  const rows = Math.floor(floats(outputs[box.output]).length / box.columns);
  const stated = count === undefined ? undefined : outputs[count]?.data[0];
  return stated === undefined ? rows : Math.max(0, Math.min(rows, Number(stated)));
}

/** A number of a row; NaN where there is none. Classes may come as integers. */
function valueAt(outputs: readonly OutputTensor[], { output, column, columns }: Place, row: number): number {
  return Number(outputs[output]?.data[row * columns + column] ?? Number.NaN);
}
