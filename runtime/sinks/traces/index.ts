/**
 * The sink `traces`: the way of single frames from the camera to the clients as spans of OpenTelemetry. Also switched on by
 * OTEL_EXPORTER_OTLP_ENDPOINT.
 */
import { defineSink } from '../sink.ts';
import { fromEnvironment } from './environment.ts';
import { TracesOptions } from './options.ts';

export const tracesSink = defineSink({
  name: 'traces',
  doc: 'OpenTelemetry: the way of single frames from the camera to the clients, as spans for a collector (OTLP over HTTP).',
  options: TracesOptions,
  traces: ({ per_s, share }) =>
    per_s === undefined && share !== undefined ? { share } : { perS: per_s ?? DEFAULT_PER_S },
  fromEnvironment,
  async open(options, host) {
    const { Tracing } = await import('./tracing.ts');
    return new Tracing(options, host);
  },
});

const DEFAULT_PER_S = 1;
