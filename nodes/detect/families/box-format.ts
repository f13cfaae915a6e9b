/**
 * How the four numbers of a box are meant. A file does not say it; the boxes of a run do: fractions end near 1, pixels do
 * not, and a second corner lies beyond the first one.
 */
import type { Size } from '../../../runtime/node.ts';
import type { Candidates } from '../candidates.ts';
import { BOX_FORMATS, type BoxFormat, type OutputTensor } from './family.ts';
import { floats } from './values.ts';

export type BoxForm = 'xyxy' | 'cxcywh' | 'yxyx';

export function isBoxFormat(text: string | null | undefined): text is BoxFormat {
  return BOX_FORMATS.some((format) => format === text);
}

/** Where a column lies: of which output, and which of how many columns. */
export interface Place {
  readonly output: number;
  readonly column: number;
  readonly columns: number;
  /** [columns, rows] instead of [rows, columns]. */
  readonly across?: boolean;
}

/** Number `k` of row `i` is `data[first + i × rowStep + k × step]`. */
export interface Table {
  readonly data: Float32Array;
  readonly rows: number;
  readonly first: number;
  readonly rowStep: number;
  readonly step: number;
}

export function tableAt(outputs: readonly OutputTensor[], { output, column, columns, across }: Place): Table {
  const data = floats(outputs[output]);
  const rows = Math.floor(data.length / columns);
  if (across) return { data, rows, first: column * rows, rowStep: 1, step: rows };
  return { data, rows, first: column, rowStep: columns, step: 1 };
}

/** What is known about boxes before any is seen. */
export interface BoxHints {
  /** By the option or the metadata; null: nobody says. */
  readonly stated: BoxFormat | null;
  /** What the family gives. */
  readonly usual: BoxForm;
  /** Boxes all over the picture, good or not: then they tell corners from centre and size, too. */
  readonly dense: boolean;
}

/** Fractions end near 1. */
const FRACTIONS_END = 2;
/** So many boxes, nearly all with a second corner beyond the first, are no centres and sizes by chance. */
const MANY = 16;
const NEARLY_ALL = 0.99;
const MOST = 0.9;

/** The format of all boxes of a run; null when they say nothing (none, or all 0); else a complaint. */
export function formatOf(boxes: Table, size: Size, { stated, usual, dense }: BoxHints): BoxFormat | string | null {
  const seen = look(boxes);
  if (seen.rows === 0) return stated;
  const inPixels = seen.beyond > (1 - NEARLY_ALL) * seen.rows;
  const unit = inPixels ? 'px' : 'norm';
  if (stated !== null && !stated.endsWith(unit)) {
    return inPixels
      ? `expected boxes in fractions of the input (${stated}), got ${seen.farthest}`
      : `expected boxes in pixels (${stated}), got none beyond ${seen.farthest}: they look like fractions`;
  }
  if (!dense && seen.farthest > 4 * Math.max(inPixels ? size.w : 1, inPixels ? size.h : 1)) {
    return `expected boxes in ${inPixels ? `pixels of ${size.w}×${size.h}` : 'fractions of the input'}, got ${seen.farthest}`;
  }
  if (stated !== null) return stated;
  const corners = seen.corners / Math.max(1, seen.corners + seen.crossed);
  if (usual === 'cxcywh') return `${seen.corners >= MANY && corners >= NEARLY_ALL ? 'xyxy' : 'cxcywh'}_${unit}`;
  if (seen.crossed === 0 || corners >= MOST) return `${usual}_${unit}`;
  if (dense && seen.sized >= NEARLY_ALL * seen.rows) return `cxcywh_${unit}`;
  return dense
    ? 'the boxes are neither corners nor centre and size: they look like offsets, not decoded yet'
    : `the boxes are no corners (${usual}): the second one lies before the first`;
}

/** What boxes have in common. Rows of zeros are no boxes. */
function look({ data, rows, first, rowStep, step }: Table) {
  const seen = { rows: 0, farthest: 0, beyond: 0, corners: 0, crossed: 0, sized: 0 };
  for (let row = 0; row < rows; row++) {
    const at = first + row * rowStep;
    const a = data[at] ?? 0;
    const b = data[at + step] ?? 0;
    const c = data[at + 2 * step] ?? 0;
    const d = data[at + 3 * step] ?? 0;
    const far = Math.max(Math.abs(a), Math.abs(b), Math.abs(c), Math.abs(d));
    if (!(far > 0)) continue;
    seen.rows += 1;
    seen.farthest = Math.max(seen.farthest, far);
    if (far > FRACTIONS_END) seen.beyond += 1;
    if (c > a && d > b) seen.corners += 1;
    else if (c < a || d < b) seen.crossed += 1;
    if (c > 0 && d > 0) seen.sized += 1;
  }
  return seen;
}

export type BoxNumbers = readonly [a: number, b: number, c: number, d: number];

/** Adds a box that is given by its four numbers. */
export type PutBox = (into: Candidates, numbers: BoxNumbers, score: number, id: number, classesAt?: number) => void;

export function boxWriter(format: BoxFormat, size: Size): PutBox {
  const [form, unit] = format.split('_');
  const { w, h } = unit === 'px' ? { w: 1, h: 1 } : size;
  if (form === 'cxcywh') {
    return (into, [a, b, c, d], score, id, classesAt) =>
      into.addCentred(a * w, b * h, c * w, d * h, score, id, classesAt);
  }
  if (form === 'xyxy') {
    return (into, [a, b, c, d], score, id, classesAt) =>
      into.addCorners(a * w, b * h, c * w, d * h, score, id, classesAt);
  }
  return (into, [a, b, c, d], score, id, classesAt) =>
    into.addCorners(b * w, a * h, d * w, c * h, score, id, classesAt);
}

/** The four numbers of a row. */
export function numbersOf({ data, first, rowStep, step }: Table, row: number): BoxNumbers {
  const at = first + row * rowStep;
  return [data[at] ?? 0, data[at + step] ?? 0, data[at + 2 * step] ?? 0, data[at + 3 * step] ?? 0];
}
