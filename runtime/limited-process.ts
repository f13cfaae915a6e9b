/** Runs a command on a file that nobody vouches for: it gets so much memory, processor time and time, and no more. */
import { spawn } from 'node:child_process';

export interface ProcessLimits {
  /** Of memory that it may write to. */
  readonly memoryBytes: number;
  /** Also the most time on processors. */
  readonly timeoutMs: number;
}

export interface LimitedRun {
  readonly stdout: string;
  /** Null: it ended by itself, with 0 or 1. Else what happened instead, in words. */
  readonly failure: string | null;
}

const MAX_OUTPUT_BYTES = 16 * 2 ** 20;

/**
 * Never throws. What it writes to stdout is kept, up to a limit; stderr is not. Children that it leaves behind go with it.
 */
export function runLimited(command: readonly string[], { memoryBytes, timeoutMs }: ProcessLimits): Promise<LimitedRun> {
  // The kernel holds the limits, whatever the process does. No core dumps: they would fill the disk.
  const limits = `ulimit -c 0; ulimit -d ${Math.ceil(memoryBytes / 1024)}; ulimit -t ${Math.ceil(timeoutMs / 1000)}`;
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', `${limits}; exec "$@"`, 'sh', ...command], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    let failure: string | null = null;
    const chunks: Buffer[] = [];
    let bytes = 0;
    const end = (why: string) => {
      failure ??= why;
      endGroup(child.pid);
    };
    const timer = setTimeout(() => end(`it took longer than ${timeoutMs / 1000} s`), timeoutMs);
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_OUTPUT_BYTES) end('it wrote too much');
      else chunks.push(chunk);
    });
    child.on('error', (error) => end(error.message));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      endGroup(child.pid);
      if (signal !== null) failure ??= `it crashed (${signal})`;
      else if (code !== 0 && code !== 1) failure ??= `it ended with exit code ${code}`;
      resolve({ stdout: Buffer.concat(chunks).toString(), failure });
    });
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of them are gone already.
    return;
  }
}
