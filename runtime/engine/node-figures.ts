/** What one node counts: counters, gauges and histograms by name. */
import { WindhoverError } from '../errors.ts';
import type { HistogramCounts, Metrics } from '../metrics.ts';

const MOST_NAMES = 500;
const MOST_GAUGE_CHARS = 1000;

export type Stats = Record<string, number | string>;

export class NodeFigures {
  /** Counters and gauges. */
  readonly stats: Stats;
  readonly #histograms = new Map<string, Histogram>();
  readonly #failed: (error: WindhoverError) => void;
  #names = 0;

  /**
   * @param metrics declares the histograms
   * @param stats counters so far, of the node that this one takes over from
   * @param failed called when the node counts what can't be counted
   */
  constructor(metrics: Metrics, stats: Readonly<Stats> | undefined, failed: (error: WindhoverError) => void) {
    this.stats = Object.assign(Object.create(null), stats);
    this.#failed = failed;
    for (const [name, { kind, buckets = [] }] of Object.entries(metrics)) {
      if (kind === 'histogram') this.#histograms.set(name, new Histogram(buckets));
    }
  }

  gauge(name: string, value: number | string): void {
    if (!this.#hasRoom(name)) return;
    // JSON has no other numbers.
    if (typeof value === 'number' && Number.isFinite(value)) this.stats[name] = value;
    else this.stats[name] = String(value).slice(0, MOST_GAUGE_CHARS);
  }

  /** Fails the node when its counter would fall, or be no number any more. */
  count(name: string, by = 1): void {
    if (!this.#hasRoom(name)) return;
    const before = this.stats[name];
    if (Number.isFinite(by) && by >= 0) this.stats[name] = (typeof before === 'number' ? before : 0) + by;
    else this.#failed(wrongCount(name, by));
  }

  /** Adds a value to a histogram. Fails the node when its contract declares none of that name, or it is no number. */
  observe(name: string, value: number): void {
    const histogram = this.#histograms.get(name);
    if (histogram && Number.isFinite(value)) histogram.add(value);
    else this.#failed(wrongValue(name, value, [...this.#histograms.keys()]));
  }

  /** A copy, by name. */
  histograms(): Readonly<Record<string, HistogramCounts>> {
    return Object.fromEntries([...this.#histograms].map(([name, histogram]) => [name, histogram.copy()]));
  }

  /** Names are made by code: a node that makes them of its data would fill the memory. */
  #hasRoom(name: string): boolean {
    if (name in this.stats) return true;
    if (this.#names < MOST_NAMES && name.length <= MOST_GAUGE_CHARS) {
      this.#names += 1;
      return true;
    }
    this.stats.names_left_out = Number(this.stats.names_left_out ?? 0) + 1;
    return false;
  }
}

class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  add(value: number): void {
    let bucket = 0;
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] ?? 0)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
  }

  copy(): HistogramCounts {
    return { counts: [...this.#counts], sum: this.#sum };
  }
}

function wrongCount(name: string, by: number): WindhoverError {
  return new WindhoverError('wrong_count', `the counter ${name} can't rise by that`, {
    expected: 'a number of 0 or more: counters only rise',
    got: String(by),
  });
}

function wrongValue(name: string, value: number, known: readonly string[]): WindhoverError {
  return new WindhoverError('wrong_count', `the histogram ${name} can't take that`, {
    expected: `a finite number, and a histogram of the contract: ${known.join(', ')}`,
    got: String(value),
  });
}
