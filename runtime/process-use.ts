/** What a process has used so far, as Linux says. */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessUse {
  readonly cpuS: number;
  readonly memoryBytes: number;
  readonly openFiles: number;
}

/** Of `/proc/PID/stat`, in which every architecture has the same unit. */
const TICKS_PER_S = 100;

/** Undefined: there is no such process, or this is another system. */
export function processUse(pid: number): ProcessUse | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in brackets, may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])];
    const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return {
      cpuS: (userTicks + systemTicks) / TICKS_PER_S,
      memoryBytes: Number(kib) * 1024,
      openFiles: readdirSync(`/proc/${pid}/fd`).length,
    };
  } catch {
    // Gone, or not Linux: then there are no figures of it.
    return undefined;
  }
}
