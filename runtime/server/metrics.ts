/** GET /metrics: counters, gauges and histograms of the server, the sessions and their nodes, for Prometheus. */
import type { Elysia } from 'elysia';
import type { Clock } from '../clock.ts';
import type { Sessions } from '../session/api.ts';
import type { SinkFigures } from '../sinks/metrics/metrics.ts';
import type { Clients } from './clients.ts';
import { describe } from './views.ts';

export interface MetricsRoute {
  readonly sessions: Sessions;
  readonly clients: Clients;
  readonly clock: Clock;
  readonly version: string;
  readonly sinks: () => SinkFigures;
}

export function addMetrics(app: Elysia, { sessions, clients, clock, version, sinks }: MetricsRoute): void {
  const startedUnixS = clock.unixMs() / 1000;
  const now = () => ({
    ...{ version, startedUnixS, clients: clients.stats() },
    ...{ sessions: sessions.measured?.() ?? [], sinks: sinks() },
  });
  app.get(
    '/metrics',
    async () => {
      const { METRICS_CONTENT_TYPE, metricsText } = await import('../sinks/metrics/metrics.ts');
      return new Response(await metricsText(now()), { headers: { 'content-type': METRICS_CONTENT_TYPE } });
    },
    {
      detail: describe(
        'Figures of all cameras, for Prometheus',
        { 200: { says: 'In its text format' } },
        { role: 'viewer', cameras: 'all' },
      ),
    },
  );
}
