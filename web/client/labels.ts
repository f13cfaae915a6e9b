/**
 * Where labels go: beside their box, so that they cover neither boxes nor each other and are wholly seen. A label keeps its
 * side while that is free. One that finds no place is left out, the target's last of all. Pure.
 */
import { overlaps } from './geometry.ts';
import type { Point, Rect, Size } from './shapes.ts';

export interface Labelled {
  readonly id: number;
  readonly box: Rect;
  readonly size: Size;
  /** Is placed first. */
  readonly isFirst: boolean;
}

export interface PlacedLabel extends Rect {
  readonly id: number;
  /** From the box to the label, when it is not right beside it. */
  readonly leader: readonly [Point, Point] | null;
}

/** From the box to its label. */
const GAP = 4;
/** A label that finds no place beside its box moves away by these. */
const FAR = [18, 40];
/** Sides of a box: the directions in which a label may lie, the usual one first. */
const SIDES: readonly (readonly [across: number, down: number])[] = [
  [0, -1],
  [0, 1],
  [1, 0],
  [-1, 0],
  [1, -1],
  [-1, -1],
  [1, 1],
  [-1, 1],
];

export class LabelPlacer {
  /** Where each label lay last: an index of the candidates. */
  #last = new Map<number, number>();

  place(labels: readonly Labelled[], within: Rect): PlacedLabel[] {
    const taken = new Taken(within);
    for (const { box } of labels) taken.add(box);
    const last = new Map<number, number>();
    const placed: PlacedLabel[] = [];
    const inOrder = [...labels].sort((a, b) => Number(b.isFirst) - Number(a.isFirst) || a.id - b.id);
    for (const label of inOrder) {
      const known = this.#last.get(label.id) ?? 0;
      for (let i = 0; i < CANDIDATES; i++) {
        const at = i === 0 ? known : i <= known ? i - 1 : i;
        const rect = candidate(label, at);
        if (!taken.isFree(rect)) continue;
        taken.add(rect);
        last.set(label.id, at);
        placed.push({ ...rect, id: label.id, leader: at < SIDES.length ? null : leader(label.box, rect) });
        break;
      }
    }
    this.#last = last;
    return placed;
  }
}

const CANDIDATES = SIDES.length * (1 + FAR.length);

function candidate({ box, size }: Labelled, at: number): Rect {
  const [across, down] = SIDES[at % SIDES.length] ?? [0, -1];
  const away = GAP + (at < SIDES.length ? 0 : (FAR[Math.floor(at / SIDES.length) - 1] ?? 0));
  return { x: along(box.x, box.w, size.w, across, away), y: along(box.y, box.h, size.h, down, away), ...size };
}

/** Straight above and below, a label begins where its box does. */
function along(start: number, length: number, size: number, direction: number, away: number): number {
  if (direction === 0) return length < size ? start + (length - size) / 2 : start;
  return direction > 0 ? start + length + away : start - size - away;
}

/** Between the nearest points of the two. */
function leader(box: Rect, label: Rect): readonly [Point, Point] {
  const nearest = (a: number, aLength: number, b: number, bLength: number): [number, number] => {
    if (b > a + aLength) return [a + aLength, b];
    if (b + bLength < a) return [a, b + bLength];
    const middle = (Math.max(a, b) + Math.min(a + aLength, b + bLength)) / 2;
    return [middle, middle];
  };
  const [fromX, toX] = nearest(box.x, box.w, label.x, label.w);
  const [fromY, toY] = nearest(box.y, box.h, label.y, label.h);
  return [
    { x: fromX, y: fromY },
    { x: toX, y: toY },
  ];
}

/** What is covered, in cells: with many boxes, only those nearby are asked. */
class Taken {
  readonly #within: Rect;
  readonly #cells = new Map<number, Rect[]>();

  constructor(within: Rect) {
    this.#within = within;
  }

  add(rect: Rect): void {
    for (const cell of cellsOf(rect)) {
      const known = this.#cells.get(cell);
      if (known) known.push(rect);
      else this.#cells.set(cell, [rect]);
    }
  }

  isFree(rect: Rect): boolean {
    const { x, y, w, h } = this.#within;
    if (rect.x < x || rect.y < y || rect.x + rect.w > x + w || rect.y + rect.h > y + h) return false;
    return cellsOf(rect).every((cell) => !this.#cells.get(cell)?.some((other) => overlaps(rect, other)));
  }
}

const CELL = 64;
const ROW = 4096;
const MOST_CELLS = ROW / 2;

function cellsOf({ x, y, w, h }: Rect): number[] {
  const cells: number[] = [];
  const cell = (at: number) => Math.max(-MOST_CELLS, Math.min(MOST_CELLS, Math.floor(at / CELL)));
  for (let row = cell(y); row <= cell(y + h); row++) {
    for (let column = cell(x); column <= cell(x + w); column++) cells.push(row * ROW + column);
  }
  return cells;
}
