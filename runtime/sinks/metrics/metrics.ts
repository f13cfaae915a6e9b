/**
 * The text of GET /metrics. Everything in it is counted elsewhere and only read here, so that it costs nothing between
 * two requests.
 */
import { Gauge, type MetricObjectWithValues, type MetricValue, Registry } from 'prom-client';
import { processUse } from '../../process-use.ts';
import type { MeasuredSession } from '../../session/api.ts';
import { Families, type Family } from './families.ts';

export interface MetricsParts {
  readonly version: string;
  readonly startedUnixS: number;
  readonly sessions: readonly MeasuredSession[];
  /** Of each sink that is open, by name. */
  readonly sinks: SinkFigures;
  readonly clients: { readonly connected: number; readonly closedForSlowness: number };
}

export type SinkFigures = Readonly<Record<string, Readonly<Record<string, number | string>>>>;

export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** All metrics as they are now, in the text format of Prometheus. */
export async function metricsText(parts: MetricsParts): Promise<string> {
  const families = new Families();
  const plain = (value: number) => ({ labels: {}, value });
  families.add('gauge', 'windhover_build_info', 'Version of the program.', {
    labels: { version: parts.version },
    value: 1,
  });
  families.add('gauge', 'windhover_clients', 'WebSocket clients.', plain(parts.clients.connected));
  families.add(
    'counter',
    'windhover_clients_too_slow_total',
    'Clients closed because they could not keep up.',
    plain(parts.clients.closedForSlowness),
  );
  families.add(
    'gauge',
    'process_start_time_seconds',
    'When the server was started, Unix time.',
    plain(parts.startedUnixS),
  );
  addProcess(families, '', process.pid, {});
  for (const session of parts.sessions) {
    families.addSession(session);
    if (session.pid !== undefined) {
      addProcess(families, 'windhover_session_', session.pid, { camera: session.view.camera_id });
    }
  }
  for (const [sink, figures] of Object.entries(parts.sinks)) {
    for (const [figure, value] of Object.entries(figures)) {
      if (typeof value !== 'number') continue;
      families.add('gauge', 'windhover_sink', 'What a sink says of itself.', { labels: { sink, figure }, value });
    }
  }
  const registry = new Registry();
  for (const family of families.all) registry.registerMetric(new Snapshot(family));
  return await registry.metrics();
}

function addProcess(families: Families, prefix: string, pid: number, labels: Readonly<Record<string, string>>): void {
  const use = processUse(pid);
  if (!use) return;
  const add = (kind: Family['kind'], name: string, help: string, value: number) =>
    families.add(kind, `${prefix}process_${name}`, help, { labels, value });
  add('counter', 'cpu_seconds_total', 'CPU time of the process.', use.cpuS);
  add('gauge', 'resident_memory_bytes', 'Memory of the process.', use.memoryBytes);
  add('gauge', 'open_fds', 'Open files and sockets of the process.', use.openFiles);
}

/** A family as prom-client takes it: counted elsewhere. */
class Snapshot extends Gauge {
  readonly #family: Family;

  constructor(family: Family) {
    super({ name: family.name, help: family.help, registers: [] });
    this.#family = family;
  }

  override async get(): Promise<MetricObjectWithValues<MetricValue<string>>> {
    const { name, kind, help, samples } = this.#family;
    // The types of prom-client have an enum of numbers for the kind; what it writes is the word.
    return { name, help, type: kind as never, values: [...samples], aggregator: 'sum', collect: () => undefined };
  }
}
