/** Looks at processes of this machine (Linux). */
import { readdirSync, readFileSync } from 'node:fs';
import { errorCode } from '../../runtime/errors.ts';

interface Found {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
}

/** True while the process runs; one that has ended and waits for its parent to notice does not. */
export function isAlive(pid: number): boolean {
  const found = describe(pid);
  return found !== undefined && found.state !== 'Z';
}

/** The processes that run a session, as children of this one. */
export function sessionProcesses(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => describe(Number(name)) ?? [])
    .filter((found) => found.parent === parent && found.state !== 'Z')
    .filter(({ pid }) => read(`/proc/${pid}/cmdline`)?.includes('session/child.ts'))
    .map(({ pid }) => pid);
}

function describe(pid: number): Found | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // "pid (name) state ppid …": the name may hold spaces and parentheses.
  const [state = '', parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { pid, parent: Number(parent), state };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    // It has ended; reading a process that is just going gives ESRCH.
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ESRCH') return undefined;
    throw error;
  }
}
