/** kysely on Bun's own SQLite: one connection, whose users take turns. */
import type { Database, SQLQueryBindings } from 'bun:sqlite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';

/** @param open gives the database when it is first used */
export function bunSqlite(open: () => Database): Dialect {
  return {
    createDriver: () => new BunSqliteDriver(open),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

class BunSqliteDriver implements Driver {
  readonly #open: () => Database;
  #database: Database | undefined;
  /** Resolves when the one before has given the connection back. */
  #free: Promise<void> = Promise.resolve();
  readonly #release = new WeakMap<DatabaseConnection, () => void>();

  constructor(open: () => Database) {
    this.#open = open;
  }

  async init(): Promise<void> {
    this.#database = this.#open();
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#free;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#free = promise;
    await before;
    const connection = new BunSqliteConnection(this.#database ?? this.#open());
    this.#release.set(connection, resolve);
    return connection;
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    // A transaction that begins by reading can find at its first write that another process was faster.
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // SQLite itself has rolled back what failed for want of room.
    if (this.#database?.inTransaction) await connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    this.#release.get(connection)?.();
  }

  async destroy(): Promise<void> {
    this.#database?.close();
  }
}

class BunSqliteConnection implements DatabaseConnection {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const statement = this.#database.query<R, SQLQueryBindings[]>(sql);
    const values = parameters as SQLQueryBindings[];
    if (statement.columnNames.length > 0) return { rows: statement.all(...values) };
    const { changes, lastInsertRowid } = statement.run(...values);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  // biome-ignore lint/correctness/useYield: part of the interface that nothing here uses
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('rows are read in pages');
  }
}
