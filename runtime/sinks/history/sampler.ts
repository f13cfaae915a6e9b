/** From the messages of a session to rows: its tracks, their boxes from time to time, and the commands to its camera. Pure. */
import type { MessageOf, topics } from '../../../schemas/topics.ts';
import type { PtzCommandRow, SampleRow, SessionRow, TrackRow } from './rows.ts';

type Tick = MessageOf<typeof topics.tick>;
type TrackEvent = MessageOf<typeof topics.tracks>;
type PtzState = MessageOf<typeof topics.ptz>;

/** Takes what comes of it. */
export interface Rows {
  session(row: SessionRow): void;
  track(row: TrackRow): void;
  sample(row: SampleRow): void;
  command(row: PtzCommandRow): void;
}

/** Ticks come a little early and late. */
const EARLY_SHARE = 0.1;

export class SessionSampler {
  readonly #rows: Rows;
  #session: SessionRow;
  /** By track: whether it was told of, and its box of the latest tick until that is written. */
  readonly #open = new Map<number, SampleRow | null>();
  /** Boxes of the latest tick of those that nothing was told of yet. */
  #unknown = new Map<number, SampleRow>();
  #sampledMs = Number.NEGATIVE_INFINITY;
  #command = '';

  constructor(rows: Rows, session: SessionRow) {
    this.#rows = rows;
    this.#session = session;
    rows.session(session);
  }

  tick({ ts_unix_ms: atMs, frame_size: size, space, tracks, selected_target_id }: Tick): void {
    const { session, sampleMs, frameWidth, frameHeight } = this.#session;
    if (size.w !== frameWidth || size.h !== frameHeight || space !== this.#session.space) {
      this.#session = { ...this.#session, frameWidth: size.w, frameHeight: size.h, space };
      this.#rows.session(this.#session);
    }
    const passedMs = atMs - this.#sampledMs;
    // A clip that plays in a loop begins again.
    const isDue = passedMs < 0 || passedMs >= sampleMs * (1 - EARLY_SHARE);
    if (isDue) this.#sampledMs = atMs;
    this.#unknown = new Map();
    for (const { id, label, conf, bbox } of tracks) {
      const row = { session, id, atMs, label, conf, bbox, isTarget: id === selected_target_id };
      if (!this.#open.has(id)) this.#unknown.set(id, row);
      else if (isDue) this.#write(row);
      else this.#open.set(id, row);
    }
  }

  event({ event, after }: TrackEvent): void {
    const { session, camera } = this.#session;
    const { id, label, top_conf: topConf, start_ts_unix_ms: startMs, end_ts_unix_ms: endMs, zones = [] } = after;
    this.#rows.track({ session, id, camera, label, topConf, startMs, endMs, zones, best: after.best_bbox ?? null });
    const first = this.#unknown.get(id);
    if (!this.#open.has(id)) this.#open.set(id, null);
    if (first) this.#write(first);
    this.#unknown.delete(id);
    if (event !== 'end') return;
    const last = this.#open.get(id);
    if (last) this.#rows.sample(last);
    this.#open.delete(id);
  }

  ptz({ ts_unix_ms: atMs, cmd, link, pan_deg: panDeg, tilt_deg: tiltDeg, round_trip_ms: roundTripMs }: PtzState): void {
    const command = JSON.stringify([cmd, link.state]);
    if (command === this.#command) return;
    this.#command = command;
    const { session } = this.#session;
    this.#rows.command({
      session,
      atMs,
      ...cmd,
      result: link.state,
      reason: link.reason,
      panDeg,
      tiltDeg,
      roundTripMs,
    });
  }

  #write(row: SampleRow): void {
    this.#open.set(row.id, null);
    this.#rows.sample(row);
  }
}
