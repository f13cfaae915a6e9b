/** An in-memory `Sessions` that tests drive by hand. */

import type { Outcome } from '../../runtime/engine/messages.ts';
import { WindhoverError } from '../../runtime/errors.ts';
import { Hub } from '../../runtime/hub/hub.ts';
import type { Logger } from '../../runtime/node.ts';
import type { CameraView, GraphView, Readiness, Sessions, SessionView } from '../../runtime/session/api.ts';
import type { Site } from '../../schemas/site.ts';
import { type Topics, topics } from '../../schemas/topics.ts';

export class FakeSessions implements Sessions {
  readonly hub: Hub;
  /** What `topics` answers. */
  known: Topics = topics;
  readonly requests: { readonly sessionId: string; readonly name: string; readonly params: unknown }[] = [];
  /** What a request is answered; by default, that it was taken. */
  answer: (name: string, params: unknown) => Promise<Outcome> = async () => ({ result: undefined });
  /** What `readiness` answers. */
  reasons: Readiness['reasons'] = [];
  /** Thrown by `list`, when set. */
  listFails: Error | undefined;
  /** Where cameras stand. */
  readonly sites = new Map<string, Site>();
  readonly #cameras: readonly string[];
  measured: NonNullable<Sessions['measured']> = () => [];
  readonly #views = new Map<string, SessionView>();

  constructor(cameras: readonly string[] = ['cam_01', 'cam_02'], log: Logger = new FakeLog()) {
    this.hub = new Hub(log);
    this.#cameras = cameras;
  }

  cameras(): readonly CameraView[] {
    return this.#cameras.map((camera_id) => {
      const site = this.sites.get(camera_id);
      const session_id = this.#views.has(`s-${camera_id}`) ? `s-${camera_id}` : null;
      return { camera_id, graph: `graphs/${camera_id}.yaml`, session_id, ...(site ? { site } : {}) };
    });
  }

  create(cameraId?: string): { view: SessionView; created: boolean } {
    const camera = cameraId ?? this.#cameras[0];
    if (camera === undefined || !this.#cameras.includes(camera)) {
      throw new WindhoverError('unknown_camera', `Unknown camera_id: ${camera}`);
    }
    const known = this.#views.get(`s-${camera}`);
    const view = known ?? viewOf(`s-${camera}`, camera);
    this.#views.set(view.session_id, view);
    return { view, created: known === undefined };
  }

  list(): readonly SessionView[] {
    if (this.listFails) throw this.listFails;
    return [...this.#views.values()];
  }

  get(sessionId: string): SessionView | undefined {
    return this.#views.get(sessionId);
  }

  async remove(sessionId: string): Promise<boolean> {
    if (!this.#views.delete(sessionId)) return false;
    this.hub.close(sessionId);
    return true;
  }

  graph(sessionId: string): GraphView | undefined {
    return this.#views.has(sessionId)
      ? { nodes: [{ id: 'source', use: 'source', worker: 'w1' }], links: [] }
      : undefined;
  }

  topics(): Topics {
    return this.known;
  }

  request(sessionId: string, name: string, params: unknown): Promise<Outcome> {
    this.requests.push({ sessionId, name, params });
    return this.answer(name, params);
  }

  readiness(): Readiness {
    return { ready: this.reasons.length === 0, reasons: this.reasons };
  }

  /** As if a node of the session had published a message. */
  emit(sessionId: string, topic: string, json: string): void {
    const keep = this.known[topic]?.keep ?? 'latest';
    const cameraId = this.#views.get(sessionId)?.camera_id ?? '';
    this.hub.publish({ sessionId, cameraId, topic, keep, json, live: true, isNews: true });
  }
}

export function viewOf(session_id: string, camera_id: string): SessionView {
  return {
    session_id,
    camera_id,
    ws_path: `/ws/sessions/${session_id}`,
    running: true,
    selected_target_id: null,
    tracking_phase: 'idle',
    last_tick_ts_unix_ms: null,
    state: 'running',
    fault: null,
    started_unix_ms: 1_730_000_000_000,
    restarts: 0,
    frames: { decoded: 10, processed: 8, dropped: 2, in_flight: 1 },
    fps: { in: 25, out: 20.5 },
    latency_ms: { inference_p50: 8.4, end_to_end_p50: null, end_to_end_p99: null },
    tracks: 1,
    progress: null,
    nodes: { detect: { provider: 'cpu', skipped: 2 } },
  };
}

/** Keeps what is logged. */
export class FakeLog implements Logger {
  readonly lines: { readonly level: string; readonly message: string; readonly fields?: Record<string, unknown> }[] =
    [];
  debug = (message: string, fields?: Record<string, unknown>) => this.#add('debug', message, fields);
  info = (message: string, fields?: Record<string, unknown>) => this.#add('info', message, fields);
  warn = (message: string, fields?: Record<string, unknown>) => this.#add('warn', message, fields);
  error = (message: string, fields?: Record<string, unknown>) => this.#add('error', message, fields);

  #add(level: string, message: string, fields?: Record<string, unknown>): void {
    this.lines.push({ level, message, ...(fields ? { fields } : {}) });
  }
}
