/** Tells clients, once a second, where capture times come from: the topic `clock`. */
import { type NodeContext, type topics, WallTime } from '../../runtime/node.ts';
import type { ClockQuality } from '../../timing/index.ts';
import type { SourceOptions } from './options.ts';

export type Outputs = { packets: { kind: 'packet' }; metadata: { kind: 'metadata' } };
export type SourceContext = NodeContext<SourceOptions, Outputs, { clock: typeof topics.clock }>;

const REPORT_EVERY_MS = 1000;

export class ClockReport {
  readonly #context: SourceContext;
  readonly #wall: WallTime;
  #reportedMs = Number.NEGATIVE_INFINITY;
  #originMonoMs = Number.NaN;

  constructor(context: SourceContext) {
    this.#context = context;
    this.#wall = new WallTime(context.clock);
  }

  /** @param originMonoMs capture time of media time 0 */
  async frame({ basis, errorMs, skew }: Omit<ClockQuality, 'clock'>, originMonoMs: number): Promise<void> {
    const { gauge, publish, sessionId, graph, clock } = this.#context;
    const nowMs = clock.monoMs();
    if (nowMs - this.#reportedMs < REPORT_EVERY_MS && originMonoMs === this.#originMonoMs) return;
    this.#reportedMs = nowMs;
    this.#originMonoMs = originMonoMs;
    const [error_ms, skew_ppm] = [Math.round(errorMs), Math.round(skew * 1e6)];
    gauge('capture_basis', basis);
    gauge('capture_error_ms', error_ms);
    const about = { session_id: sessionId, camera_id: graph.camera, ts_unix_ms: Math.round(clock.unixMs()) };
    const media_zero_unix_ms = this.#wall.at(originMonoMs);
    const state = { basis, error_ms, skew_ppm, media_zero_unix_ms };
    await publish('clock', { schema: 'drone-ptz-clock/1', type: 'clock_state', ...about, ...state });
  }
}
