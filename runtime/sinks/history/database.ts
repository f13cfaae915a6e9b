/** The two databases of the history: how each is opened, how much it holds, and what its errors mean. */
import { Database } from 'bun:sqlite';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Dialect, Kysely, PostgresDialect, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import pg from 'pg';
import { errorCode, errorMessage, WindhoverError } from '../../errors.ts';
import { ProcessLock } from '../../process-lock.ts';
import { bunSqlite } from './bun-sqlite.ts';
import { type DatabaseOptions, VALUE_REFUSED } from './rows.ts';
import { migrations, type Store, type Tables } from './tables.ts';

export interface OpenDatabase {
  readonly store: Store;
  /** Bytes in use; of PostgreSQL about, by its own count of rows. */
  usedBytes(): Promise<number>;
  /** After much has been removed. */
  giveBack(): Promise<void>;
  close(): Promise<void>;
}

const BUSY_MS = 500;
const CONNECT_MS = 5000;
const STATEMENT_MS = 20_000;
/** A row of samples in PostgreSQL, with its share of the index. */
const ROW_BYTES = 130;

/** @throws what `describeError` explains; what was opened is closed then */
export async function openDatabase({ url, file }: Pick<DatabaseOptions, 'url' | 'file'>): Promise<OpenDatabase> {
  const database = url === null ? openSqlite(file) : openPostgres(url);
  try {
    const { error } = await new Migrator({ db: database.store, provider: migrations(url === null) }).migrateToLatest();
    if (error) throw error;
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

function openSqlite(file: string): OpenDatabase {
  const lock = new ProcessLock(`${file}.lock`);
  const owner = lock.take();
  if (owner !== null) {
    const hint = 'give each server its own state folder, or its own file';
    throw new WindhoverError('history_in_use', `${file} is that of process ${owner}`, { hint });
  }
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  // SQLite makes its other files like this one.
  writeFileSync(file, '', { flag: 'a', mode: 0o600 });
  const database = new Database(file, { create: true, strict: true });
  try {
    database.run(`pragma busy_timeout = ${BUSY_MS}`);
    // Of a file that is made now: what is removed can be given back later.
    database.run('pragma auto_vacuum = incremental');
    database.run('pragma journal_mode = wal');
    // After a loss of power the last moments may be missing; nothing else.
    database.run('pragma synchronous = normal');
    database.run('pragma journal_size_limit = 16777216');
  } catch (error) {
    database.close();
    throw error;
  }
  const store = kysely(bunSqlite(() => database));
  const figure = async (name: string) => {
    const { rows } = await sql<Record<string, number>>`pragma ${sql.raw(name)}`.execute(store);
    return rows[0]?.[name] ?? 0;
  };
  return {
    store,
    usedBytes: async () =>
      ((await figure('page_count')) - (await figure('freelist_count'))) * (await figure('page_size')),
    giveBack: async () => void (await sql`pragma incremental_vacuum(2000)`.execute(store)),
    close: async () => {
      await store.destroy();
      lock.give();
    },
  };
}

function openPostgres(url: string): OpenDatabase {
  const number = pg.types.builtins.INT8;
  const pool = new pg.Pool({
    connectionString: url,
    max: 4,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: STATEMENT_MS,
    statement_timeout: STATEMENT_MS,
    keepAlive: true,
    application_name: 'windhover',
    types: {
      getTypeParser: (type: number, format?: 'text' | 'binary') =>
        type === number ? Number : pg.types.getTypeParser(type, format as 'text'),
    },
  });
  // A connection that breaks while nobody uses it: the next query says so.
  pool.on('error', () => undefined);
  const store = kysely(new PostgresDialect({ pool }));
  return {
    store,
    usedBytes: async () => {
      const rows = sql<{ rows: number }>`select coalesce(sum(n_live_tup), 0)::bigint as rows from pg_stat_user_tables
        where relname in ('tracks', 'track_samples', 'ptz_commands', 'audit')`;
      return ((await rows.execute(store)).rows[0]?.rows ?? 0) * ROW_BYTES;
    },
    // Its own cleaner does that.
    giveBack: async () => undefined,
    close: () => store.destroy(),
  };
}

function kysely(dialect: Dialect): Store {
  return new Kysely<Tables>({ dialect });
}

/** Renames a damaged file, with what belongs to it. @returns its new name */
export function setAside(file: string, nowUnixMs: number): string {
  const name = `${file}.damaged-${new Date(nowUnixMs).toISOString().replaceAll(':', '')}`;
  for (const part of ['', '-wal', '-shm']) {
    try {
      renameSync(file + part, name + part);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
  }
  return name;
}

/** PostgreSQL: data exceptions, constraints, too long for an index. */
const VALUE_FAULTS = /^(22|23|54)...$|^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG|RANGE)/;

const MEANINGS: readonly (readonly [code: RegExp, own: string, hint: string])[] = [
  [/^SQLITE_(CORRUPT|NOTADB)/, 'database_damaged', 'the file is set aside'],
  [/^SQLITE_FULL|^ENOSPC|^53100$/, 'disk_full', 'free some space'],
  [/^SQLITE_READONLY|^EROFS|^EACCES|^25006$/, 'database_read_only', 'make it writable'],
  [/^SQLITE_(BUSY|LOCKED)/, 'database_locked', 'another program holds it'],
  [/^SQLITE_(CANTOPEN|IOERR)/, 'database_unreadable', 'the disk refuses'],
  [/^(ECONN|ENOTFOUND|EHOSTUNREACH|ETIMEDOUT|08|57P)/, 'database_gone', 'it is tried again'],
  [VALUE_FAULTS, VALUE_REFUSED, 'it is none that this database can hold'],
  [/^(28|3D000)/, 'database_refused', 'look at the login and the name of the database'],
];

/** What kept the database from its work, in words of our own, and whether its file is damaged. */
export function describeError(cause: unknown): WindhoverError {
  if (cause instanceof WindhoverError) return cause;
  const code = errorCode(cause) ?? '';
  const meaning = MEANINGS.find(([pattern]) => pattern.test(code));
  const isLost = /timeout|terminat|connection/i.test(errorMessage(cause));
  const [, own, hint] = meaning ?? [null, isLost ? 'database_gone' : 'database_failed', 'it is tried again'];
  return new WindhoverError(own, `the database: ${errorMessage(cause) || code}`, { hint, cause });
}
