/**
 * Heads that give a box and a column of scores a class for every place in the picture, most of them for nothing: YOLO and
 * its relatives, SSD, and what gives boxes [1, N, 4] beside class scores [1, N, classes].
 */
import type { Size } from '../../../runtime/node.ts';
import {
  type BoxHints,
  type BoxNumbers,
  boxWriter,
  formatOf,
  isBoxFormat,
  numbersOf,
  type Place,
  type PutBox,
  type Table,
  tableAt,
} from './box-format.ts';
import type { Decode, OutputTensor, Scoring } from './family.ts';
import { bestClass, checkProbability, rowScore } from './values.ts';

export interface DenseHead {
  readonly boxes: Place;
  readonly hints: BoxHints;
  /** Makes boxes that are relative to their row's place what `hints` says. */
  readonly place?: (numbers: BoxNumbers, row: number) => BoxNumbers;
  /** Null: the class scores stand alone. */
  readonly objectness: Place | null;
  /** The first column of scores. */
  readonly scores: Place;
  readonly classes: number;
  /** The number of the class in the first column. */
  readonly firstClass?: number;
  /** There is one column more, for what is no object: the first or the last, whichever wins in most rows. */
  readonly background?: boolean;
}

/** Adds the best class of each box, if it is above its threshold. The first boxes tell how boxes are meant. */
export function denseDecoder(head: DenseHead, size: Size, scoring: Scoring): Decode {
  const { classes, firstClass = 0, hints } = head;
  const best = new BestInColumns();
  let known: PutBox | null = null;
  let scoresAt = head.scores;
  return (outputs, thresholds, into) => {
    const boxes = tableAt(outputs, head.boxes);
    if (known === null) {
      const format = head.place ? hints.stated : formatOf(boxes, size, hints);
      if (isBoxFormat(format)) known = boxWriter(format, size);
      scoresAt = withoutBackground(outputs, head);
    }
    const put = known ?? boxWriter(`${hints.usual}_px`, size);
    const scores = tableAt(outputs, scoresAt);
    const objects = head.objectness === null ? null : tableAt(outputs, head.objectness);
    if (scoresAt.across) best.find(scores, classes);
    for (let row = 0; row < boxes.rows; row++) {
      const object = objects === null ? 1 : (objects.data[objects.first + row * objects.rowStep] ?? 0);
      // Nearly every row of a head with objectness ends here: a score is never above it.
      if (!(object >= thresholds.lowest)) continue;
      const at = scores.first + row * scores.rowStep;
      const column = scoresAt.across ? (best.column[row] ?? 0) : bestClass(scores.data, at, classes);
      const score = rowScore(object, scores.data[at + column * scores.step] ?? 0, scoring);
      const id = column + firstClass;
      if (!(score >= (thresholds.byClass[id] ?? Number.POSITIVE_INFINITY))) continue;
      const numbers = numbersOf(boxes, row);
      put(into, head.place ? head.place(numbers, row) : numbers, score, id, scoresAt.across ? -1 : at);
    }
  };
}

/** Says what is implausible about the numbers of a first run. */
export function checkDense(outputs: readonly OutputTensor[], head: DenseHead, size: Size): string | null {
  const boxes = tableAt(outputs, head.boxes);
  const format = head.place ? null : formatOf(boxes, size, head.hints);
  if (format !== null && !isBoxFormat(format)) return `${format}; 'box_format' can state it`;
  const scores = tableAt(outputs, head.scores);
  const columns = head.classes + (head.background ? 1 : 0);
  const objects = head.objectness === null ? null : tableAt(outputs, head.objectness);
  for (let row = 0; row < boxes.rows; row++) {
    const object = objects === null ? null : checkProbability(objects.data[objects.first + row * objects.rowStep]);
    if (object !== null) return `${object} as objectness of box ${row}`;
    for (let column = 0; column < columns; column++) {
      const value = scores.data[scores.first + row * scores.rowStep + column * scores.step];
      const complaint = checkProbability(value);
      if (complaint !== null) return `${complaint} for box ${row}, class ${column}`;
    }
  }
  if (!head.background || backgroundShift(scores, columns) !== null) return null;
  return (
    `${columns} columns of scores for ${head.classes} class names, and neither the first nor the last column wins on ` +
    "an empty picture as the background does: give 'class_names' an empty name at its place"
  );
}

function withoutBackground(outputs: readonly OutputTensor[], { background, scores, classes }: DenseHead): Place {
  if (!background) return scores;
  return { ...scores, column: scores.column + (backgroundShift(tableAt(outputs, scores), classes + 1) ?? 0) };
}

/** How many columns before the classes are for the background, 0 or 1; null: neither end wins in most rows. */
function backgroundShift(scores: Table, columns: number): 0 | 1 | null {
  let first = 0;
  let last = 0;
  for (let row = 0; row < scores.rows; row++) {
    let most = Number.NEGATIVE_INFINITY;
    let at = 0;
    for (let column = 0; column < columns; column++) {
      const value = scores.data[scores.first + row * scores.rowStep + column * scores.step] ?? 0;
      if (value > most) [most, at] = [value, column];
    }
    if (at === 0) first += 1;
    else if (at === columns - 1) last += 1;
  }
  if (first * 2 > scores.rows) return 1;
  return last * 2 > scores.rows ? 0 : null;
}

/** The best class of each row where classes lie one after the other: they are walked as they lie in memory. */
class BestInColumns {
  column = new Int32Array(0);
  #score = new Float32Array(0);

  find({ data, rows, first }: Table, classes: number): void {
    if (this.column.length !== rows) {
      this.column = new Int32Array(rows);
      this.#score = new Float32Array(rows);
    }
    const { column } = this;
    const best = this.#score;
    best.set(data.subarray(first, first + rows));
    column.fill(0);
    for (let id = 1; id < classes; id++) {
      const from = first + id * rows;
      for (let row = 0; row < rows; row++) {
        const score = data[from + row] ?? 0;
        if (score > (best[row] ?? 0)) {
          best[row] = score;
          column[row] = id;
        }
      }
    }
  }
}
