/** Quantized models give scores a little above 1. */
const MOST = 1.01;

/**
 * Boxes on their way from a decoder to the selection: columns of numbers that are used again for every frame, so that
 * a flood of boxes at a low threshold costs no objects. Corners in slot pixels.
 */
export class Candidates {
  count = 0;
  /** Boxes of a class that has no name, since `clear`. */
  unnamed = 0;
  /** Boxes with a coordinate that is not finite, or a score above 1, since `clear`. */
  broken = 0;
  x1: Float64Array = new Float64Array(256);
  y1: Float64Array = new Float64Array(256);
  x2: Float64Array = new Float64Array(256);
  y2: Float64Array = new Float64Array(256);
  score: Float64Array = new Float64Array(256);
  classId: Int32Array = new Int32Array(256);
  /** Where the class probabilities of a box begin in the model's first output; -1 where decoders do not say. */
  classesAt: Int32Array = new Int32Array(256);

  clear(): void {
    this.count = 0;
    this.unnamed = 0;
    this.broken = 0;
  }

  /** Adds a box by its corners; one with numbers that can't be is counted as broken and left out. */
  addCorners(x1: number, y1: number, x2: number, y2: number, score: number, classId: number, classesAt = -1): void {
    if (!Number.isFinite(x1 + y1 + x2 + y2) || !(score <= MOST)) {
      this.broken += 1;
      return;
    }
    const at = this.count;
    if (at === this.score.length) this.#grow();
    this.x1[at] = x1;
    this.y1[at] = y1;
    this.x2[at] = x2;
    this.y2[at] = y2;
    this.score[at] = score;
    this.classId[at] = classId;
    this.classesAt[at] = classesAt;
    this.count = at + 1;
  }

  /** Adds a box by its centre and size. */
  addCentred(cx: number, cy: number, w: number, h: number, score: number, classId: number, classesAt = -1): void {
    this.addCorners(cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2, score, classId, classesAt);
  }

  #grow(): void {
    for (const name of ['x1', 'y1', 'x2', 'y2', 'score'] as const) {
      const column = this[name];
      this[name] = new Float64Array(column.length * 2);
      this[name].set(column);
    }
    for (const name of ['classId', 'classesAt'] as const) {
      const column = this[name];
      this[name] = new Int32Array(column.length * 2);
      this[name].set(column);
    }
  }
}
