/** Boxes around pixels that lie together: those of cells that touch, also by a corner, are one. */
import type { Size } from '../runtime/node.ts';

/** Side of a cell, pixels: what lies closer together than that is one. */
const CELL = 4;
/** The strongest that are told. */
const MOST = 32;

export interface FoundBox {
  /** Pixels. */
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  readonly strength: number;
}

interface Cell {
  left: number;
  top: number;
  right: number;
  bottom: number;
  strength: number;
}

export class Boxes {
  readonly #columns: number;
  readonly #cells = new Map<number, Cell>();

  constructor({ w }: Size) {
    // One more, so that the last of a row does not touch the first of the next.
    this.#columns = Math.ceil(w / CELL) + 1;
  }

  clear(): void {
    this.#cells.clear();
  }

  add(x: number, y: number, strength: number): void {
    const key = Math.floor(y / CELL) * this.#columns + Math.floor(x / CELL);
    const cell = this.#cells.get(key);
    if (cell) grow(cell, { left: x, top: y, right: x + 1, bottom: y + 1, strength });
    else this.#cells.set(key, { left: x, top: y, right: x + 1, bottom: y + 1, strength });
  }

  /** The strongest first. */
  found(): readonly FoundBox[] {
    const boxes: Cell[] = [];
    const left = new Set(this.#cells.keys());
    for (const key of left) boxes.push(this.#together(key, left));
    boxes.sort((a, b) => b.strength - a.strength);
    return boxes.slice(0, MOST).map(({ left: x, top: y, right, bottom, strength }) => {
      return { x, y, w: right - x, h: bottom - y, strength };
    });
  }

  /** All that hangs together with a cell; taken from those that are left. */
  #together(first: number, left: Set<number>): Cell {
    const all: Cell = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity, strength: 0 };
    const open = [first];
    left.delete(first);
    for (let key = open.pop(); key !== undefined; key = open.pop()) {
      const cell = this.#cells.get(key);
      if (cell) grow(all, cell);
      for (const row of [-this.#columns, 0, this.#columns]) {
        for (const near of [key + row - 1, key + row, key + row + 1]) if (left.delete(near)) open.push(near);
      }
    }
    return all;
  }
}

function grow(cell: Cell, by: Cell): void {
  cell.left = Math.min(cell.left, by.left);
  cell.top = Math.min(cell.top, by.top);
  cell.right = Math.max(cell.right, by.right);
  cell.bottom = Math.max(cell.bottom, by.bottom);
  cell.strength = Math.max(cell.strength, by.strength);
}
