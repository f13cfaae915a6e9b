/**
 * The lower edge of delays over the last half minute, as a line: delays scatter upwards only, and two clocks of different
 * speed make the edge a slope. Pure stepper. All times are milliseconds.
 */

const WINDOW_MS = 30_000;
/** Of the delays in so short a time only the smallest is kept. */
const BUCKET_MS = 250;
/** From a shorter time no slope is read. */
const SLOPE_FROM_MS = 2000;

interface Point {
  readonly atMs: number;
  readonly delayMs: number;
}

export class LowerEdge {
  /** The line rises by so much a millisecond: the speed of our clock against the other's, less 1. */
  slope = 0;
  readonly #steepest: number;
  #points: Point[] = [];
  #interceptMs = Number.POSITIVE_INFINITY;

  /** @param steepest the slope of the line is not taken to be more than that, up or down */
  constructor(steepest: number) {
    this.#steepest = steepest;
  }

  /** Time that is covered. */
  get spanMs(): number {
    return (this.#points.at(-1)?.atMs ?? 0) - (this.#points[0]?.atMs ?? 0);
  }

  clear(): void {
    this.#points = [];
    this.slope = 0;
    this.#interceptMs = Number.POSITIVE_INFINITY;
  }

  add(atMs: number, delayMs: number): void {
    const last = this.#points.at(-1);
    if (!last || Math.floor(last.atMs / BUCKET_MS) !== Math.floor(atMs / BUCKET_MS))
      this.#points.push({ atMs, delayMs });
    else if (delayMs < last.delayMs) this.#points[this.#points.length - 1] = { atMs, delayMs };
    else return;
    this.#points = this.#points.filter((point) => point.atMs > atMs - WINDOW_MS);
    this.slope = this.spanMs < SLOPE_FROM_MS ? 0 : this.#slopeInTheMiddle();
    this.#interceptMs = Math.min(...this.#points.map((point) => point.delayMs - this.slope * point.atMs));
  }

  /** The edge at that time; Infinity while nothing was added. */
  at(atMs: number): number {
    return this.#interceptMs + this.slope * atMs;
  }

  /** Slope of the side of the lower hull that spans the middle of the window: the line under all points that lies nearest to them. */
  #slopeInTheMiddle(): number {
    const middleMs = (this.#points[0]?.atMs ?? 0) + this.spanMs / 2;
    const hull = lowerHull(this.#points);
    const after = hull.findIndex(({ atMs }) => atMs > middleMs);
    const [from, to] = [hull[after - 1], hull[after]];
    if (!from || !to) return 0;
    const slope = (to.delayMs - from.delayMs) / (to.atMs - from.atMs);
    return Math.max(-this.#steepest, Math.min(this.#steepest, slope));
  }
}

/** @param points in order of time */
function lowerHull(points: readonly Point[]): Point[] {
  const hull: Point[] = [];
  for (const point of points) {
    while (isAbove(hull.at(-2), hull.at(-1), point)) hull.pop();
    hull.push(point);
  }
  return hull;
}

/** True when the point in the middle does not lie below the line from the one before to the one after. */
function isAbove(before: Point | undefined, middle: Point | undefined, after: Point): boolean {
  if (!before || !middle) return false;
  const rise = (after.delayMs - before.delayMs) * (middle.atMs - before.atMs);
  return (middle.delayMs - before.delayMs) * (after.atMs - before.atMs) >= rise;
}
