/**
 * The lifecycle of tracks: `new` once a track was seen `confirmAfter` times, `update` when its best confidence rises,
 * or its label or its zones change, `end` once it was unseen for `endAfterMs` and its tracker has given it up, or when
 * everything ends. Every `new` gets exactly one `end`, and an id whose `end` was told is never told of again. Pure
 * stepper: times are arguments, on the capture clock of the frames. How late a frame comes plays no part.
 */
import type { Box, MessageOf, Moment, RememberedTrack, Track, topics } from '../../runtime/node.ts';

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

interface OpenTrack {
  sightings: number;
  startUnixMs: number;
  lastSeen: Moment;
  /** Its tracker may see it again until then, on the monotonic clock. */
  rememberedUntilMs: number;
  best: Sighting;
  newest: Sighting;
  /** What clients were told last; undefined until the track is confirmed. */
  told: TrackSummary | undefined;
}

/** A lifecycle at rest between two frames. */
export interface LifecycleState {
  /** By id. */
  readonly tracks: ReadonlyMap<number, OpenTrack>;
  /** Ids that were announced, the newest last: those that are not in `tracks` are over. */
  readonly announced: readonly number[];
  /** The newest moment given. */
  readonly latest?: Moment | undefined;
}

/** Ids that are remembered when they are over. */
const MOST_ANNOUNCED = 1000;
/** Between two frames the clocks of a capture time move against each other by more: the wall clock was set. */
const SET_MS = 20;

export class TrackLifecycle {
  options: LifecycleOptions;
  readonly #tracks: Map<number, OpenTrack>;
  readonly #announced: Set<number>;
  #latest: Moment | undefined;

  /** @param state of a lifecycle that this one goes on from */
  constructor(options: LifecycleOptions, state: LifecycleState = { tracks: new Map(), announced: [] }) {
    this.options = options;
    this.#tracks = new Map(state.tracks);
    this.#announced = new Set(state.announced);
    this.#latest = state.latest;
  }

  get state(): LifecycleState {
    return { tracks: this.#tracks, announced: [...this.#announced], latest: this.#latest };
  }

  /** Number of tracks that were announced and not yet ended. */
  get open(): number {
    let open = 0;
    for (const track of this.#tracks.values()) if (track.told) open += 1;
    return open;
  }

  /** True when the end of this track was told. */
  isOver(id: number): boolean {
    return this.#announced.has(id) && !this.#tracks.has(id);
  }

  /**
   * Takes in the tracks seen at this moment; the ends of others come first.
   * @param remembered tracks that may be seen again, as far as that is known
   */
  see(sightings: readonly Sighting[], now: Moment, remembered?: readonly RememberedTrack[]): LifecycleEvent[] {
    this.#followWall(now);
    if (remembered) {
      const untilMs = new Map(remembered.map(({ id, untilMonoMs }) => [id, untilMonoMs]));
      for (const [id, track] of this.#tracks) track.rememberedUntilMs = untilMs.get(id) ?? Number.NEGATIVE_INFINITY;
    }
    const seen = new Set(sightings.map(({ id }) => id));
    const events = this.#endWhere((track, id) => !seen.has(id) && this.#isDue(track, now));
    for (const sighting of sightings) {
      const event = this.isOver(sighting.id) ? undefined : this.#sight(sighting, now);
      if (event) events.push(event);
    }
    return events;
  }

  /** No frame has come up to this moment: ends the tracks that have been unseen for too long. */
  expire(now: Moment): LifecycleEvent[] {
    this.#followWall(now);
    return this.#endWhere((track) => this.#isDue(track, now));
  }

  endAll(now: Moment): LifecycleEvent[] {
    this.#followWall(now);
    return this.#endWhere(() => true);
  }

  #isDue({ lastSeen, rememberedUntilMs }: OpenTrack, { monoMs }: Moment): boolean {
    return monoMs - lastSeen.monoMs >= this.options.endAfterMs && monoMs >= rememberedUntilMs;
  }

  /** Tracks keep their durations when the wall clock is set: their times are told by the clock as it is now. */
  #followWall(now: Moment): void {
    const { monoMs, unixMs } = this.#latest ?? now;
    this.#latest = now;
    const byMs = Math.round(now.unixMs - unixMs - (now.monoMs - monoMs));
    if (Math.abs(byMs) <= SET_MS) return;
    for (const track of this.#tracks.values()) {
      track.startUnixMs += byMs;
      track.lastSeen = { ...track.lastSeen, unixMs: track.lastSeen.unixMs + byMs };
    }
  }

  #sight(sighting: Sighting, now: Moment): LifecycleEvent | undefined {
    const track = this.#tracks.get(sighting.id) ?? this.#begin(sighting, now);
    track.sightings += 1;
    track.lastSeen = now;
    track.newest = sighting;
    const isBetter = sighting.confidence > track.best.confidence;
    if (isBetter) track.best = sighting;
    const before = track.told;
    if (!before) {
      if (track.sightings < this.options.confirmAfter) return undefined;
      this.#remember(sighting.id);
      track.told = this.#summary(track);
      return { event: 'new', before: null, after: track.told };
    }
    if (!isBetter && before.label === sighting.label && sameZones(before.zones, sighting.zones)) return undefined;
    track.told = this.#summary(track);
    return { event: 'update', before, after: track.told };
  }

  #begin(sighting: Sighting, now: Moment): OpenTrack {
    const track: OpenTrack = {
      sightings: 0,
      startUnixMs: now.unixMs,
      lastSeen: now,
      rememberedUntilMs: Number.NEGATIVE_INFINITY,
      best: sighting,
      newest: sighting,
      told: undefined,
    };
    this.#tracks.set(sighting.id, track);
    return track;
  }

  #remember(id: number): void {
    this.#announced.add(id);
    for (const oldest of this.#announced) {
      if (this.#announced.size <= MOST_ANNOUNCED + this.#tracks.size) return;
      if (!this.#tracks.has(oldest)) this.#announced.delete(oldest);
    }
  }

  #endWhere(isOver: (track: OpenTrack, id: number) => boolean): LifecycleEvent[] {
    const events: LifecycleEvent[] = [];
    for (const [id, track] of this.#tracks) {
      if (!isOver(track, id)) continue;
      this.#tracks.delete(id);
      if (!track.told) continue;
      const after = { ...this.#summary(track), end_ts_unix_ms: track.lastSeen.unixMs };
      events.push({ event: 'end', before: track.told, after });
    }
    return events;
  }

  #summary(track: OpenTrack): TrackSummary {
    const { id, label, zones } = track.newest;
    return {
      track_id: `${this.options.cameraId}/${id}`,
      id,
      label,
      top_conf: track.best.confidence,
      confirmed: true,
      start_ts_unix_ms: track.startUnixMs,
      end_ts_unix_ms: null,
      ...(zones ? { zones } : {}),
      best_bbox: track.best.bboxNorm,
    };
  }
}

function sameZones(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((zone, i) => zone === b[i]);
}
