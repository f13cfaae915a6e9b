/** Processes of this machine (Linux), and what they print. */
import { readdirSync, readFileSync } from 'node:fs';
import { errorCode } from '../../runtime/errors.ts';

interface Found {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
}

/**
 * The first line that a process prints, whole: what prints may write it in pieces. What comes after it is read and
 * dropped, since a process whose reader is gone ends when it prints.
 */
export async function firstLine(process: Bun.Subprocess<Bun.SpawnOptions.Writable, 'pipe'>): Promise<string> {
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const drop = async () => {
    while (!(await reader.read()).done);
  };
  for (let text = ''; ; ) {
    const { value, done } = await reader.read();
    text += value ?? '';
    if (text.includes('\n')) {
      void drop();
      return text.slice(0, text.indexOf('\n'));
    }
    if (done) throw new Error(`process ended with ${await process.exited}, having printed: ${text}`);
  }
}

/** The port of a server that prints `port N` first. */
export async function printedPort(process: Bun.Subprocess<Bun.SpawnOptions.Writable, 'pipe'>): Promise<number> {
  const line = await firstLine(process);
  const port = /^port (\d+)$/.exec(line)?.[1];
  if (port === undefined) throw new Error(`a server printed '${line}' in place of its port`);
  return Number(port);
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
