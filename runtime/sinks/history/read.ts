/** Longer answers of the history, page by page. */
import { WindhoverError } from '../../errors.ts';
import { PastSession } from './past.ts';
import type { HistoryReader, SessionRow, StoredTrack, TrackQuery } from './rows.ts';

const TRACKS_AT_ONCE = 500;
const SAMPLES_AT_ONCE = 5000;
/** A replay holds the tracks of a session in memory. */
const MOST_TRACKS = 50_000;

/** All tracks that the query means, from its cursor on. */
export async function* allTracks(
  history: HistoryReader,
  query: Omit<TrackQuery, 'limit'>,
): AsyncGenerator<StoredTrack> {
  let cursor = query.cursor;
  do {
    const page = await history.tracks({ ...query, limit: TRACKS_AT_ONCE, cursor });
    yield* page.tracks;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}

export interface PastQuery {
  readonly camera: string;
  readonly afterMs: number;
  readonly beforeMs: number;
  readonly nowMs: number;
}

/** What the sessions of a camera were in that time, one JSON text a line: a recording. */
export async function* pastLines(history: HistoryReader, query: PastQuery): AsyncGenerator<string> {
  const { camera, afterMs, beforeMs } = query;
  for (const session of await history.sessions({ camera, afterMs, beforeMs }))
    yield* sessionLines(history, session, query);
}

async function* sessionLines(history: HistoryReader, session: SessionRow, query: PastQuery): AsyncGenerator<string> {
  const { afterMs, beforeMs, nowMs } = query;
  const tracks: StoredTrack[] = [];
  const wanted = {
    session: session.session,
    cameras: [query.camera],
    afterMs,
    beforeMs,
    sort: 'oldest',
    nowMs,
  } as const;
  for await (const track of allTracks(history, wanted)) {
    tracks.push(track);
    if (tracks.length > MOST_TRACKS)
      throw new WindhoverError('bad_query', `more than ${MOST_TRACKS} tracks; ask for a shorter time`);
  }
  const past = new PastSession({ session, tracks, fromMs: afterMs, toMs: beforeMs });
  yield `${JSON.stringify(past.begin())}\n`;
  const stretch = { session: session.session, fromMs: afterMs - 2 * session.sampleMs, toMs: beforeMs };
  let after: { atMs: number; id: number } | undefined;
  let rest: Awaited<ReturnType<HistoryReader['samples']>> = [];
  do {
    const page = await history.samples({ ...stretch, limit: SAMPLES_AT_ONCE, ...(after ? { after } : {}) });
    after = page.length === SAMPLES_AT_ONCE ? page.at(-1) : undefined;
    // Boxes of one time may lie on two pages: the last ones wait for the next page.
    const all = [...rest, ...page];
    const whole = after === undefined ? all : all.filter(({ atMs }) => atMs !== after?.atMs);
    rest = all.slice(whole.length);
    yield [...past.take(whole)].map((message) => `${JSON.stringify(message)}\n`).join('');
  } while (after);
  yield [...past.end()].map((message) => `${JSON.stringify(message)}\n`).join('');
}
