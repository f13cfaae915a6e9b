/**
 * The sessions of a recording, in place of running ones: the server above them notices no difference. Messages come to the
 * hub byte for byte, in the order of the file and at their times.
 */

import { Type } from '@sinclair/typebox';
import { type Topics, topics } from '../../schemas/topics.ts';
import type { Outcome } from '../engine/messages.ts';
import { toRecord, WindhoverError } from '../errors.ts';
import { Hub } from '../hub/hub.ts';
import type { Logger } from '../node.ts';
import type { CameraView, Readiness, Sessions, SessionView } from '../session/api.ts';
import type { Playback } from './playback.ts';
import type { Entry, RecordedSession, Recording } from './recording.ts';

export interface RecordedSessionsParts {
  readonly recording: Recording;
  readonly playback: Playback;
  /** As named on the command line. */
  readonly file: string;
  readonly log: Logger;
}

export class RecordedSessions implements Sessions {
  readonly hub: Hub;
  readonly #parts: RecordedSessionsParts;
  readonly #ticks = new Map<string, number>();

  constructor(parts: RecordedSessionsParts) {
    this.#parts = parts;
    this.hub = new Hub(parts.log);
  }

  /** Tells clients what has become due. @param nowMs of the monotonic clock */
  step(nowMs: number): void {
    for (const { fromMs, toMs } of this.#parts.playback.step(nowMs)) {
      if (fromMs < 0) this.#forget();
      this.#publish(fromMs, toMs);
    }
  }

  /** Goes to another place: clients get the states that held there, and all that follows. */
  seek(positionMs: number): void {
    const { recording, playback } = this.#parts;
    const until = recording.countUntil(playback.seek(positionMs));
    this.#forget();
    const latest = new Map<string, Entry>();
    for (const entry of recording.entries.slice(0, until)) {
      if (entry.keep === 'latest') latest.set(JSON.stringify([entry.session, entry.topic]), entry);
    }
    for (const entry of latest.values()) this.#tell(entry);
  }

  cameras(): CameraView[] {
    const { recording, file } = this.#parts;
    return recording.sessions.map(({ id, camera }) => ({ camera_id: camera, graph: file, session_id: id }));
  }

  create(cameraId?: string): { view: SessionView; created: boolean } {
    const session = this.#parts.recording.sessions.find(({ camera }) => cameraId === undefined || camera === cameraId);
    if (!session) throw new WindhoverError('unknown_camera', `Unknown camera_id: ${cameraId}`);
    return { view: this.#view(session), created: false };
  }

  list(): SessionView[] {
    return this.#parts.recording.sessions.map((session) => this.#view(session));
  }

  get(sessionId: string): SessionView | undefined {
    const session = this.#find(sessionId);
    return session && this.#view(session);
  }

  /** @throws WindhoverError `recorded`: what happened cannot be stopped */
  async remove(sessionId: string): Promise<boolean> {
    if (this.#find(sessionId)) throw new WindhoverError('recorded', 'A recorded session cannot be removed');
    return false;
  }

  topics(sessionId: string): Topics {
    const recorded = [...(this.#find(sessionId)?.topics ?? [])];
    const own = recorded.map(([name, keep]) => [name, { doc: 'As recorded', schema: Type.Object({}), keep }] as const);
    return { ...Object.fromEntries(own), ...topics };
  }

  async request(_sessionId: string, name: string): Promise<Outcome> {
    return { error: toRecord(new WindhoverError('unknown_request', `${name}: a recording obeys nobody`)) };
  }

  readiness(): Readiness {
    return { ready: true, reasons: [] };
  }

  #find(sessionId: string): RecordedSession | undefined {
    return this.#parts.recording.sessions.find(({ id }) => id === sessionId);
  }

  #publish(fromMs: number, toMs: number): void {
    const { recording } = this.#parts;
    const until = recording.countUntil(toMs);
    for (let at = recording.countUntil(fromMs); at < until; at++) {
      const entry = recording.entries[at];
      if (entry) this.#tell(entry);
    }
  }

  #tell(entry: Entry): void {
    const { session: sessionId, topic, keep } = entry;
    const cameraId = this.#find(sessionId)?.camera ?? '';
    const json = this.#parts.recording.text(entry);
    if (topic === 'tick') this.#ticks.set(sessionId, (this.#ticks.get(sessionId) ?? 0) + 1);
    this.hub.publish({ sessionId, cameraId, topic, keep, json, live: true, isNews: true });
    // One by one: of messages that come together, a client would get the latest alone.
    this.hub.flush();
  }

  /** Nothing of another place in the recording is retained. */
  #forget(): void {
    for (const { id, topics } of this.#parts.recording.sessions)
      for (const topic of topics.keys()) this.hub.forget(id, topic);
  }

  #view({ id, camera }: RecordedSession): SessionView {
    const { playback, recording } = this.#parts;
    const text = this.hub.retained(id, 'tick')?.json;
    const tick = text === undefined ? undefined : JSON.parse(text);
    const ticks = this.#ticks.get(id) ?? 0;
    return {
      session_id: id,
      camera_id: camera,
      ws_path: `/ws/sessions/${id}`,
      running: !playback.isOver,
      selected_target_id: tick?.selected_target_id ?? null,
      tracking_phase: tick?.tracking_phase ?? 'idle',
      last_tick_ts_unix_ms: tick?.ts_unix_ms ?? null,
      state: playback.isOver ? 'ended' : 'running',
      fault: null,
      started_unix_ms: recording.startUnixMs,
      restarts: 0,
      // Frames without a tick are not in a recording.
      frames: { decoded: ticks, processed: ticks, dropped: 0, in_flight: 0 },
      fps: { in: 0, out: 0 },
      latency_ms: { inference_p50: null, end_to_end_p50: null, end_to_end_p99: null },
      tracks: tick?.tracks?.length ?? 0,
      progress: playback.durationMs > 0 ? playback.positionMs / playback.durationMs : 1,
      nodes: {},
    };
  }
}
