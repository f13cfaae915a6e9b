/** What the runtime itself counts for every node, declared as nodes declare what they count. */
import { droppedFrames, LATENCY_BUCKETS_MS, type Metric, type Metrics } from './metrics.ts';

const lost = (what: string): Metric => ({
  kind: 'counter',
  name: 'node_lost',
  doc: 'Messages that were left out because somebody could not keep up, or refused, by what they were.',
  labels: { what },
});

export const NODE_METRICS = {
  skipped: droppedFrames('newer_frame'),
  dropped_messages: lost('messages'),
  refused_messages: lost('refused_messages'),
  dropped_news: lost('news'),
  unjoined: lost('unjoined'),
  reconnects: { kind: 'counter', name: 'reconnects', doc: 'Failed attempts of a node to connect.' },
  handling_ms: {
    kind: 'histogram',
    name: 'stage',
    doc: 'Time that a node works on one value, without the nodes after it.',
    unit: 'ms',
    buckets: [0.1, 0.5, ...LATENCY_BUCKETS_MS],
  },
} as const satisfies Metrics;
