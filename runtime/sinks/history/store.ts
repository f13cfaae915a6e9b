/** The history in its database: written and read here, in a thread of its own (store-worker.ts). */
import { sql } from 'kysely';
import { describeError, type OpenDatabase, openDatabase, setAside } from './database.ts';
import { prune } from './prune.ts';
import { samplesOf, sessionsOf, trackOf, tracksOf } from './queries.ts';
import type { Batch, DatabaseOptions, PruneOptions, SampleQuery, StoreCalls, TrackKey, TrackQuery } from './rows.ts';
import type { Store } from './tables.ts';
import { writeRows, writeSession } from './write.ts';

export class HistoryStore implements StoreCalls {
  #database: OpenDatabase | undefined;
  #options: DatabaseOptions | undefined;
  #opening: Promise<unknown> = Promise.resolve();
  /** Name of the damaged file that was set aside last. */
  #setAside: string | null = null;
  /** What the database knows of each session that was written here: its number, and its row as text. */
  readonly #sessions = new Map<string, { readonly no: number; readonly text: string }>();

  open(options: DatabaseOptions): Promise<{ setAside: string | null }> {
    // One after the other: two that come together would open two.
    const opened = this.#opening.then(async () => {
      this.#options = options;
      this.#database ??= await this.#openNow(options);
      return { setAside: this.#setAside };
    });
    this.#opening = opened.catch(() => undefined);
    return opened;
  }

  async write(batch: Batch): Promise<void> {
    const { server, url } = this.#opened.options;
    const numbers = new Map<string, { no: number; text: string }>();
    await this.#opened.store.transaction().execute(async (store) => {
      for (const session of batch.sessions) {
        const text = JSON.stringify(session);
        const known = this.#sessions.get(session.session);
        const no = known?.text === text ? known.no : await writeSession(store, session, server);
        numbers.set(session.session, { no, text });
      }
      const numberOf = (session: string) => numbers.get(session)?.no ?? 0;
      await writeRows({ store, isSqlite: url === null, numberOf }, batch);
    });
    // Not before: a transaction that was rolled back has left no numbers.
    for (const [session, known] of numbers) this.#sessions.set(session, known);
  }

  tracks(query: TrackQuery) {
    return tracksOf(this.#opened.store, query);
  }

  track(key: TrackKey) {
    return trackOf(this.#opened.store, key);
  }

  samples(query: SampleQuery) {
    return samplesOf(this.#opened.store, query);
  }

  sessions(query: { camera: string; afterMs: number; beforeMs: number }) {
    return sessionsOf(this.#opened.store, query);
  }

  async retain({ session, id, isRetained }: TrackKey & { isRetained: boolean }): Promise<boolean> {
    const { store } = this.#opened;
    const no = store.selectFrom('sessions').select('no').where('session_id', '=', session);
    const update = store.updateTable('tracks').set({ retained: isRetained ? 1 : 0 });
    const { numUpdatedRows } = await update.where('session_no', '=', no).where('id', '=', id).executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  async prune(options: PruneOptions) {
    const pruned = await prune(this.#opened.database, options);
    // Sessions without tracks may be gone, and their numbers with them.
    if (pruned.isDone) this.#sessions.clear();
    return pruned;
  }

  /** A damaged file is set aside, so that the next `open` begins a new one. */
  async damaged(): Promise<void> {
    await this.close();
    if (this.#options?.url === null) this.#setAside = setAside(this.#options.file, Date.now());
  }

  async close(): Promise<void> {
    const database = this.#database;
    this.#database = undefined;
    this.#sessions.clear();
    await database?.close();
  }

  get #opened() {
    const [database, options] = [this.#database, this.#options];
    if (!database || !options) throw new Error('the database is not open');
    return { database, options, store: database.store };
  }

  async #openNow(options: DatabaseOptions): Promise<OpenDatabase> {
    let database: OpenDatabase;
    try {
      database = await openDatabase(options);
    } catch (error) {
      if (options.url !== null || describeError(error).code !== 'database_damaged') throw error;
      this.#setAside = setAside(options.file, Date.now());
      database = await openDatabase(options);
    }
    try {
      await this.#closeOpenTracks(database.store, options);
      return database;
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  /** Whoever wrote these sessions is gone: their tracks ended when they were seen last. */
  async #closeOpenTracks(store: Store, { server, liveSessions }: DatabaseOptions): Promise<void> {
    let gone = store.selectFrom('sessions').select('no').where('server', '=', server);
    if (liveSessions.length > 0) gone = gone.where('session_id', 'not in', liveSessions);
    const lastSeen = sql<number>`coalesce((select max(at_ms) from track_samples as seen where
      seen.session_no = tracks.session_no and seen.at_ms >= tracks.start_ms and seen.id = tracks.id), start_ms)`;
    await store
      .updateTable('tracks')
      .set({ end_ms: lastSeen, interrupted: 1 })
      .where('end_ms', 'is', null)
      .where('session_no', 'in', gone)
      .execute();
  }
}
