/**
 * A past stretch of a session in the form of a recording: what `bun run replay` and the page play. The ticks are made of the
 * boxes that were kept, so they are `sample_ms` apart; who a target was is known, and not what was searched for. Pure.
 */
import type { MetadataTick } from '../../../schemas/metadata-tick.ts';
import type { TrackEvent } from '../../../schemas/track-event.ts';
import type { SampleRow, SessionRow, StoredTrack } from './rows.ts';

/** First message of a stretch: what its ticks are made of. */
export interface HistoryState {
  readonly schema: 'drone-ptz-history/1';
  readonly type: 'history_state';
  readonly session_id: string;
  readonly camera_id: string;
  readonly ts_unix_ms: number;
  readonly from_unix_ms: number;
  readonly to_unix_ms: number;
  /** Distance of the boxes that were kept. */
  readonly sample_ms: number;
}

export type PastMessage = HistoryState | MetadataTick | TrackEvent;

export interface Stretch {
  readonly session: SessionRow;
  /** Of this session and time. */
  readonly tracks: readonly StoredTrack[];
  readonly fromMs: number;
  readonly toMs: number;
}

/** A box that is older is not shown: its object was not seen then. */
const SHOWN_SAMPLES = 1.5;
const SCHEMA = 'drone-ptz-metadata/1';

interface Turn {
  readonly atMs: number;
  readonly track: StoredTrack;
  readonly isEnd: boolean;
}

export class PastSession {
  readonly #stretch: Stretch;
  /** Beginnings and ends that are to come, in order. */
  readonly #turns: Turn[];
  /** The latest box of each track that goes on; null: none yet. */
  readonly #open = new Map<number, SampleRow | null>();
  /** A tick is to show that tracks are gone, unless one comes by then. */
  #clearAtMs = Number.POSITIVE_INFINITY;

  constructor(stretch: Stretch) {
    this.#stretch = stretch;
    const { tracks, fromMs, toMs } = stretch;
    const turns = tracks.flatMap((track): Turn[] => [
      { atMs: Math.max(track.startMs, fromMs), track, isEnd: false },
      ...(track.endMs !== null && track.endMs <= toMs ? [{ atMs: track.endMs, track, isEnd: true }] : []),
    ]);
    this.#turns = turns.toSorted((a, b) => a.atMs - b.atMs || Number(a.isEnd) - Number(b.isEnd));
  }

  begin(): HistoryState {
    const { session, fromMs, toMs } = this.#stretch;
    return {
      ...{ schema: 'drone-ptz-history/1', type: 'history_state', ...names(session), ts_unix_ms: fromMs },
      ...{ from_unix_ms: fromMs, to_unix_ms: toMs, sample_ms: session.sampleMs },
    };
  }

  /** Boxes of one time, and what happened before. @param samples in the order of their times */
  *take(samples: readonly SampleRow[]): Generator<PastMessage> {
    for (const [atMs, together] of Map.groupBy(samples, (sample) => sample.atMs)) {
      yield* this.#until(atMs, false);
      for (const sample of together) if (this.#open.has(sample.id)) this.#open.set(sample.id, sample);
      // Boxes from before the stretch say where its tracks were when it began.
      if (atMs >= this.#stretch.fromMs) yield this.#tick(atMs);
    }
  }

  /** What happened after the last box. */
  *end(): Generator<PastMessage> {
    yield* this.#until(this.#stretch.toMs, true);
    if (this.#clearAtMs <= this.#stretch.toMs) yield this.#tick(this.#clearAtMs);
  }

  *#until(atMs: number, isEndIncluded: boolean): Generator<PastMessage> {
    for (let turn = this.#turns[0]; turn; turn = this.#turns[0]) {
      const isDue = turn.atMs < atMs || (turn.atMs === atMs && (!turn.isEnd || isEndIncluded));
      if (!isDue) break;
      if (this.#clearAtMs < turn.atMs) yield this.#tick(this.#clearAtMs);
      this.#turns.shift();
      yield eventOf(turn);
      if (!turn.isEnd) this.#open.set(turn.track.id, null);
      else {
        this.#open.delete(turn.track.id);
        this.#clearAtMs = Math.min(this.#clearAtMs, turn.atMs + this.#stretch.session.sampleMs);
      }
    }
    if (this.#clearAtMs < atMs) yield this.#tick(this.#clearAtMs);
  }

  #tick(atMs: number): MetadataTick {
    this.#clearAtMs = Number.POSITIVE_INFINITY;
    const { session } = this.#stretch;
    const oldestMs = atMs - SHOWN_SAMPLES * session.sampleMs;
    const shown = [...this.#open.values()].filter(
      (sample) => sample !== null && sample.atMs >= oldestMs,
    ) as SampleRow[];
    const target = shown.find(({ isTarget }) => isTarget)?.id ?? null;
    return {
      ...{ schema: SCHEMA, type: 'metadata_tick', ...names(session), ts_unix_ms: atMs, space: session.space },
      frame_size: { w: Math.max(1, session.frameWidth), h: Math.max(1, session.frameHeight) },
      selected_target_id: target,
      tracking_phase: target === null ? 'idle' : 'tracking',
      tracks: shown.map(({ id, label, conf, bbox }) => ({ id, label, conf, bbox })),
    };
  }
}

function names({ session, camera }: Pick<SessionRow, 'session' | 'camera'>) {
  return { session_id: session, camera_id: camera };
}

function eventOf({ atMs, track, isEnd }: Turn): TrackEvent {
  const { id, label, topConf, startMs, camera, zones, best } = track;
  const after = {
    ...{ track_id: `${camera}/${id}`, id, label, top_conf: topConf, confirmed: true, start_ts_unix_ms: startMs },
    ...{ end_ts_unix_ms: null, zones: [...zones], ...(best ? { best_bbox: best } : {}) },
  };
  const same = { schema: SCHEMA, type: 'track_event', ...names(track), ts_unix_ms: atMs } as const;
  if (!isEnd) return { ...same, event: 'new', before: null, after };
  return { ...same, event: 'end', before: after, after: { ...after, end_ts_unix_ms: track.endMs ?? atMs } };
}
