/**
 * What the server knows of sessions: the seam between `server/` and `session/`. Everything here is plain data and runs
 * in the parent process, which holds no native code.
 */
import type { Topics } from '../../schemas/topics.ts';
import type { NodeMeasures, Outcome } from '../engine/messages.ts';
import type { Hub } from '../hub/hub.ts';
import type { Metrics } from '../metrics.ts';
import type { CameraView, GraphView, Readiness, SessionView } from './views.ts';

export type { CameraView, GraphView, Readiness, SessionState, SessionView } from './views.ts';

/** What a node of a session has counted, for /metrics. */
export interface MeasuredNode extends NodeMeasures {
  readonly id: string;
  readonly metrics: Metrics;
  readonly stats: Readonly<Record<string, number | string>>;
}

export interface MeasuredSession {
  readonly view: SessionView;
  /** Of its process, while there is one. */
  readonly pid: number | undefined;
  readonly nodes: readonly MeasuredNode[];
}

/** Refusals of a request that asking again does not change. After any other, one may. */
export const NOBODY_ANSWERS: ReadonlySet<string> = new Set(['unknown_request', 'bad_request', 'session_over']);

/** All sessions of one server. */
export interface Sessions {
  /** What they have to say. */
  readonly hub: Hub;
  cameras(): readonly CameraView[];
  /** Starts the camera's session, or finds the one that runs. Without an id: the first camera.
   * @throws WindhoverError `unknown_camera`, in the words of the wire contract */
  create(cameraId?: string): { view: SessionView; created: boolean };
  list(): readonly SessionView[];
  get(sessionId: string): SessionView | undefined;
  /** Stops it and forgets it; false when unknown. Resolves when its process is gone. */
  remove(sessionId: string): Promise<boolean>;
  /** The graph that it runs; undefined: unknown session. Sessions without a pipeline have none. */
  graph?(sessionId: string): GraphView | undefined;
  /** Topics that a client may ask for, by name: those of the wire contract, and those of the session's nodes. */
  topics(sessionId: string): Topics;
  /**
   * Asks the first node of the session's graph that answers such requests, and waits for its answer; also while the
   * process is starting, but not for ever. Never rejects. Errors, beside the node's own: `unknown_request` (no node
   * answers it), `bad_request`, `request_timeout`, `too_many_requests`, `session_over`.
   */
  request(sessionId: string, name: string, params: unknown): Promise<Outcome>;
  readiness(): Readiness;
  /** The session of each camera, with what its nodes have counted; sessions without a pipeline have none. */
  measured?(): readonly MeasuredSession[];
}
