/** All sessions of one server: at most one per camera, started on request. */

import { basename } from 'node:path';
import { type Topics, topics } from '../../schemas/topics.ts';
import type { Outcome } from '../engine/messages.ts';
import { errorMessage, toRecord, WindhoverError } from '../errors.ts';
import { Hub } from '../hub/hub.ts';
import type { CameraView, GraphView, MeasuredSession, Readiness, Sessions, SessionView } from './api.ts';
import type { Changed, SessionGraph } from './changes.ts';
import { Session, type SessionServices } from './session.ts';
import { TurnServer } from './turn-server.ts';
import type { TurnLimits } from './turn-table.ts';

export interface SessionSetOptions extends Omit<SessionServices, 'hub' | 'changed' | 'turns'> {
  readonly graphs: readonly SessionGraph[];
  /** How sessions share the cores; without it, they do not. */
  readonly inference?: TurnLimits | undefined;
  /** Called whenever a session's state has changed. */
  readonly changed?: (view: SessionView, session: Session) => void;
}

export class SessionSet implements Sessions {
  readonly hub: Hub;
  readonly #options: SessionSetOptions;
  readonly #graphs: SessionGraph[];
  readonly #sessions = new Map<string, Session>();
  /** Being removed: still listed, but not returned as the session of its camera. */
  readonly #leaving = new Set<Session>();
  /** Null: there can be none. */
  #turns: TurnServer | null | undefined;
  #lastId = '';

  constructor(options: SessionSetOptions) {
    this.#options = options;
    this.#graphs = [...options.graphs];
    this.hub = new Hub(options.log);
  }

  cameras(): CameraView[] {
    return this.#graphs.map(({ camera, file, viewUrl, site, engine }) => {
      const session_id = this.#ofCamera(camera)?.id ?? null;
      const isShownHere =
        session_id !== null && engine.nodes.some(({ requests }) => requests.includes('preview_offer'));
      const view_url = viewUrl ?? (isShownHere ? `/sessions/${session_id}/whep` : undefined);
      const told = { ...(view_url === undefined ? {} : { view_url }), ...(site ? { site } : {}) };
      return { camera_id: camera, graph: file, session_id, ...told };
    });
  }

  create(cameraId?: string): { view: SessionView; created: boolean } {
    const graph = this.#graphs.find(({ camera }) => cameraId === undefined || camera === cameraId);
    if (!graph) throw new WindhoverError('unknown_camera', `Unknown camera_id: ${cameraId}`);
    const existing = this.#ofCamera(graph.camera);
    if (existing?.view().running) return { view: existing.view(), created: false };
    if (existing) {
      void existing.stop();
      this.#forget(existing.id);
    }
    const id = this.#newId(graph.camera);
    this.#turns ??= this.#openTurns();
    const session = new Session(id, graph, {
      ...this.#options,
      ...(this.#turns ? { turns: this.#turns.path } : {}),
      hub: this.hub,
      changed: (changed) => this.#options.changed?.(changed.view(), changed),
    });
    this.#sessions.set(id, session);
    return { view: session.view(), created: true };
  }

  /**
   * Another graph for a camera: its session, when one runs, is changed, and the next one begins with it.
   * @throws WindhoverError `unknown_camera`, `camera_changed`, or why the session can't run it; the one before stays
   */
  async change(camera: string, graph: SessionGraph): Promise<Changed> {
    const place = this.#graphs.findIndex((known) => known.camera === camera);
    if (place < 0) throw new WindhoverError('unknown_camera', `Unknown camera_id: ${camera}`);
    const session = this.#ofCamera(camera);
    if (session && graph.camera !== camera) {
      throw new WindhoverError('camera_changed', 'the camera id of a running session cannot change', {
        expected: camera,
        got: graph.camera,
        hint: 'delete the session first',
      });
    }
    const changed = await session?.change(graph);
    this.#graphs[place] = graph;
    return changed ?? { how: 'nothing', nodes: [], workers: [] };
  }

  /** Adds a camera while the server runs. */
  add(graph: SessionGraph): void {
    this.#graphs.push(graph);
  }

  /** Removes a camera; its session, if any, has been removed. */
  drop(camera: string): void {
    this.#graphs.splice(0, this.#graphs.length, ...this.#graphs.filter((graph) => graph.camera !== camera));
  }

  list(): SessionView[] {
    return [...this.#sessions.values()].map((session) => session.view());
  }

  get(sessionId: string): SessionView | undefined {
    return this.#sessions.get(sessionId)?.view();
  }

  async remove(sessionId: string): Promise<boolean> {
    const session = this.#sessions.get(sessionId);
    if (!session) return false;
    this.#leaving.add(session);
    await session.stop();
    this.#leaving.delete(session);
    this.#forget(sessionId);
    return true;
  }

  /** Stops all sessions and delivers their last messages; they stay listed. @returns whether all ended in order */
  async stopAll(): Promise<boolean> {
    const sessions = [...this.#sessions.values()];
    await Promise.all(sessions.map((session) => session.stop()));
    this.#turns?.[Symbol.dispose]();
    this.#turns = undefined;
    this.hub.flush();
    return sessions.every(({ state, error }) => state !== 'stopped' || error === undefined);
  }

  graph(sessionId: string): GraphView | undefined {
    const engine = this.#sessions.get(sessionId)?.graph.engine;
    if (!engine) return undefined;
    const workerOf = (id: string) => engine.workers.find(({ nodes }) => nodes.includes(id))?.name ?? '';
    return {
      // Of a module the name alone: where it lies is nobody's business.
      nodes: engine.nodes.map(({ id, use }) => ({ id, use: basename(use), worker: workerOf(id) })),
      links: engine.nodes.flatMap(({ id: to, links }) =>
        links.map(({ input, kind, from: { node: from, output } }) => ({ from, output, to, input, kind })),
      ),
    };
  }

  topics(sessionId: string): Topics {
    return this.#sessions.get(sessionId)?.graph.topics ?? topics;
  }

  async request(sessionId: string, name: string, params: unknown): Promise<Outcome> {
    const session = this.#sessions.get(sessionId);
    if (session) return session.request(name, params);
    return { error: toRecord(new WindhoverError('session_over', `${name}: there is no such session`)) };
  }

  readiness(): Readiness {
    const reasons = [...this.#sessions.values()].flatMap((session) => {
      const fault = session.fault();
      return fault ? [{ session_id: session.id, camera_id: session.graph.camera, ...fault }] : [];
    });
    return { ready: reasons.length === 0, reasons };
  }

  measured(): MeasuredSession[] {
    const sessions = this.#graphs.flatMap(({ camera }) => this.#ofCamera(camera) ?? []);
    return sessions.map((session) => ({
      view: session.view(),
      pid: session.pid,
      nodes: session.figures.measured(session.graph.metrics),
    }));
  }

  /** Of nodes, for `/readyz`. */
  warnings() {
    return [...this.#sessions.values()].flatMap((session) =>
      session.warnings().map(([node, { code, message, since_unix_ms }]) => ({
        ...{ file: session.graph.file, code, since_unix_ms },
        message: `${session.graph.camera}: node ${node}: ${message}`,
      })),
    );
  }

  /** Without turns, all models run at once. */
  #openTurns(): TurnServer | null {
    const { inference, clock, log } = this.#options;
    try {
      return inference ? new TurnServer(inference, clock) : null;
    } catch (error) {
      log.warn(`sessions cannot take turns to run their models: ${errorMessage(error)}`, { code: 'no_turns' });
      return null;
    }
  }

  #forget(sessionId: string): void {
    if (this.#sessions.delete(sessionId)) this.hub.close(sessionId);
  }

  #ofCamera(camera: string): Session | undefined {
    return [...this.#sessions.values()].find(
      (session) => session.graph.camera === camera && !this.#leaving.has(session),
    );
  }

  /** `session-cam_01-2025-12-20T12:00:00.000Z`; never the same twice. */
  #newId(camera: string): string {
    const base = `session-${camera}-${new Date(this.#options.clock.unixMs()).toISOString()}`;
    const id = base === this.#lastId ? `${base}-${crypto.randomUUID().slice(0, 8)}` : base;
    this.#lastId = base;
    return id;
  }
}
