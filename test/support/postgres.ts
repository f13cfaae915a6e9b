/** A PostgreSQL of the test's own, in a temporary folder; null where there is none to start. */
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../live/peers.ts';

export class Postgres implements Disposable {
  readonly #folder: string;
  readonly #port: number;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
  }

  /** Why there is none, or it, running. */
  static async start(): Promise<Postgres | string> {
    const program = binary('initdb');
    if (!program) return 'PostgreSQL is not installed';
    // The folder of this run is its own user's.
    const folder = mkdtempSync('/tmp/windhover-postgres-');
    if (process.getuid?.() === 0) {
      const [uid, gid] = [idOf('-u'), idOf('-g')];
      if (uid === null || gid === null) return 'there is no user postgres, and root may not run it';
      chownSync(folder, uid, gid);
    }
    const made = run([program, '-D', join(folder, 'data'), '-U', 'windhover', '-A', 'trust', '-N']);
    if (made !== null) return `initdb: ${made}`;
    const postgres = new Postgres(folder, freePort());
    postgres.resume();
    return postgres;
  }

  get url(): string {
    return `postgres://windhover@127.0.0.1:${this.#port}/postgres`;
  }

  /** Starts it again. */
  resume(): void {
    const options = `-p ${this.#port} -k ${this.#folder} -h 127.0.0.1 -F`;
    this.#control('start', '-w', '-o', options, '-l', join(this.#folder, 'log'));
  }

  /** Is gone at once; connections break. */
  halt(): void {
    this.#control('stop', '-m', 'immediate', '-w');
  }

  /** An empty database. */
  database(name: string): string {
    const failed = run([
      binary('createdb') ?? 'createdb',
      '-h',
      '127.0.0.1',
      '-p',
      String(this.#port),
      '-U',
      'windhover',
      name,
    ]);
    if (failed !== null) throw new Error(`createdb: ${failed}`);
    return this.url.replace(/postgres$/, name);
  }

  [Symbol.dispose](): void {
    run([binary('pg_ctl') ?? 'pg_ctl', '-D', join(this.#folder, 'data'), 'stop', '-m', 'immediate']);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #control(...args: string[]): void {
    const failed = run([binary('pg_ctl') ?? 'pg_ctl', '-D', join(this.#folder, 'data'), ...args]);
    if (failed !== null) throw new Error(`pg_ctl ${args[0]}: ${failed}`);
  }
}

const DEBIAN = '/usr/lib/postgresql';

function binary(name: string): string | null {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).toSorted((a, b) => Number(b) - Number(a)) : [];
  const found = versions.map((version) => join(DEBIAN, version, 'bin', name)).find((path) => existsSync(path));
  return found ?? Bun.which(name);
}

/** As a user that is not root. @returns what it said when it failed, else null */
function run(command: string[]): string | null {
  const isRoot = process.getuid?.() === 0;
  const [uid, gid] = isRoot ? [idOf('-u'), idOf('-g')] : [null, null];
  const asUser = isRoot ? ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...command] : command;
  const { exitCode, stderr, stdout } = Bun.spawnSync(asUser, {
    cwd: '/',
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  return exitCode === 0 ? null : `${stdout}${stderr}`.trim();
}

function idOf(flag: '-u' | '-g'): number | null {
  const { exitCode, stdout } = Bun.spawnSync(['id', flag, 'postgres'], { stderr: 'ignore' });
  return exitCode === 0 ? Number(stdout.toString()) : null;
}
