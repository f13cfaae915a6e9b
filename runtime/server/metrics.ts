/** GET /metrics: counters, gauges and histograms of the server, the sessions and their nodes, for Prometheus. */
import type { Elysia } from 'elysia';
import { METRICS_CONTENT_TYPE, type MetricsParts, metricsText } from '../sinks/metrics/metrics.ts';
import { describe } from './views.ts';

export function addMetrics(app: Elysia, parts: MetricsParts): void {
  app.get(
    '/metrics',
    async () => new Response(await metricsText(parts), { headers: { 'content-type': METRICS_CONTENT_TYPE } }),
    {
      detail: describe(
        'Figures of all cameras, for Prometheus',
        { 200: { says: 'In its text format' } },
        { role: 'viewer', cameras: 'all' },
      ),
    },
  );
}
