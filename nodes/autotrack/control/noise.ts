/**
 * How much the box of the target jitters, as a share of its width: learned from each sighting's distance to the line
 * between its two neighbours in time. The median makes turns of the target and missed pictures harmless.
 */

/** Assumed until enough has been seen, and held to these bounds afterwards. */
const FIRST_SHARE = 0.06;
const LEAST_SHARE = 0.005;
const MOST_SHARE = 0.6;
const KEPT = 40;
/** The first guess counts as so many sightings. */
const GUESS_WEIGHT = 6;
/** Median of the absolute value of a standard normal variable. */
const MEDIAN_ABS = 0.6745;

interface Seen {
  readonly atMs: number;
  readonly direction: readonly number[];
}

export class BoxNoise {
  #seen: Seen[] = [];
  #shares: number[] = [];
  #share = FIRST_SHARE;

  /** Standard deviation of the box centre as a share of the box width. */
  get share(): number {
    return this.#share;
  }

  /** @param direction degrees by axis, own motion removed; @param widthDeg of the box */
  add(atMs: number, direction: readonly number[], widthDeg: number): void {
    this.#seen.push({ atMs, direction });
    if (this.#seen.length < 3) return;
    const [a, b, c] = this.#seen.splice(0, 1).concat(this.#seen);
    if (a === undefined || b === undefined || c === undefined || !(c.atMs > a.atMs) || !(widthDeg > 0)) return;
    const part = (b.atMs - a.atMs) / (c.atMs - a.atMs);
    const spread = Math.sqrt(1 + part ** 2 + (1 - part) ** 2);
    for (const [axis, from] of a.direction.entries()) {
      const middle = from + ((c.direction[axis] ?? 0) - from) * part;
      this.#shares.push(Math.abs((b.direction[axis] ?? 0) - middle) / spread / MEDIAN_ABS / widthDeg);
    }
    if (this.#shares.length > KEPT) this.#shares.splice(0, this.#shares.length - KEPT);
    const sorted = this.#shares.toSorted((x, y) => x - y);
    const median = sorted[Math.floor(sorted.length / 2)] ?? FIRST_SHARE;
    const learned = (median * sorted.length + FIRST_SHARE * GUESS_WEIGHT) / (sorted.length + GUESS_WEIGHT);
    this.#share = Math.min(MOST_SHARE, Math.max(LEAST_SHARE, learned));
  }

  /** Forgets the last places, not the noise: another target, or a gap. */
  restart(): void {
    this.#seen = [];
  }
}
