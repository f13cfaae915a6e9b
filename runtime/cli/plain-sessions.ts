/** A session without a pipeline: its messages come from this process. The server serves it as any other. */
import { topics } from '../../schemas/topics.ts';
import { type Outcome, unanswered } from '../engine/messages.ts';
import { WindhoverError } from '../errors.ts';
import { Hub } from '../hub/hub.ts';
import type { Logger } from '../node.ts';
import type { CameraView, Readiness, Sessions, SessionView } from '../session/api.ts';

export class PlainSession implements Sessions {
  readonly topics = () => topics;
  readonly hub: Hub;
  readonly sessionId: string;
  readonly #cameraId: string;
  readonly #startedUnixMs: number;

  constructor(names: { readonly sessionId: string; readonly cameraId: string }, unixMs: number, log: Logger) {
    this.hub = new Hub(log);
    this.sessionId = names.sessionId;
    this.#cameraId = names.cameraId;
    this.#startedUnixMs = unixMs;
  }

  /** Sends a message of a topic to all clients, as text. */
  publish(topic: keyof typeof topics, json: string): void {
    this.hub.publish({ sessionId: this.sessionId, topic, keep: topics[topic].keep, json, live: true, isNews: true });
  }

  cameras(): readonly CameraView[] {
    return [{ camera_id: this.#cameraId, graph: '', session_id: this.sessionId }];
  }

  create(cameraId = this.#cameraId): { view: SessionView; created: boolean } {
    if (cameraId !== this.#cameraId) throw new WindhoverError('unknown_camera', `Unknown camera_id: ${cameraId}`);
    return { view: this.#view(), created: false };
  }

  list(): readonly SessionView[] {
    return [this.#view()];
  }

  get(sessionId: string): SessionView | undefined {
    return sessionId === this.sessionId ? this.#view() : undefined;
  }

  /** It lasts as long as the command. */
  async remove(): Promise<boolean> {
    return false;
  }

  async request(_sessionId: string, name: string): Promise<Outcome> {
    return unanswered(name);
  }

  readiness(): Readiness {
    return { ready: true, reasons: [] };
  }

  #view(): SessionView {
    return {
      session_id: this.sessionId,
      camera_id: this.#cameraId,
      ws_path: `/ws/sessions/${this.sessionId}`,
      running: true,
      selected_target_id: null,
      tracking_phase: 'idle',
      last_tick_ts_unix_ms: null,
      state: 'running',
      fault: null,
      started_unix_ms: this.#startedUnixMs,
      restarts: 0,
      frames: { decoded: 0, processed: 0, dropped: 0, in_flight: 0 },
      fps: { in: 0, out: 0 },
      latency_ms: { inference_p50: null, end_to_end_p50: null, end_to_end_p99: null },
      tracks: 0,
      progress: null,
      nodes: {},
    };
  }
}
