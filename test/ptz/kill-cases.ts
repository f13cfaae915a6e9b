/** Cameras and what happens to the process that moves them, or to the network: what each camera does then, in real time. */
import { expect } from 'bun:test';
import { STOPPED_WITHIN_MS } from '../../ptz/network/stopping-time.ts';
import { waitAndSeeLateness } from '../support/lateness.ts';
import { until } from '../support/patience.ts';
import { type CameraCase, Fleet, type FleetCamera, stoodAtS } from './fleet.ts';

const FAULTS = ['kill -9', 'SIGSTOP', 'blocked event loop', 'network loss', 'close'] as const;
type Fault = (typeof FAULTS)[number];

export interface Case extends CameraCase {
  /** False: nothing ends a velocity but a stop, and none gets through a network that is gone. */
  readonly survivesNetwork: boolean;
  /** Default: all. */
  readonly faults?: readonly Fault[];
  /** In the verdict. */
  readonly says?: string;
}

const VELOCITY = { rungs: ['velocity'] };
const UNPROBED = { probe: false };

function onvif(quirks: string[], more: Partial<Case> = {}): Case {
  const name = ['onvif', ...quirks, ...(more.options ? [JSON.stringify(more.options)] : [])].join(' ');
  return { name, quirks, driver: 'onvif', survivesNetwork: true, ...more };
}

function octagon(quirks: string[], more: Partial<Case> = {}): Case {
  const name = ['octagon', ...quirks, ...(more.options ? [JSON.stringify(more.options)] : [])].join(' ');
  return { name, quirks, driver: 'octagon', survivesNetwork: false, ...more };
}

const needsGuardian = { options: VELOCITY, survivesNetwork: false, says: 'does not survive the loss of the network' };
/** What has no part in stopping is tried once. */
const once = { faults: ['kill -9'] } as const;
/** Without small moves it is not known whether it stops by itself: so the guardian has to log in. */
const login = { options: UNPROBED, faults: ['kill -9', 'SIGSTOP'] } as const;

export const CASES: readonly Case[] = [
  onvif([]),
  onvif(['always-moving']),
  onvif(['no-status'], { says: 'whether this survives the loss of the network is not known' }),
  onvif(['nil-position']),
  onvif(['timeout-ignored'], { says: 'needs a guardian' }),
  onvif(['timeout-refused'], { says: 'needs a guardian' }),
  onvif(['timeout-ignored'], needsGuardian),
  onvif(['timeout-refused'], needsGuardian),
  onvif(['timeout-ignored', 'stop-refused'], needsGuardian),
  onvif(['timeout-ignored', 'drop-tenth'], { ...needsGuardian, options: { ...VELOCITY, request_ms: 500 } }),
  onvif(['timeout-ignored', 'latency-300'], { options: UNPROBED, survivesNetwork: false }),
  onvif(['stop-refused']),
  onvif(['latency-300']),
  onvif(['latency-1000'], { options: UNPROBED, says: 'too slow: if this process died, the camera would stand still' }),
  onvif(['drop-tenth'], { options: { request_ms: 500 } }),
  // It is away for long after a hundred requests.
  onvif(['reboot'], { faults: ['SIGSTOP', 'close'] }),
  ...['clock-hour-off', 'local-time-as-utc', 'digest-only', 'auth-for-time', 'lockout'].map((quirk) =>
    onvif([quirk], login),
  ),
  ...[
    'no-relative-fov',
    'fov-refused',
    'zoom-half',
    'wrong-xaddr',
    'first-profile-without-ptz',
    'tilt-positions-down',
  ].map((quirk) => onvif([quirk], once)),
  onvif(['no-status'], {
    name: 'onvif, position by octagon',
    position: 'octagon',
    says: 'positions come from octagon',
  }),
  octagon([], { says: 'does not survive the loss of the network' }),
  octagon(['octagon-busy']),
  octagon(['octagon-alt-names'], once),
  octagon(['drop-tenth'], { options: { request_ms: 500 } }),
  octagon(['latency-300']),
  octagon([], { options: { rungs: ['velocity', 'absolute'] }, survivesNetwork: true }),
];

/** Long enough for the slowest that is promised, and then some to see that it stays. */
const WATCH_MS = 2200;
/** Between the moves of one that answers slowly. */
const BURST_S = 1;
/** Of full speed: slow enough not to come to the end of the range. */
const SPEED = 0.15;

/** One process each; what is not its end is mended, and it moves them all again. */
export const FLEETS: readonly (readonly Fault[])[] = [
  ['SIGSTOP', 'kill -9'],
  ['blocked event loop', 'network loss'],
  ['close'],
];

/** One process moves all these cameras until something happens to it; what does not end it comes before what does. */
export async function expectStandstill(faults: readonly Fault[], from: readonly Case[]): Promise<void> {
  const cases = from.filter((one) => faults.some((fault) => (one.faults ?? FAULTS).includes(fault)));
  await using fleet = await Fleet.start(cases);
  for (const camera of fleet.cameras) expectSaid(camera);
  for (const [index, fault] of faults.entries()) {
    const seen = await strike(fleet, fault, index % 2 === 0 ? SPEED : -SPEED);
    const isGone = ({ camera }: Seen) => fault === 'network loss' && !camera.case.survivesNetwork;
    expectStanding(seen.filter((one) => !isGone(one)));
    expect(seen.filter((one) => isGone(one) && !one.goesOn)).toEqual([]);
    await mend(fleet, fault);
  }
  expect(await fleet.end()).toEqual([]);
}

function expectSaid({ verdict, case: { name, says, survivesNetwork } }: FleetCamera<Case>): void {
  const told = JSON.stringify([verdict.notes, verdict.rejected]);
  if (says) expect({ name, told }).toEqual({ name, told: expect.stringContaining(says) });
  if (survivesNetwork) return;
  // Either it is known that it does not, or it is said that it is not known.
  expect({ name, told }).toEqual({
    name,
    told: expect.stringMatching(/(not|whether this) survives? the loss of the network/),
  });
}

function make(fleet: Fleet<Case>, fault: Fault): void {
  fleet.rememberGuardians();
  if (fault === 'kill -9') fleet.mover.kill('SIGKILL');
  if (fault === 'SIGSTOP') fleet.mover.kill('SIGSTOP');
  if (fault === 'blocked event loop') fleet.send({ type: 'block', ms: WATCH_MS });
  if (fault === 'close') fleet.send({ type: 'close' });
  if (fault === 'network loss') for (const { proxy } of fleet.cameras) proxy.goDark();
}

async function mend(fleet: Fleet<Case>, fault: Fault): Promise<void> {
  if (fault === 'SIGSTOP') fleet.mover.kill('SIGCONT');
  if (fault !== 'network loss') return;
  fleet.send({ type: 'rest' });
  for (const { proxy } of fleet.cameras) proxy.comeBack();
  // So is a stop.
  await allOf('stands', fleet.cameras, ({ server }) => server.camera.state().pan.rate === 0);
}

interface Seen {
  readonly camera: FleetCamera<Case>;
  readonly goesOn: boolean;
  /** From the fault to standstill. */
  readonly afterMs: number;
  /** How much later than promised that may be, since the machine was busy. */
  readonly lateMs: number;
}

/** Moves all cameras; when each of them has turned, something happens. What comes of it, by camera. */
async function strike(all: Fleet<Case>, fault: Fault, speed: number): Promise<Seen[]> {
  const cameras = all.cameras.filter(({ case: { faults = FAULTS } }) => faults.includes(fault));
  const began = cameras.map(({ server }) => server.camera.state().pan.position);
  const turned = ({ server }: FleetCamera<Case>, index: number) =>
    (server.camera.state().pan.position - (began[index] ?? 0)) * Math.sign(speed);
  all.send({ type: 'move', pan: speed });
  // All at the same time: a busy machine may have let one stand again while another began. Slow ones move in bursts.
  const turns = ({ server }: FleetCamera<Case>) =>
    server.camera.state().pan.rate !== 0 || server.camera.nowS() - stoodAtS(server) < BURST_S;
  await allOf('turns', cameras, (camera) => turned(camera, cameras.indexOf(camera)) > 1 && turns(camera));
  const faultS = cameras.map(({ server }) => server.camera.nowS());
  make(all, fault);
  const lateMs = await waitAndSeeLateness(WATCH_MS);
  return cameras.map((camera, index) => {
    const goesOn = camera.server.camera.state().pan.rate !== 0;
    const afterMs = Math.round((stoodAtS(camera.server) - (faultS[index] ?? 0)) * 1000);
    return { camera, goesOn, afterMs, lateMs };
  });
}

function expectStanding(seen: readonly Seen[]): void {
  // One that had stood for long before has shown nothing; slow ones move in bursts.
  const wrong = seen.filter(({ camera, goesOn, afterMs, lateMs }) => {
    return goesOn || afterMs > promisedMs(camera) + lateMs || afterMs < -1500;
  });
  expect(wrong.map(({ camera, ...rest }) => ({ name: camera.case.name, ...rest }))).toEqual([]);
}

/** The figure that the verdict names for cameras that answer too late for the promise. */
function promisedMs({ verdict }: FleetCamera<Case>): number {
  const told = /would stand still (\d+) ms later/.exec(verdict.notes.join())?.[1];
  return told === undefined ? STOPPED_WITHIN_MS : Number(told);
}

async function allOf(
  what: string,
  cameras: readonly FleetCamera<Case>[],
  holds: (camera: FleetCamera<Case>) => boolean,
): Promise<void> {
  const others = () => cameras.filter((camera) => !holds(camera));
  await until(`every camera ${what}`, () => others().length === 0).catch((error: Error) => {
    throw new Error(`${error.message}; not ${others().map(({ case: { name } }) => name)}`);
  });
}
