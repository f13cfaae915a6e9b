/** Pursuits in which something happens to the program, and how the camera stands then. */
import { afterAll, expect } from 'bun:test';
import { STOPPED_WITHIN_MS } from '../../ptz/network/stopping-time.ts';
import { waitAndSeeLateness } from '../support/lateness.ts';
import { until } from '../support/patience.ts';
import { Chase, running } from './chase.ts';
import { type ChaseOptions, plantOf } from './chase-graph.ts';
import { patrolScene } from './scenes.ts';
import { stoodAfterMs } from './standstill.ts';

interface CameraCase extends Pick<ChaseOptions, 'quirks' | 'driver' | 'driverOptions'> {
  readonly camera: string;
  readonly rung: 'velocity' | 'absolute';
  /** In its notes: what it does when the network is gone. Without: it stands then too. */
  readonly goesOn?: string;
}

const GOES_ON = 'does not survive the loss of the network';
const CAMERAS: readonly CameraCase[] = [
  { camera: 'onvif', rung: 'velocity' },
  { camera: 'timeout-ignored', quirks: ['timeout-ignored'], rung: 'absolute' },
  {
    ...{ camera: 'timeout-ignored, velocities', quirks: ['timeout-ignored'], rung: 'velocity', goesOn: GOES_ON },
    driverOptions: { rungs: ['velocity'] },
  },
  { camera: 'stop-refused', quirks: ['stop-refused'], rung: 'velocity' },
  { camera: 'no-status', quirks: ['no-status'], rung: 'velocity' },
  { camera: 'octagon', driver: 'octagon', rung: 'velocity', goesOn: GOES_ON },
];

/** Something that happens to a pursuit. */
interface Fault {
  readonly name: string;
  make(chase: Chase): unknown;
  /** So that it can be followed again. */
  mend?(chase: Chase): unknown;
  /** How long it may go on beyond the promise. */
  readonly coastMs?: number;
  /** Something moves the camera again, for a good reason. */
  readonly standsFor?: 'a moment';
  readonly needsTimeout?: boolean;
}

/** The default of coast_s. */
const COAST_MS = 1000;
const sessionOf = ({ command }: Chase) => command.sessions[0] ?? 0;

const CLEAR: Fault = { name: 'clear_target', make: ({ client }) => client.ask({ type: 'clear_target' }) };
const NO_TRACKS: Fault = {
  ...{ name: 'loss of tracks', coastMs: COAST_MS, make: (chase) => chase.blind(true) },
  mend: (chase) => chase.blind(false),
};
const NO_VIDEO: Fault = {
  ...{ name: 'loss of the source', coastMs: COAST_MS, make: ({ video }) => video.goDark() },
  mend: ({ video }) => video.comeBack(),
};
const NO_NETWORK: Fault = {
  ...{ name: 'loss of the network', needsTimeout: true, make: ({ control }) => control.goDark() },
  mend: ({ control }) => control.comeBack(),
};
const PAUSED: Fault = {
  ...{ name: 'SIGSTOP of the session', make: (chase) => process.kill(sessionOf(chase), 'SIGSTOP') },
  mend: (chase) => process.kill(sessionOf(chase), 'SIGCONT'),
};
const ALL_PAUSED: Fault = {
  name: 'SIGSTOP of session and server',
  make: (chase) => signalBoth(chase, 'SIGSTOP'),
  mend: (chase) => signalBoth(chase, 'SIGCONT'),
};
/** It is started again, and the new process tries the camera out. */
const KILLED: Fault = {
  ...{ name: 'kill -9 of the session', standsFor: 'a moment' },
  make: (chase) => process.kill(sessionOf(chase), 'SIGKILL'),
};
const DELETED: Fault = {
  name: 'DELETE',
  make: ({ url, session }) => fetch(`${url}/sessions/${session}`, { method: 'DELETE' }),
};
const SERVER_KILLED: Fault = { name: 'kill -9 of the server', make: ({ command }) => command.signal('SIGKILL') };
const INTERRUPTED: Fault = { name: 'Ctrl-C', make: ({ command }) => command.signal('SIGINT') };

/** With the next picture; the session is started again for it. */
const stalled = (how: 'spin' | 'exit'): Fault => ({
  ...{ name: `${how} in the worker of autotrack`, standsFor: 'a moment', coastMs: 250 },
  make: (chase) => chase.stall(how),
});

/** One pursuit each; the last fault ends it. */
const LIVES: readonly {
  readonly life: string;
  readonly faults: readonly Fault[];
  readonly leaves: 'server' | 'nothing';
  readonly stalls?: boolean;
}[] = [
  { life: 'to DELETE', faults: [CLEAR, NO_TRACKS, NO_VIDEO, NO_NETWORK, PAUSED, DELETED], leaves: 'server' },
  { life: 'to the death of the server', faults: [KILLED, ALL_PAUSED, SERVER_KILLED], leaves: 'nothing' },
  {
    ...{ life: 'to Ctrl-C', leaves: 'nothing', stalls: true },
    faults: [stalled('spin'), stalled('exit'), INTERRUPTED],
  },
];

function signalBoth(chase: Chase, signal: 'SIGSTOP' | 'SIGCONT'): void {
  for (const pid of [sessionOf(chase), chase.command.pid]) process.kill(pid, signal);
}

export const PURSUITS = CAMERAS.flatMap((camera) => LIVES.map((life) => ({ ...camera, ...life })));

const rows: string[] = [];
afterAll(() => console.log(rows.toSorted().join('\n')));

/** A pursuit from its start to its last fault: after each the camera stands in time, and nothing of the program is left over. */
export async function expectStops({ faults, leaves, ...one }: (typeof PURSUITS)[number]): Promise<void> {
  const known = { rung: one.rung, plant: plantOf(one.rung) };
  await using chase = await Chase.start({ ...one, scene: patrolScene, known });
  await chase.judged();
  if (one.goesOn) expect(JSON.stringify(chase.client.autotrack?.notes)).toContain(one.goesOn);
  for (const fault of faults) if (!(fault.needsTimeout && one.goesOn)) await strike(chase, fault, one.camera);
  await gone(chase, leaves === 'server' ? [chase.command.pid] : []);
}

/** Long enough to see that it stays. */
const WATCH_MS = 1000;
const everyProcess = new WeakMap<Chase, Set<number>>();

async function strike(chase: Chase, fault: Fault, camera: string): Promise<void> {
  await chase.pursues(2);
  remember(chase);
  const promisedMs = STOPPED_WITHIN_MS + (fault.coastMs ?? 0);
  const atS = chase.camera.nowS();
  // Not waited for: the camera is to stand in time whatever the answer.
  const made = Promise.resolve(fault.make(chase));
  const lateMs = await waitAndSeeLateness(promisedMs + WATCH_MS);
  const afterMs = stoodAfterMs(chase.camera, atS, fault.standsFor === 'a moment' ? 300 : null);
  rows.push(`${camera.padEnd(28)} ${fault.name.padEnd(30)} ${String(afterMs).padStart(5)} ms of ${promisedMs} ms`);
  await made;
  remember(chase);
  // Before anything is said of it: what is paused can't be ended.
  await fault.mend?.(chase);
  expect({ fault: fault.name, afterMs }).toEqual({ fault: fault.name, afterMs: expect.any(Number) });
  expect({ fault: fault.name, late: Math.max(0, (afterMs ?? 0) - promisedMs - lateMs) }).toEqual({
    fault: fault.name,
    late: 0,
  });
}

function remember(chase: Chase): void {
  const known = everyProcess.get(chase) ?? new Set();
  everyProcess.set(chase, known);
  for (const pid of chase.processes()) known.add(pid);
}

/** Every process that this pursuit ever had has ended, but for those that are to be left. */
async function gone(chase: Chase, left: readonly number[]): Promise<void> {
  const all = [...(everyProcess.get(chase) ?? [])].filter((pid) => !left.includes(pid));
  expect(all.length).toBeGreaterThan(0);
  await until(`processes gone: ${all.join()}`, () => running(all).length === 0).catch((error: Error) => {
    throw new Error(`${error.message}; still there: ${running(all).join()}`);
  });
  expect(running(left)).toEqual([...left]);
}
