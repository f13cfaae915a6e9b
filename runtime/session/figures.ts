/**
 * The figures of a session, from the counters of its nodes and the messages that pass. Counters are per process; totals
 * go on over restarts. Pure: times are arguments.
 */
import type { NodeMeasures, NodeStats } from '../engine/messages.ts';
import type { Metrics } from '../metrics.ts';
import type { MeasuredNode, SessionView } from './api.ts';

type Frames = SessionView['frames'];

const RATE_WINDOW_MS = 3000;
const LATENCY_SAMPLES = 256;

export class Figures {
  readonly #nodes = new Map<string, Readonly<Record<string, number | string>>>();
  readonly #measures = new Map<string, NodeMeasures>();
  readonly #history: { atMs: number; decoded: number; processed: number }[] = [];
  readonly #inferenceMs = new Samples();
  readonly #endToEndMs = new Samples();
  /** Frames of which it is known what became of them, over all processes: these two only rise. */
  #processed = 0;
  #dropped = 0;
  /** Of this process: its frames in those two, and what its counters said of processed ones by then. */
  #settled = 0;
  #counted = 0;
  /** Processed frames that are not known to be decoded yet. */
  #ahead = 0;

  /** Takes in the counters of some nodes. @returns whether they have processed frames since the last time */
  update(nodes: NodeStats, nowMs: number, measures: ReadonlyMap<string, NodeMeasures> = new Map()): boolean {
    for (const [node, stats] of nodes) this.#nodes.set(node, stats);
    for (const [node, measured] of measures) this.#measures.set(node, measured);
    const before = this.#counted;
    this.#settle();
    this.#history.push({ atMs: nowMs, decoded: this.#raw().decoded, processed: this.#processed });
    while ((this.#history[0]?.atMs ?? nowMs) < nowMs - RATE_WINDOW_MS) this.#history.shift();
    return this.#counted > before;
  }

  /** A tick was published. @param endToEndMs from decoded frame to here */
  tick(inferenceMs: number, endToEndMs: number): void {
    this.#inferenceMs.add(inferenceMs);
    this.#endToEndMs.add(endToEndMs);
  }

  /** The process is gone: what was still on its way counts as dropped. */
  processEnded(): void {
    const { in_flight } = this.frames();
    this.#dropped += in_flight;
    this.#settled += in_flight;
    this.#history.length = 0;
  }

  /** A new process begins: its counters start at 0 again, the totals go on. */
  processStarted(): void {
    [this.#settled, this.#counted, this.#ahead] = [0, 0, 0];
    this.#nodes.clear();
    this.#measures.clear();
  }

  /** Nodes are out of the graph: what they have counted stays in the totals, and those that go on count from here. */
  forget(nodes: readonly string[]): void {
    this.#history.length = 0;
    for (const node of nodes) {
      this.#nodes.delete(node);
      this.#measures.delete(node);
    }
    this.#counted = this.#raw().processed;
    this.#ahead = 0;
  }

  /**
   * Every frame below the newest processed one is settled: processed or dropped. Those above are in flight, and in none
   * of the other three counts, so that decoded = processed + dropped holds at every moment.
   */
  frames(): Frames {
    return {
      decoded: this.#processed + this.#dropped,
      processed: this.#processed,
      dropped: this.#dropped,
      in_flight: Math.max(0, this.#raw().decoded - this.#settled),
    };
  }

  /** Frames of this process: that have come in, and of which it is known what became of them. */
  get frontier(): { readonly decoded: number; readonly settled: number } {
    const { decoded, settled } = this.#raw();
    return { decoded, settled };
  }

  /** Adds up the frames that are settled since the last time. No more of them were processed than there are. */
  #settle(): void {
    const { decoded, processed, settled } = this.#raw();
    const known = Math.min(settled, decoded);
    const frames = Math.max(0, known - this.#settled);
    const counted = this.#ahead + Math.max(0, processed - this.#counted);
    const done = Math.min(frames, counted);
    this.#processed += done;
    this.#dropped += frames - done;
    this.#settled += frames;
    this.#counted = Math.max(this.#counted, processed);
    // The counters of the decoder's worker may be a moment older than those of the publisher's.
    this.#ahead = Math.min(counted - done, settled - known);
  }

  fps(nowMs: number): SessionView['fps'] {
    // A process that hangs sends no counters: those it sent last get old.
    const [first, ...others] = this.#history.filter(({ atMs }) => atMs >= nowMs - RATE_WINDOW_MS);
    const last = others.at(-1);
    if (!first || !last || nowMs - first.atMs < 500) return { in: 0, out: 0 };
    const perS = (count: number) => Math.round((count / (nowMs - first.atMs)) * 10_000) / 10;
    return { in: perS(last.decoded - first.decoded), out: perS(last.processed - first.processed) };
  }

  latency(): SessionView['latency_ms'] {
    return {
      inference_p50: this.#inferenceMs.quantile(0.5),
      end_to_end_p50: this.#endToEndMs.quantile(0.5),
      end_to_end_p99: this.#endToEndMs.quantile(0.99),
    };
  }

  /** @param ended the last packet of a file begins before its end, so what the source says stays just below 1 */
  progress(ended: boolean): number | null {
    for (const { progress } of this.#nodes.values()) if (typeof progress === 'number') return ended ? 1 : progress;
    return null;
  }

  /** Counters and gauges of each node. @param shown takes what is secret out of a text */
  nodes(shown: (text: string) => string): SessionView['nodes'] {
    const entries = [...this.#nodes].map(([node, stats]) => {
      const values = Object.entries(stats).map(([name, value]) => [
        name,
        typeof value === 'string' ? shown(value) : value,
      ]);
      return [node, Object.fromEntries(values)];
    });
    return Object.fromEntries(entries);
  }

  /** What each node of this process has counted, with what it has declared. */
  measured(declared: ReadonlyMap<string, Metrics>): MeasuredNode[] {
    return [...declared].map(([id, metrics]) => {
      const { histograms = {}, waiting = 0 } = this.#measures.get(id) ?? {};
      return { id, metrics, stats: this.#nodes.get(id) ?? {}, histograms, waiting };
    });
  }

  /** @returns what the nodes of this process have counted; `settled` is that of the one that has processed most */
  #raw(): { decoded: number; processed: number; settled: number } {
    let [decoded, processed, settled] = [0, 0, 0];
    for (const stats of this.#nodes.values()) {
      decoded += number(stats.decoded);
      if (number(stats.processed) < processed) continue;
      processed = number(stats.processed);
      settled = Math.max(processed, number(stats.settled));
    }
    // Frames need not come from a decoder that counts them.
    return { decoded: decoded || settled, processed, settled };
  }
}

/** The last few values of something, for its quantiles. */
class Samples {
  readonly #values: number[] = [];
  #next = 0;

  add(value: number): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % LATENCY_SAMPLES;
  }

  quantile(q: number): number | null {
    if (this.#values.length === 0) return null;
    const sorted = this.#values.toSorted((a, b) => a - b);
    const value = sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
    return Math.round(value * 100) / 100;
  }
}

function number(value: number | string | undefined): number {
  return typeof value === 'number' && value > 0 && value < Number.MAX_SAFE_INTEGER ? value : 0;
}
