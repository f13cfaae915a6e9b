/** What processes take of the machine, as Linux tells (/proc). */
import { readFileSync } from 'node:fs';
import { processUse } from '../../runtime/process-use.ts';

export interface MachineTime {
  /** CPU time of the processes. */
  readonly ownS: number;
  /** CPU time that all cores together were busy. */
  readonly busyS: number;
}

export interface ProcessMemory {
  /** What would be free if they were gone. */
  readonly privateMb: number;
  /** The same, and their share of what several processes use together. */
  readonly shareMb: number;
}

const TICKS_PER_S = 100;

export function machineTime(pids: readonly number[]): MachineTime {
  const ownS = pids.reduce((sum, pid) => sum + (processUse(pid)?.cpuS ?? 0), 0);
  // proc(5): user, nice, system, idle, iowait, irq, softirq, steal.
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)
    .join()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return { ownS, busyS: (user + nice + system + irq + softirq) / TICKS_PER_S };
}

export function processMemory(pids: readonly number[]): ProcessMemory {
  let [privateKb, shareKb] = [0, 0];
  for (const pid of pids) {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const kb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
    privateKb += kb('Private_Clean') + kb('Private_Dirty');
    shareKb += kb('Pss');
  }
  return { privateMb: privateKb / 1024, shareMb: shareKb / 1024 };
}
