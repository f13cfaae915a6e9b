/**
 * The tracks that clients believe to be open. When a session's process dies, it cannot send their ends any more:
 * this does. Works on the wire messages themselves, so it knows exactly what clients know.
 */
import type { MessageOf, topics } from '../../schemas/topics.ts';

type TrackEvent = MessageOf<typeof topics.tracks>;

export class OpenTracks {
  readonly #open = new Map<number, TrackEvent>();

  /** Records an event that is sent to clients. */
  note(event: TrackEvent): void {
    if (event.event === 'end') this.#open.delete(event.after.id);
    else this.#open.set(event.after.id, event);
  }

  /** The missing ends. Nothing is open afterwards. @param lastSeenUnixMs when a frame was last processed */
  endAll(nowUnixMs: number, lastSeenUnixMs: number): TrackEvent[] {
    const ends = [...this.#open.values()].flatMap((last): TrackEvent[] => {
      if (last.event === 'end') return [];
      const end_ts_unix_ms = Math.max(lastSeenUnixMs, last.after.start_ts_unix_ms);
      const after = { ...last.after, end_ts_unix_ms };
      return [{ ...last, event: 'end', ts_unix_ms: nowUnixMs, before: last.after, after }];
    });
    this.#open.clear();
    return ends;
  }
}
