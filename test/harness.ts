/**
 * Loaded before every test run (bunfig.toml): an unhandled error, or a process that a test left running, fails the run.
 * Temporary files go into one folder, which goes when the run is over.
 */
import { afterAll, setDefaultTimeout } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { PROPERTY_LIMIT_MS, TEST_LIMIT_MS } from './support/patience.ts';

setDefaultTimeout(TEST_LIMIT_MS);
fc.configureGlobal({ interruptAfterTimeLimit: PROPERTY_LIMIT_MS });

const scratch = mkdtempSync(join(tmpdir(), 'windhover-run-'));
process.env.TMPDIR = scratch;

const unhandled: unknown[] = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason));
process.on('uncaughtException', (error) => unhandled.push(error));

afterAll(async () => {
  rmSync(scratch, { recursive: true, force: true });
  const leaked = await leakedProcesses(3000);
  if (leaked.length > 0) {
    for (const { pid } of leaked) process.kill(pid, 'SIGKILL');
    throw new Error(
      `processes left running by tests:\n${leaked.map(({ pid, command }) => `  ${pid} ${command}`).join('\n')}`,
    );
  }
  if (unhandled.length > 0) throw new Error(`unhandled errors: ${unhandled.map(String).join('; ')}`);
});

interface Leaked {
  readonly pid: number;
  readonly command: string;
}

/** Child processes of this one that are still there after a grace time; Linux only, elsewhere none are found. */
async function leakedProcesses(graceMs: number): Promise<Leaked[]> {
  const untilMs = performance.now() + graceMs;
  while (true) {
    const children = childProcesses(process.pid);
    if (children.length === 0 || performance.now() > untilMs) return children;
    await Bun.sleep(20);
  }
}

function childProcesses(parent: number): Leaked[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => describeChild(Number(name), parent));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

function describeChild(pid: number, parent: number): Leaked[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // "pid (name) state ppid …": the name may hold spaces and parentheses.
    const [state, parentPid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(parentPid) !== parent || state === 'Z') return [];
    return [{ pid, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() }];
  } catch (error) {
    // It ended between the listing and the look.
    if (error instanceof Error) return [];
    throw error;
  }
}
