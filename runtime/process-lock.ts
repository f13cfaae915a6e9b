/**
 * One process at a time, by a file that names the one that has it: a link to its number and the time of its start, which
 * is made in one step. A process that is gone has nothing any more, also when its number has become that of another. The
 * threads of a process share it. Where no such file can be made, nobody is kept out.
 */
import { mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { errorCode } from './errors.ts';

/** Others may take it, or lose it, at the same time. */
const ATTEMPTS = 20;

export class ProcessLock {
  readonly #path: string;

  /** @param path of the file, which is nothing else's */
  constructor(path: string) {
    this.#path = path;
  }

  /** @returns null: it is this process's now, or was already; else the number of the process that has it */
  take(): number | null {
    const own = processName(process.pid);
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (unless('EEXIST', () => symlinkSync(own, this.#path))) return null;
        const owner = this.#owner;
        if (owner === own) return null;
        const pid = Number.parseInt(owner ?? '', 10);
        if (owner !== null && processName(pid) === owner) return pid;
        if (owner !== null) this.#remove(owner);
      }
    } catch {
      // A file system without links, or without room.
    }
    return null;
  }

  /** Gives it back, if it is this process's. */
  give(): void {
    if (this.#owner === processName(process.pid)) rmSync(this.#path, { force: true });
  }

  /** Null: nobody. */
  get #owner(): string | null {
    let owner: string | null = null;
    unless('ENOENT', () => {
      owner = readlinkSync(this.#path);
    });
    return owner;
  }

  /** Of one that is gone; what another has made of it meanwhile is put back. */
  #remove(owner: string): void {
    const removed = `${this.#path}.${crypto.randomUUID()}`;
    if (!unless('ENOENT', () => renameSync(this.#path, removed))) return;
    const found = readlinkSync(removed);
    if (found !== owner) unless('EEXIST', () => symlinkSync(found, this.#path));
    rmSync(removed, { force: true });
  }
}

/** Folder of this user for what processes on this machine tell each other. */
export function userFolder(): string {
  return join(tmpdir(), `windhover-${process.getuid?.() ?? 0}`);
}

/** Its number and the time of its start; without that where the system does not tell. Empty: there is none. */
export function processName(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc(5): the state and, 19 fields later, the start follow the name, which may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? '' : `${pid} ${fields[19]}`;
  } catch {
    return isAlive(pid) ? `${pid} -` : '';
  }
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    // It is there, and another user's.
    return errorCode(error) === 'EPERM';
  }
}

/** @returns false when it fails for that reason; other errors are thrown */
function unless(code: string, run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if (errorCode(error) === code) return false;
    throw error;
  }
}
