/**
 * The lifecycle of tracks: `new` once a track was seen `confirmAfter` times, `update` when its best confidence rises or
 * its zones change, `end` once it was unseen for `endAfterMs`, or when everything ends. Every `new` gets exactly one
 * `end`. Pure stepper: times are arguments, on the capture clock of the frames.
 */
import type { Box, MessageOf, Moment, Track, topics } from '../../runtime/node.ts';

export interface LifecycleOptions {
  readonly cameraId: string;
  /** Sightings before a track is confirmed. */
  readonly confirmAfter: number;
  readonly endAfterMs: number;
}

/** A track as seen in one frame, with its box as it goes on the wire. */
export type Sighting = Pick<Track, 'id' | 'label' | 'confidence' | 'zones'> & { readonly bboxNorm: Box };

type TrackEvent = MessageOf<typeof topics.tracks>;
/** What an event says of a track; `end` is its last. */
export type LifecycleEvent =
  | Pick<Extract<TrackEvent, { event: 'new' }>, 'event' | 'before' | 'after'>
  | Pick<Extract<TrackEvent, { event: 'update' }>, 'event' | 'before' | 'after'>
  | Pick<Extract<TrackEvent, { event: 'end' }>, 'event' | 'before' | 'after'>;
/** A track that goes on. */
type TrackSummary = Extract<TrackEvent, { event: 'new' }>['after'];

export interface TrackState {
  sightings: number;
  startUnixMs: number;
  lastSeen: Moment;
  best: Sighting;
  newest: Sighting;
  /** What clients were told last; undefined until the track is confirmed. */
  told: TrackSummary | undefined;
}

export class TrackLifecycle {
  options: LifecycleOptions;
  readonly #tracks: Map<number, TrackState>;

  /** @param tracks by id, where they go on from another lifecycle */
  constructor(options: LifecycleOptions, tracks: ReadonlyMap<number, TrackState> = new Map()) {
    this.options = options;
    this.#tracks = new Map(tracks);
  }

  get tracks(): ReadonlyMap<number, TrackState> {
    return this.#tracks;
  }

  /** Number of tracks that were announced and not yet ended. */
  get open(): number {
    let open = 0;
    for (const state of this.#tracks.values()) if (state.told) open += 1;
    return open;
  }

  /** Takes in the tracks seen at this moment; the ends of those unseen for too long come first. */
  see(sightings: readonly Sighting[], now: Moment): LifecycleEvent[] {
    const events = this.expire(now);
    for (const sighting of sightings) {
      const event = this.#sight(sighting, now);
      if (event) events.push(event);
    }
    return events;
  }

  /** Ends the tracks that have been unseen for too long. */
  expire(now: Moment): LifecycleEvent[] {
    return this.#endWhere((state) => now.monoMs - state.lastSeen.monoMs >= this.options.endAfterMs);
  }

  endAll(): LifecycleEvent[] {
    return this.#endWhere(() => true);
  }

  #sight(sighting: Sighting, now: Moment): LifecycleEvent | undefined {
    const state = this.#tracks.get(sighting.id) ?? this.#begin(sighting, now);
    state.sightings += 1;
    state.lastSeen = now;
    state.newest = sighting;
    const better = sighting.confidence > state.best.confidence;
    if (better) state.best = sighting;
    if (!state.told) {
      if (state.sightings < this.options.confirmAfter) return undefined;
      state.told = this.#summary(state);
      return { event: 'new', before: null, after: state.told };
    }
    if (!better && sameZones(state.told.zones, sighting.zones)) return undefined;
    const before = state.told;
    state.told = this.#summary(state);
    return { event: 'update', before, after: state.told };
  }

  #begin(sighting: Sighting, now: Moment): TrackState {
    const state: TrackState = {
      sightings: 0,
      startUnixMs: now.unixMs,
      lastSeen: now,
      best: sighting,
      newest: sighting,
      told: undefined,
    };
    this.#tracks.set(sighting.id, state);
    return state;
  }

  #endWhere(over: (state: TrackState) => boolean): LifecycleEvent[] {
    const events: LifecycleEvent[] = [];
    for (const [id, state] of this.#tracks) {
      if (!over(state)) continue;
      this.#tracks.delete(id);
      if (!state.told) continue;
      const after = { ...this.#summary(state), end_ts_unix_ms: state.lastSeen.unixMs };
      events.push({ event: 'end', before: state.told, after });
    }
    return events;
  }

  #summary(state: TrackState): TrackSummary {
    const { id, label, zones } = state.newest;
    return {
      track_id: `${this.options.cameraId}/${id}`,
      id,
      label,
      top_conf: state.best.confidence,
      confirmed: true,
      start_ts_unix_ms: state.startUnixMs,
      end_ts_unix_ms: null,
      ...(zones ? { zones } : {}),
      best_bbox: state.best.bboxNorm,
    };
  }
}

function sameZones(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((zone, i) => zone === b[i]);
}
