/**
 * What the server knows of sessions: the seam between `server/` and `session/`. Everything here is plain data and runs
 * in the parent process, which holds no native code.
 */
import type { Topics } from '../../schemas/topics.ts';
import type { TrackingPhase } from '../data.ts';
import type { Outcome } from '../engine/messages.ts';
import type { Hub } from '../hub/hub.ts';

/**
 * `starting` → `running` (frames flow) → `ended` (the source came to its end), `stopped` (asked to) or `failed` (an
 * error that trying again cannot mend). `restarting`: the process died and comes back.
 */
export type SessionState = 'starting' | 'running' | 'restarting' | 'ended' | 'failed' | 'stopped';

/** Answer of the session routes (wire contract, HTTP), with figures on how the session does. Unknown yet: null. */
export interface SessionView {
  readonly session_id: string;
  readonly camera_id: string;
  readonly ws_path: string;
  readonly running: boolean;
  readonly selected_target_id: number | null;
  readonly tracking_phase: TrackingPhase;
  readonly last_tick_ts_unix_ms: number | null;
  readonly state: SessionState;
  /** Why it is not delivering frames, if so. */
  readonly fault: { readonly code: string; readonly message: string; readonly since_unix_ms: number } | null;
  readonly started_unix_ms: number;
  readonly restarts: number;
  /** Counted over all restarts; always decoded = processed + dropped. `in_flight` frames are in none of the three yet. */
  readonly frames: {
    readonly decoded: number;
    readonly processed: number;
    readonly dropped: number;
    readonly in_flight: number;
  };
  /** Frames decoded and frames processed a second, over the last seconds. */
  readonly fps: { readonly in: number; readonly out: number };
  readonly latency_ms: {
    readonly inference_p50: number | null;
    readonly end_to_end_p50: number | null;
    readonly end_to_end_p99: number | null;
  };
  readonly tracks: number;
  /** Share of the media processed so far, 0..1; null when its length is unknown or it has no end. */
  readonly progress: number | null;
  /** Counters and gauges of each node (`provider`, `skipped`, …). */
  readonly nodes: Readonly<Record<string, Readonly<Record<string, number | string>>>>;
}

export interface CameraView {
  readonly camera_id: string;
  /** Graph file that defines it. */
  readonly graph: string;
  /** Its session, when one runs. */
  readonly session_id: string | null;
}

export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly {
    readonly session_id: string;
    readonly camera_id: string;
    readonly code: string;
    readonly message: string;
    readonly since_unix_ms: number;
  }[];
}

/** All sessions of one server. */
export interface Sessions {
  /** What they have to say. */
  readonly hub: Hub;
  cameras(): readonly CameraView[];
  /** Starts the camera's session, or finds the one that runs. Without an id: the first camera.
   * @throws WindhoverError `unknown_camera` */
  create(cameraId?: string): { view: SessionView; created: boolean };
  list(): readonly SessionView[];
  get(sessionId: string): SessionView | undefined;
  /** Stops it and forgets it; false when unknown. Resolves when its process is gone. */
  remove(sessionId: string): Promise<boolean>;
  /** Topics that a client may ask for, by name: those of the wire contract, and those of the session's nodes. */
  topics(sessionId: string): Topics;
  /**
   * Asks the first node of the session's graph that answers such requests, and waits for its answer; also while the
   * process is starting, but not for ever. Never rejects. Errors, beside the node's own: `unknown_request` (no node
   * answers it), `bad_request`, `request_timeout`, `too_many_requests`, `session_over`.
   */
  request(sessionId: string, name: string, params: unknown): Promise<Outcome>;
  readiness(): Readiness;
}
