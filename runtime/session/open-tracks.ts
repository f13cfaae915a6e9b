/**
 * The tracks that clients believe to be open. When a session's process dies, nobody in it can send their ends any more:
 * this does. Works on the wire messages themselves, so it knows exactly what clients know.
 */
import type { TrackEvent } from '../../schemas/index.ts';

export class OpenTracks {
  readonly #open = new Map<number, TrackEvent>();

  get size(): number {
    return this.#open.size;
  }

  /** Takes note of an event that is on its way to clients. */
  note(json: string): void {
    const message: TrackEvent = JSON.parse(json);
    if (message.event === 'end') this.#open.delete(message.after.id);
    else this.#open.set(message.after.id, message);
  }

  /** The missing ends, as JSON. Nothing is open afterwards. @param lastSeenUnixMs when a frame was last processed */
  endAll(nowUnixMs: number, lastSeenUnixMs: number): string[] {
    const ends = [...this.#open.values()].map((last) => {
      const endUnixMs = Math.max(lastSeenUnixMs, last.after.start_ts_unix_ms);
      const after = { ...last.after, end_ts_unix_ms: endUnixMs };
      return JSON.stringify({ ...last, event: 'end', ts_unix_ms: nowUnixMs, before: last.after, after });
    });
    this.#open.clear();
    return ends;
  }
}
