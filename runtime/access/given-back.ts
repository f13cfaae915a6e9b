/**
 * Short-lived tokens that were given back (a log-out) and have not expired yet. Each is an empty file in the folder for
 * access, named after the token's id and its end, so that a server that is started again refuses it as well.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../errors.ts';

const FOLDER = 'given-back';
const NAME = /^([0-9a-f-]{36})\.(\d{1,16})$/;

export class GivenBack {
  readonly #folder: string;
  /** When each expires, by id. */
  readonly #ends = new Map<string, number>();

  /**
   * @param folder the folder for access
   * @throws when what is in it can't be read
   */
  constructor(folder: string) {
    this.#folder = join(folder, FOLDER);
    for (const name of namesIn(this.#folder)) {
      const [, id, expiresUnixMs] = NAME.exec(name) ?? [];
      if (id !== undefined) this.#ends.set(id, Number(expiresUnixMs));
    }
  }

  has(id: string): boolean {
    return this.#ends.has(id);
  }

  /** @throws when it can't be written: it is known to this process alone then */
  add(id: string, expiresUnixMs: number): void {
    this.#ends.set(id, expiresUnixMs);
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    writeFileSync(this.#fileOf(id, expiresUnixMs), '', { mode: 0o600 });
  }

  /** Those that have expired are refused anyway. @throws when a file can't be removed */
  forgetExpired(nowUnixMs: number): void {
    for (const [id, expiresUnixMs] of this.#ends) {
      if (nowUnixMs < expiresUnixMs) continue;
      this.#ends.delete(id);
      rmSync(this.#fileOf(id, expiresUnixMs), { force: true });
    }
  }

  #fileOf(id: string, expiresUnixMs: number): string {
    return join(this.#folder, `${id}.${expiresUnixMs}`);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
