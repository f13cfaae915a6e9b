/**
 * One account of one camera, in which several nodes of a session log in: threads of one process. They take turns, and a
 * refusal of one counts for all. Else each would try a wrong password as often as it may, and together they would lock the
 * account. What they tell each other is in files that go with the process; where none can be made, each is by itself.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../../runtime/node.ts';
import { processName, userFolder } from '../../runtime/process-lock.ts';
import type { DriverTime } from '../time.ts';
import { LoginPolicy } from './login-policy.ts';

/** Longest turn: a thread that is gone gives none back. */
const TURN_MS = 15_000;
const LOOK_MS = 50;
const FOLDER = 'logins-';

export interface AccountName {
  /** Host and port of the camera. */
  readonly host: string;
  readonly username: string;
  readonly password: string;
}

export class Account {
  readonly policy = new LoginPolicy();
  readonly hasLogin: boolean;
  readonly #time: DriverTime;
  /** Holds `refusals` and `nextUnixMs`. */
  readonly #record: string;
  /** A folder while somebody logs in: made in one step. */
  readonly #turn: string;

  constructor({ host, username, password }: AccountName, time: DriverTime) {
    this.#time = time;
    this.hasLogin = username !== '' || password !== '';
    const name = createHash('sha256').update([host, username, password].join('\0')).digest('hex').slice(0, 16);
    this.#record = join(ownFolder(), `${name}.json`);
    this.#turn = join(ownFolder(), `${name}.turn`);
  }

  /** Waits until no other node logs in, then does it with all their refusals counted. The policy says whether it may. */
  async turn<T>(login: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const isOwn = await this.#take(signal ?? new AbortController().signal);
    const { clock } = this.#time;
    try {
      const { refusals = 0, nextUnixMs = 0 } = this.#read();
      this.policy.learn({ refusals, waitMs: nextUnixMs - clock.unixMs() }, clock.monoMs());
      return await login();
    } finally {
      if (isOwn) this.#give();
    }
  }

  /** @returns false when there can be no turns */
  async #take(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      try {
        mkdirSync(ownFolder(), { recursive: true, mode: 0o700 });
        mkdirSync(this.#turn);
        return true;
      } catch (error) {
        if (errorCode(error) !== 'EEXIST') return false;
      }
      if (ageMs(this.#turn) > TURN_MS) rmSync(this.#turn, { recursive: true, force: true });
      else await this.#time.wait(LOOK_MS, signal);
    }
    return false;
  }

  #read(): { readonly refusals?: number; readonly nextUnixMs?: number } {
    try {
      return JSON.parse(readFileSync(this.#record, 'utf8'));
    } catch {
      return {}; // nobody was refused
    }
  }

  #give(): void {
    const { clock } = this.#time;
    const { refusals, waitMs } = this.policy.record(clock.monoMs());
    try {
      if (refusals === 0) rmSync(this.#record, { force: true });
      else writeFileSync(this.#record, JSON.stringify({ refusals, nextUnixMs: clock.unixMs() + waitMs }));
      rmSync(this.#turn, { recursive: true, force: true });
    } catch {
      // A full disk: the others are by themselves when the turn has become old.
    }
  }
}

/** How long it has been there; 0: it is not. */
function ageMs(path: string): number {
  const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? {};
  return mtimeMs === undefined ? 0 : Date.now() - mtimeMs;
}

let folder: string | undefined;

/** Of this process. Those of processes that are gone are removed. */
function ownFolder(): string {
  if (folder !== undefined) return folder;
  const nameOf = (pid: number) => `${FOLDER}${processName(pid).replace(' ', '-')}`;
  folder = join(userFolder(), nameOf(process.pid));
  try {
    for (const other of readdirSync(userFolder())) {
      const [, pid] = /^logins-(\d+)-/.exec(other) ?? [];
      const isGone = pid !== undefined && nameOf(Number(pid)) !== other;
      if (isGone) rmSync(join(userFolder(), other), { recursive: true, force: true });
    }
  } catch {
    // It is not there yet, or another process removes the same.
  }
  return folder;
}
