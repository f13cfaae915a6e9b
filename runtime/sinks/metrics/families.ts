/** What sessions have counted, as families of Prometheus: one name, kind and set of labels each. Pure. */
import type { HistogramCounts } from '../../metrics.ts';
import { shownAs } from '../../metrics.ts';
import type { MeasuredNode, MeasuredSession } from '../../session/api.ts';

export interface Sample {
  /** Of a histogram: the name with `_bucket`, `_sum` or `_count`. */
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly samples: Sample[];
}

const STATES = ['starting', 'running', 'restarting', 'ended', 'failed', 'stopped'] as const;

/** Collects samples by family. What comes under a known name but is of another kind is left out. */
export class Families {
  readonly #byName = new Map<string, Family>();

  get all(): readonly Family[] {
    return [...this.#byName.values()];
  }

  add(kind: Family['kind'], name: string, help: string, ...samples: readonly Sample[]): void {
    const family = this.#byName.get(name) ?? { name, kind, help, samples: [] };
    if (family.kind !== kind) return;
    this.#byName.set(name, family);
    family.samples.push(...samples);
  }

  /** What the runtime knows of a session, and what its nodes have counted. */
  addSession({ view, nodes }: MeasuredSession): void {
    const camera = view.camera_id;
    const one = (value: number, labels: Sample['labels'] = {}): Sample => ({ labels: { camera, ...labels }, value });
    const { processed, dropped, in_flight } = view.frames;
    this.add(
      'counter',
      'windhover_frames_total',
      'Frames that came in, by what became of them.',
      one(processed, { result: 'processed' }),
      one(dropped, { result: 'dropped' }),
    );
    this.add('gauge', 'windhover_frames_in_flight', 'Frames on their way through the graph.', one(in_flight));
    this.add(
      'gauge',
      'windhover_session_state',
      'State of the session: 1 for the one that it is in.',
      ...STATES.map((state) => one(Number(view.state === state), { state })),
    );
    this.add(
      'gauge',
      'windhover_session_fault_info',
      'Why the session delivers no frames; absent: it does.',
      ...(view.fault ? [one(1, { code: view.fault.code })] : []),
    );
    this.add('counter', 'windhover_session_restarts_total', 'Times its process was started again.', one(view.restarts));
    this.add('gauge', 'windhover_tracks', 'Tracks in the latest tick.', one(view.tracks));
    for (const node of nodes) this.#addNode(camera, node);
  }

  #addNode(camera: string, { id, metrics, stats, histograms, waiting }: MeasuredNode): void {
    const own = { camera, node: id };
    const help = 'Values that wait until the node has time for them.';
    this.add('gauge', 'windhover_node_queue', help, { labels: own, value: waiting });
    for (const [key, metric] of Object.entries(metrics)) {
      const { kind, doc, labels: fixed, wordLabel, buckets = [] } = metric;
      const { name, scale } = shownAs(metric);
      const labels = { ...fixed, ...own };
      const counted = histograms[key];
      const value = stats[key] ?? (kind === 'counter' ? 0 : undefined);
      if (counted) this.add(kind, name, doc, ...histogramSamples(name, labels, buckets, scale, counted));
      else if (wordLabel !== undefined && typeof value === 'string')
        this.add(kind, name, doc, { labels: { ...labels, [wordLabel]: value }, value: 1 });
      else if (wordLabel === undefined && typeof value === 'number')
        this.add(kind, name, doc, { labels, value: value * scale });
    }
  }
}

/** Buckets add up: each holds all values up to its bound. */
function histogramSamples(
  name: string,
  labels: Sample['labels'],
  bounds: readonly number[],
  scale: number,
  { counts, sum }: HistogramCounts,
): Sample[] {
  let total = 0;
  const buckets = counts.map((count, i) => {
    total += count;
    const bound = bounds[i];
    const le = bound === undefined ? '+Inf' : Number((bound * scale).toPrecision(6));
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: total };
  });
  const whole = (suffix: string, value: number) => ({ metricName: `${name}_${suffix}`, labels, value });
  return [...buckets, whole('sum', sum * scale), whole('count', total)];
}
