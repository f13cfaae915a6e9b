/** How cameras and the server do, from what is counted elsewhere. Rates are over the last seconds. Times are arguments. */
import { totalmem } from 'node:os';
import { type CameraStats, STATS_SCHEMA, type Stats } from '../../schemas/stats.ts';
import type { ProcessUse } from '../process-use.ts';
import type { MeasuredSession } from '../session/api.ts';

const HOUR_MS = 3_600_000;
const RATE_OVER_MS = 5000;
/** Reconnects and stalls an hour. */
const EXCELLENT = 1;
const FAIR = 5;

export interface StatsInput {
  readonly nowMs: number;
  readonly nowUnixMs: number;
  readonly sessions: readonly MeasuredSession[];
  readonly service: Pick<Stats['service'], 'uptime' | 'version' | 'clients'> & { readonly pid: number };
  /** What a process has used so far. */
  readonly use: (pid: number) => ProcessUse | undefined;
  /** Commands a second to the camera of a session, as its latest state says. */
  readonly ptzCommandsPerS: (sessionId: string) => number | null;
}

export class StatsBook {
  readonly #history = new Map<string, CameraHistory>();
  readonly #service = new Rate();
  #latest: Stats | undefined;

  /** As of the last step. */
  get latest(): Stats | undefined {
    return this.#latest;
  }

  /** Once a second. @returns of all, and of each camera */
  step(input: StatsInput): { readonly all: Stats; readonly cameras: readonly CameraStats[] } {
    const { nowMs, nowUnixMs, sessions, use } = input;
    const ids = new Set(sessions.map(({ view }) => view.session_id));
    for (const id of this.#history.keys()) if (!ids.has(id)) this.#history.delete(id);
    const cameras = sessions.map((session) => this.#camera(session, input));
    const { pid, ...service } = input.service;
    const all: Stats = {
      schema: STATS_SCHEMA,
      type: 'stats',
      ts_unix_ms: nowUnixMs,
      cameras: Object.fromEntries(
        cameras.map(({ schema: _schema, type: _type, ts_unix_ms: _ts, camera_id, ...stats }) => [camera_id, stats]),
      ),
      service: { ...service, ...used(use(pid), this.#service, nowMs) },
    };
    this.#latest = all;
    return { all, cameras };
  }

  #camera({ view, pid, nodes }: MeasuredSession, input: StatsInput): CameraStats {
    const { nowMs, use } = input;
    const history = this.#history.get(view.session_id) ?? new CameraHistory();
    this.#history.set(view.session_id, history);
    const total = (wanted: string) => sum(nodes.flatMap((node) => counted(node, wanted)));
    // A node that counts stalls is one that has a stream; others connect to other things.
    const streams = nodes.filter(({ metrics }) => Object.values(metrics).some(({ name }) => name === 'source_stalls'));
    const reconnects = history.reconnects.add(sum(streams.flatMap((node) => counted(node, 'reconnects'))), nowMs);
    const restarts = history.restarts.add(view.restarts, nowMs);
    const stalls = history.stalls.add(total('source_stalls'), nowMs);
    const isFlowing = view.running && view.fault === null && view.fps.in > 0;
    return {
      schema: STATS_SCHEMA,
      type: 'camera_stats',
      session_id: view.session_id,
      camera_id: view.camera_id,
      ts_unix_ms: input.nowUnixMs,
      camera_fps: view.fps.in,
      process_fps: view.fps.out,
      skipped_fps: rounded(Math.max(0, view.fps.in - view.fps.out)),
      detection_fps: rounded(history.detections.add(inferences(nodes), nowMs)),
      inference_speed: view.latency_ms.inference_p50,
      connection_quality: quality(isFlowing, reconnects + restarts + stalls),
      reconnects_last_hour: reconnects + restarts,
      stalls_last_hour: stalls,
      dropped: view.frames.dropped,
      ptz_commands_per_s: input.ptzCommandsPerS(view.session_id),
      pid: pid ?? null,
      ...used(pid === undefined ? undefined : use(pid), history.cpu, nowMs),
    };
  }
}

class CameraHistory {
  readonly reconnects = new HourCount();
  readonly restarts = new HourCount();
  readonly stalls = new HourCount();
  readonly detections = new Rate();
  readonly cpu = new Rate();
}

/** How often something was counted in the last hour, by a counter that begins again at 0 when its process does. */
export class HourCount {
  #last = 0;
  #times: { readonly atMs: number; readonly count: number }[] = [];

  add(value: number, nowMs: number): number {
    const more = value >= this.#last ? value - this.#last : value;
    this.#last = value;
    if (more > 0) this.#times.push({ atMs: nowMs, count: more });
    this.#times = this.#times.filter(({ atMs }) => atMs > nowMs - HOUR_MS);
    return sum(this.#times.map(({ count }) => count));
  }
}

/** How much a counter rises in a second, over the last seconds. */
export class Rate {
  #values: { readonly atMs: number; readonly value: number }[] = [];

  add(value: number, nowMs: number): number {
    // Another process counts from 0.
    if (value < (this.#values.at(-1)?.value ?? 0)) this.#values = [];
    this.#values.push({ atMs: nowMs, value });
    while ((this.#values[1]?.atMs ?? nowMs) < nowMs - RATE_OVER_MS) this.#values.shift();
    const [first] = this.#values;
    return first && nowMs > first.atMs ? ((value - first.value) * 1000) / (nowMs - first.atMs) : 0;
  }
}

function quality(isFlowing: boolean, breaks: number): CameraStats['connection_quality'] {
  if (!isFlowing) return 'unusable';
  if (breaks <= EXCELLENT) return 'excellent';
  return breaks <= FAIR ? 'fair' : 'poor';
}

type MeasuredNode = MeasuredSession['nodes'][number];

/** What a node has counted under the metric of this name. */
function counted({ metrics, stats }: MeasuredNode, wanted: string): number[] {
  return Object.entries(metrics).flatMap(([key, { name }]) => (name === wanted ? Number(stats[key] ?? 0) : []));
}

/** Runs of the models of all nodes. */
function inferences(nodes: readonly MeasuredNode[]): number {
  return sum(
    nodes.flatMap(({ metrics, histograms }) =>
      Object.entries(metrics).flatMap(([key, { name }]) =>
        name === 'inference' ? (histograms[key]?.counts ?? []) : [],
      ),
    ),
  );
}

function used(use: ProcessUse | undefined, cpu: Rate, nowMs: number): Pick<CameraStats, 'cpu' | 'mem' | 'mem_mb'> {
  if (!use) return { cpu: null, mem: null, mem_mb: null };
  return {
    cpu: rounded(100 * cpu.add(use.cpuS, nowMs)),
    mem: rounded((100 * use.memoryBytes) / totalmem()),
    mem_mb: rounded(use.memoryBytes / 1e6),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
