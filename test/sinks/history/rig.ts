/** A history on the real thread and database, fed by hand. */

import type { AuditListener } from '../../../runtime/access/audit.ts';
import { SystemClock } from '../../../runtime/clock.ts';
import { createLog } from '../../../runtime/log.ts';
import { History, type HistoryOptions } from '../../../runtime/sinks/history/history.ts';
import type { SinkFault, SinkHost } from '../../../runtime/sinks/sink.ts';
import type { MetadataTick, PtzState, TrackEvent } from '../../../schemas/index.ts';
import { FakeSessions } from '../../server/fake-sessions.ts';
import { until } from '../../support/patience.ts';

export class HistoryRig implements AsyncDisposable {
  readonly sessions: FakeSessions;
  readonly log: Record<string, unknown>[] = [];
  readonly faults: (SinkFault | null)[] = [];
  readonly history: History;
  /** Hands it an entry of the audit log. */
  audit: AuditListener = () => undefined;
  readonly #camera: string;
  readonly #abort = new AbortController();

  constructor(database: Partial<HistoryOptions['database']>, camera = 'cam_01') {
    this.#camera = camera;
    this.sessions = new FakeSessions([camera]);
    const host: SinkHost = {
      sessions: this.sessions,
      clock: new SystemClock(),
      log: createLog({ write: (line) => this.log.push(JSON.parse(line)), pretty: false }),
      stateFolder: '/nowhere',
      onAudit: (listener) => {
        this.audit = listener;
        return () => undefined;
      },
      signal: this.#abort.signal,
      report: (fault) => this.faults.push(fault),
    };
    this.sessions.create(camera);
    const place = { url: null, file: '', server: 'test', ...database };
    this.history = new History({ database: place, sampleMs: 500, keepMs: null, maxBytes: null }, host);
  }

  get fault(): SinkFault | null {
    return this.faults.at(-1) ?? null;
  }

  /** A whole track of three ticks. */
  track(id: number, startMs: number): void {
    this.tick(startMs, [id]);
    this.event('new', id, startMs);
    this.tick(startMs + 100, [id]);
    this.tick(startMs + 200, [id]);
    this.event('end', id, startMs, startMs + 200);
  }

  tick(atMs: number, ids: readonly number[], target: number | null = null): void {
    this.#emit('tick', tickMessage(atMs, ids, target));
  }

  event(event: TrackEvent['event'], id: number, startMs: number, endMs: number | null = null): void {
    this.#emit('tracks', eventMessage(event, id, startMs, endMs));
  }

  ptz(atMs: number, cmd: PtzState['cmd']): void {
    this.#emit('ptz', ptzMessage(atMs, cmd));
  }

  /** Waits until nothing is left to be written. */
  async written(): Promise<void> {
    await until('all is written', () => this.history.figures().waiting === 0);
  }

  async tracks() {
    const { tracks } = await this.history.reader.tracks({ sort: 'oldest', limit: 1000, nowMs: Date.now() });
    return tracks;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.history.close();
  }

  #emit(topic: string, message: object): void {
    const session = `s-${this.#camera}`;
    this.sessions.emit(session, topic, JSON.stringify({ ...message, session_id: session, camera_id: this.#camera }));
    // One by one: of ticks that come together only the last would count.
    this.sessions.hub.flush();
  }
}

const NAMES = { schema: 'drone-ptz-metadata/1', session_id: 's-cam_01', camera_id: 'cam_01' } as const;

export function tickMessage(atMs: number, ids: readonly number[], target: number | null = null): MetadataTick {
  return {
    ...{ ...NAMES, type: 'metadata_tick', ts_unix_ms: atMs, space: 'source', frame_size: { w: 640, h: 360 } },
    ...{ selected_target_id: target, tracking_phase: target === null ? 'idle' : 'tracking' },
    tracks: ids.map((id) => ({
      id,
      label: 'drone',
      conf: 0.5,
      bbox: { x: id / 100, y: (atMs % 1000) / 1000, w: 0.1, h: 0.1 },
    })),
  };
}

export function eventMessage(
  event: TrackEvent['event'],
  id: number,
  startMs: number,
  endMs: number | null,
): TrackEvent {
  const live = { id, label: 'drone', top_conf: 0.5, confirmed: true, start_ts_unix_ms: startMs, end_ts_unix_ms: null };
  const same = { ...NAMES, type: 'track_event', ts_unix_ms: endMs ?? startMs } as const;
  if (event === 'new') return { ...same, event, before: null, after: live };
  if (event === 'update') return { ...same, event, before: live, after: live };
  return { ...same, event, before: live, after: { ...live, end_ts_unix_ms: endMs ?? startMs } };
}

export function ptzMessage(atMs: number, cmd: PtzState['cmd'], changed: Partial<PtzState> = {}): PtzState {
  return {
    ...{ ...NAMES, schema: 'drone-ptz-ptz/1', type: 'ptz_state', ts_unix_ms: atMs, control_mode: 'onvif', cmd },
    ...{ link: { state: 'ready', reason: null }, moving: null, pan_deg: null, tilt_deg: null, zoom: null },
    ...{ hfov_deg: null, preset: null, round_trip_ms: 12, ...changed },
  };
}
