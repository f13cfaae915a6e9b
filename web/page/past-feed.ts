/** A past stretch, as `GET /history/replay` gives it, in place of a feed: the overlay draws its boxes at any of its times. */
import { TickHistory } from '../client/history.ts';
import type { Feed, FeedState, MetadataTick, TrackEvent } from '../client/index.ts';

/** Its messages, and what its boxes are made of. */
export interface Past {
  readonly ticks: readonly MetadataTick[];
  /** The latest of each track. */
  readonly tracks: readonly TrackEvent[];
  /** Distance of the boxes that were kept; null: nothing was seen. */
  readonly sampleMs: number | null;
}

/** Ticks before and after a time that its boxes need. */
const [BEFORE_MS, AFTER_MS] = [10_000, 2500];

export function readPast(text: string): Past {
  const ticks: MetadataTick[] = [];
  const tracks = new Map<string, TrackEvent>();
  let sampleMs: number | null = null;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const message: MetadataTick | TrackEvent | { type: 'history_state'; sample_ms: number } = JSON.parse(line);
    if (message.type === 'metadata_tick') ticks.push(message);
    else if (message.type === 'track_event') tracks.set(`${message.session_id} ${message.after.id}`, message);
    else sampleMs = message.sample_ms;
  }
  return { ticks, tracks: [...tracks.values()], sampleMs };
}

export class PastFeed implements Feed {
  readonly state: FeedState = { status: 'live', why: '', sinceUnixMs: 0 };
  readonly sessionId = null;
  readonly latest = {};
  readonly #ticks: readonly MetadataTick[];
  #around = new TickHistory();
  /** The first tick that is not in it. */
  #next = 0;
  #atMs = Number.POSITIVE_INFINITY;

  constructor({ ticks }: Past) {
    this.#ticks = ticks;
  }

  at(unixMs: number) {
    if (unixMs < this.#atMs || unixMs > this.#atMs + BEFORE_MS) {
      this.#around = new TickHistory();
      this.#next = this.#ticks.findIndex(({ ts_unix_ms }) => ts_unix_ms >= unixMs - BEFORE_MS);
      if (this.#next < 0) this.#next = this.#ticks.length;
    }
    this.#atMs = unixMs;
    for (
      let tick = this.#ticks[this.#next];
      tick && tick.ts_unix_ms <= unixMs + AFTER_MS;
      tick = this.#ticks[this.#next]
    ) {
      this.#around.add(tick);
      this.#next++;
    }
    return this.#around.at(unixMs);
  }

  tail(trackId: number, fromUnixMs: number, toUnixMs: number) {
    return this.#around.tail(trackId, fromUnixMs, toUnixMs);
  }

  serverUnixMs(): null {
    return null;
  }

  on() {
    return () => undefined;
  }

  select(): Promise<never> {
    return Promise.reject(new Error('what was cannot be changed'));
  }

  clear(): Promise<never> {
    return this.select();
  }

  close(): void {
    this.#around = new TickHistory();
  }
}
