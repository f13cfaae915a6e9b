/**
 * The delays of the last second, to tell whether timestamps keep pace with the packets. Packets that come in bursts say
 * nothing about that in so short a time: then there is no verdict. Pure stepper.
 */

const SPAN_MS = 1000;
const FEWEST = 12;
const MOST = 128;
/** No gap between arrivals is longer than so many of the middle one. */
const EVEN = 4;
/** Delays that rise or fall faster are no clock's. */
const MIN_SLOPE = 0.04;
/** And by so many standard errors of the slope: of few packets the error itself is not well known. */
const sureAt = (packets: number) => (packets < FEWEST ? 12 : 4);

interface Point {
  readonly atMs: number;
  readonly delayMs: number;
}

export class RecentDelays {
  /** The smallest one; -Infinity without a verdict. */
  smallestMs = Number.NEGATIVE_INFINITY;
  /** They rise or fall steadily, as when timestamps stand still or are counted up at another rate. */
  isDrifting = false;
  #points: Point[] = [];

  clear(): void {
    this.#points = [];
  }

  add(atMs: number, delayMs: number): void {
    this.#points.push({ atMs, delayMs });
    const old = this.#points.filter((point) => point.atMs <= atMs - SPAN_MS).length;
    const { length } = this.#points;
    this.#points.splice(0, Math.max(length - MOST, Math.min(old, length - FEWEST), 0));
    this.#judge();
  }

  #judge(): void {
    this.smallestMs = Number.NEGATIVE_INFINITY;
    this.isDrifting = false;
    if (this.#points.length < 5 || !isEven(this.#points)) return;
    const { slope, slopeError } = trend(this.#points);
    const spanMs = (this.#points.at(-1)?.atMs ?? 0) - (this.#points[0]?.atMs ?? 0);
    const isLong = spanMs > 0.8 * SPAN_MS;
    // What a server had kept comes in one go: those delays fall, and mean nothing.
    this.isDrifting = (slope > 0 || isLong) && Math.abs(slope) > MIN_SLOPE + sureAt(this.#points.length) * slopeError;
    if (isLong) this.smallestMs = Math.min(...this.#points.map(({ delayMs }) => delayMs));
  }
}

function isEven(points: readonly Point[]): boolean {
  const gaps = points.slice(1).map(({ atMs }, i) => atMs - (points[i]?.atMs ?? atMs));
  gaps.sort((a, b) => a - b);
  return (gaps.at(-1) ?? 0) <= EVEN * (gaps[Math.floor(gaps.length / 2)] ?? 0);
}

/** Least squares. */
function trend(points: readonly Point[]): { slope: number; slopeError: number } {
  const n = points.length;
  const meanAt = points.reduce((sum, { atMs }) => sum + atMs, 0) / n;
  const meanDelay = points.reduce((sum, { delayMs }) => sum + delayMs, 0) / n;
  let squares = 0;
  let products = 0;
  for (const { atMs, delayMs } of points) {
    squares += (atMs - meanAt) ** 2;
    products += (atMs - meanAt) * (delayMs - meanDelay);
  }
  const slope = products / squares;
  const rest = points.reduce((sum, p) => sum + (p.delayMs - meanDelay - slope * (p.atMs - meanAt)) ** 2, 0);
  return { slope, slopeError: Math.sqrt(rest / Math.max(1, n - 2) / squares) };
}
