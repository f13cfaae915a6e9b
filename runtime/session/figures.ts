/**
 * The figures of a session, from the counters of its nodes and the messages that pass. Counters are per process; totals
 * go on over restarts. Pure: times are arguments.
 */
import type { NodeStats } from '../engine/messages.ts';
import type { SessionView } from './api.ts';

type Frames = SessionView['frames'];

const RATE_WINDOW_MS = 3000;
const LATENCY_SAMPLES = 256;

const NOTHING = { decoded: 0, processed: 0, settled: 0 };

export class Figures {
  readonly #nodes: NodeStats = {};
  readonly #history: { atMs: number; decoded: number; processed: number }[] = [];
  readonly #inferenceMs = new Samples();
  readonly #endToEndMs = new Samples();
  /** Frames of earlier processes of this session. */
  #before: Frames = { decoded: 0, processed: 0, dropped: 0, in_flight: 0 };
  #over = false;
  /** What the nodes of this process had counted when others of it went. */
  #base = NOTHING;

  /** Takes in the counters of some nodes. */
  update(nodes: NodeStats, nowMs: number): void {
    Object.assign(this.#nodes, nodes);
    const { decoded, processed } = this.#raw();
    this.#history.push({ atMs: nowMs, decoded, processed });
    while ((this.#history[0]?.atMs ?? nowMs) < nowMs - RATE_WINDOW_MS) this.#history.shift();
  }

  /** A tick was published. @param endToEndMs from decoded frame to here */
  tick(inferenceMs: number, endToEndMs: number): void {
    this.#inferenceMs.add(inferenceMs);
    this.#endToEndMs.add(endToEndMs);
  }

  /** The process is gone: what was still on its way counts as dropped. */
  processEnded(): void {
    this.#over = true;
    this.#history.length = 0;
  }

  /** A new process begins: its counters start at 0 again, the totals go on. */
  processStarted(): void {
    this.#before = this.frames();
    this.#over = false;
    this.#base = NOTHING;
    for (const node of Object.keys(this.#nodes)) delete this.#nodes[node];
  }

  /** Nodes are out of the graph: what they have counted stays in the totals, and those that go on count from here. */
  forget(nodes: readonly string[]): void {
    const totals = this.frames();
    const known = totals.decoded - this.#before.decoded;
    const { decoded, settled } = this.#base;
    this.#before = totals;
    this.#history.length = 0;
    for (const node of nodes) delete this.#nodes[node];
    this.#base = NOTHING;
    this.#base = { decoded: decoded + known, processed: this.#raw().processed, settled: settled + known };
  }

  /**
   * Every frame below the newest processed one is settled: processed or dropped. Those above are in flight, and in none
   * of the other three counts, so that decoded = processed + dropped holds at every moment.
   */
  frames(): Frames {
    const { decoded, processed, settled } = this.#raw();
    const known = this.#over ? decoded : Math.min(settled, decoded);
    return {
      decoded: this.#before.decoded + known,
      processed: this.#before.processed + processed,
      dropped: this.#before.dropped + known - processed,
      in_flight: decoded - known,
    };
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
    for (const { progress } of Object.values(this.#nodes))
      if (typeof progress === 'number') return ended ? 1 : progress;
    return null;
  }

  /** Counters and gauges of each node. @param shown takes what is secret out of a text */
  nodes(shown: (text: string) => string): SessionView['nodes'] {
    const entries = Object.entries(this.#nodes).map(([node, stats]) => {
      const values = Object.entries(stats).map(([name, value]) => [
        name,
        typeof value === 'string' ? shown(value) : value,
      ]);
      return [node, Object.fromEntries(values)];
    });
    return Object.fromEntries(entries);
  }

  #raw(): { decoded: number; processed: number; settled: number } {
    let [decoded, processed, settled] = [0, 0, 0];
    for (const stats of Object.values(this.#nodes)) {
      decoded += number(stats.decoded);
      if (number(stats.processed) < processed) continue;
      processed = number(stats.processed);
      settled = number(stats.settled);
    }
    const base = this.#base;
    settled = Math.max(0, settled - base.settled);
    // The counters of the decoder's worker may be a moment older than those of the publisher's.
    return { decoded: Math.max(decoded - base.decoded, settled), processed: processed - base.processed, settled };
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
  return typeof value === 'number' ? value : 0;
}
