/**
 * Metrics of nodes; part of the node API (node.ts). A contract declares them as data, the node counts by their names, and
 * GET /metrics shows them. The runtime has some of its own for every node (see engine/node-metrics.ts).
 */
import { type Static, Type } from '@sinclair/typebox';
import { literals } from '../schemas/common.ts';
import type { DeepReadonly } from '../schemas/topics.ts';

export const MetricSchema = Type.Object({
  kind: literals(['counter', 'gauge', 'histogram'], 'What it counts'),
  /**
   * Its name in /metrics is this with `windhover_` before it, and the unit and, for counters, `total` behind it. Metrics
   * of one name are one family: they differ in their `labels` alone.
   */
  name: Type.String({ pattern: '^[a-z][a-z0-9_]*$' }),
  doc: Type.String({ minLength: 1 }),
  /** In which the node counts; /metrics has seconds for `ms`. */
  unit: Type.Optional(literals(['ms', 's', 'bytes', 'ratio'], 'In which the node counts')),
  /** Upper bounds of a histogram, rising, in its unit. */
  buckets: Type.Optional(Type.Array(Type.Number(), { minItems: 1, maxItems: 50 })),
  /** Always the same, beside `camera` and `node`. */
  labels: Type.Optional(Type.Record(Type.String({ pattern: '^[a-z][a-z0-9_]*$' }), Type.String())),
  /** Of a gauge whose value is a word: the label that has the word; the value in /metrics is 1. */
  wordLabel: Type.Optional(Type.String({ pattern: '^[a-z][a-z0-9_]*$' })),
});
export type Metric = DeepReadonly<Static<typeof MetricSchema>>;

/** By the name that `count`, `gauge` and `observe` take. */
export type Metrics = Readonly<Record<string, Metric>>;

/** Frames that a node counts because they go no further. */
export const droppedFrames = (reason: string): Metric => ({
  kind: 'counter',
  name: 'frames_dropped',
  doc: 'Frames that went no further, by the node that has counted them and the reason.',
  labels: { reason },
});

/** For what takes from a millisecond to some seconds. */
export const LATENCY_BUCKETS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] as const;

/** What a histogram has counted: values per bucket, the last one without an upper bound. */
export interface HistogramCounts {
  readonly counts: readonly number[];
  readonly sum: number;
}

/** How a metric is named in /metrics, and what its values are multiplied by there. */
export function shownAs({ name, kind, unit }: Metric): { readonly name: string; readonly scale: number } {
  const suffix = { ms: '_seconds', s: '_seconds', bytes: '_bytes', ratio: '_ratio', none: '' }[unit ?? 'none'];
  return { name: `windhover_${name}${suffix}${kind === 'counter' ? '_total' : ''}`, scale: unit === 'ms' ? 0.001 : 1 };
}
