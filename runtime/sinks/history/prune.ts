/** What is too old, or too much, goes: the oldest first, some at a time, so that writing goes on in between. */
import type { OpenDatabase } from './database.ts';
import type { PruneOptions } from './rows.ts';
import type { Store } from './tables.ts';

/** Tracks of one transaction. */
const AT_ONCE = 200;

/** Tracks that are retained stay with their samples, and so do those that go on. */
export async function prune(database: OpenDatabase, { untilMs, maxBytes }: PruneOptions) {
  const { store } = database;
  const isTooMuch = maxBytes !== null && (await database.usedBytes()) > maxBytes;
  const limitMs = isTooMuch ? null : untilMs;
  if (!isTooMuch && limitMs === null) return { tracks: 0, isDone: true, usedBytes: await database.usedBytes() };
  const tracks = await removeOldest(store, limitMs);
  const isDone = tracks < AT_ONCE;
  if (isDone && untilMs !== null) await removeBefore(store, untilMs);
  if (tracks > 0) await database.giveBack();
  return { tracks, isDone: isDone || tracks === 0, usedBytes: await database.usedBytes() };
}

/** @param untilMs ended before that; null: whatever is the oldest */
async function removeOldest(database: Store, untilMs: number | null): Promise<number> {
  return await database.transaction().execute(async (store) => {
    let oldest = store
      .selectFrom('tracks')
      .select(['session_no', 'id', 'start_ms', 'end_ms'])
      .where('retained', '=', 0)
      .where('end_ms', 'is not', null);
    if (untilMs !== null) oldest = oldest.where('end_ms', '<', untilMs);
    const rows = await oldest.orderBy('end_ms').limit(AT_ONCE).execute();
    for (const { session_no, id, start_ms, end_ms } of rows) {
      await store
        .deleteFrom('track_samples')
        .where('session_no', '=', session_no)
        .where('at_ms', '>=', start_ms)
        .where('at_ms', '<=', end_ms ?? start_ms)
        .where('id', '=', id)
        .execute();
      await store.deleteFrom('tracks').where('session_no', '=', session_no).where('id', '=', id).execute();
    }
    // Nothing else is older than the oldest track that is left.
    const last = rows.at(-1)?.end_ms;
    if (last != null) await store.deleteFrom('ptz_commands').where('at_ms', '<', last).execute();
    return rows.length;
  });
}

async function removeBefore(store: Store, untilMs: number): Promise<void> {
  await store.deleteFrom('audit').where('at_ms', '<', untilMs).execute();
  await store.deleteFrom('ptz_commands').where('at_ms', '<', untilMs).execute();
  await store
    .deleteFrom('sessions')
    .where('started_ms', '<', untilMs)
    .where((row) =>
      row.not(row.exists(row.selectFrom('tracks').select('id').whereRef('session_no', '=', 'sessions.no'))),
    )
    .execute();
}
