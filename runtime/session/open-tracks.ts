/**
 * The tracks that clients believe to be open. When a session's process dies, it cannot send their ends any more:
 * this does. Works on the wire messages themselves, so it knows exactly what clients know.
 */
import type { MessageOf, topics } from '../../schemas/topics.ts';
import type { WallTime } from '../clock.ts';

type TrackEvent = MessageOf<typeof topics.tracks>;

interface OpenTrack {
  readonly last: Exclude<TrackEvent, { event: 'end' }>;
  /** When it began, on the monotonic clock: the wall clock may be set meanwhile. */
  readonly startMs: number;
}

export class OpenTracks {
  readonly #wall: WallTime;
  /** By id. */
  readonly #open = new Map<number, OpenTrack>();
  /** What was 0 by the wall clock, on the monotonic one, when the latest tick came. */
  #tickZeroMs = 0;

  constructor(wall: WallTime) {
    this.#wall = wall;
  }

  /** Records an event that is sent to clients. */
  note(event: TrackEvent): void {
    if (event.event === 'end') this.#open.delete(event.after.id);
    else this.#open.set(event.after.id, { last: event, startMs: this.#wall.monoAt(event.after.start_ts_unix_ms) });
  }

  /** A tick is sent to clients. */
  noteTick(): void {
    this.#tickZeroMs = this.#wall.monoAt(0);
  }

  /** The missing ends. Nothing is open afterwards. @param tickUnixMs time of the latest tick, if there was one */
  endAll(nowUnixMs: number, tickUnixMs: number | undefined): TrackEvent[] {
    const lastSeenUnixMs =
      tickUnixMs === undefined ? nowUnixMs : Math.round(this.#wall.at(tickUnixMs + this.#tickZeroMs));
    const ends = [...this.#open.values()].map(({ last, startMs }): TrackEvent => {
      const start_ts_unix_ms = Math.round(this.#wall.at(startMs));
      const end_ts_unix_ms = Math.max(lastSeenUnixMs, start_ts_unix_ms);
      const after = { ...last.after, start_ts_unix_ms, end_ts_unix_ms };
      return { ...last, event: 'end', ts_unix_ms: nowUnixMs, before: last.after, after };
    });
    this.#open.clear();
    return ends;
  }
}
