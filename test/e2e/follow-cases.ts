/**
 * Cameras that the whole program follows a drone with, in real time: each rung, each protocol, and the quirks that have to
 * do with time, logins or the network. What a quirk does within the driver is in test/ptz/quirks, and what it does to the
 * following of a drone in test/nodes/autotrack/following.
 */
import { expect } from 'bun:test';
import { Chase } from './chase.ts';
import { type ChaseOptions, plantOf } from './chase-graph.ts';
import { strollScene } from './scenes.ts';

export interface Case extends ChaseOptions {
  readonly name: string;
  readonly rung: 'velocity' | 'absolute' | 'relative' | 'relative-fov';
  readonly verified?: boolean;
  readonly stopsByItself?: 'yes' | 'no' | 'unverified';
  /** In its notes, or in what was said of rejected rungs. */
  readonly says?: string;
  /** How near the target comes to the centre, share of the picture's width. Default: {@link WITHIN}. */
  readonly within?: number;
  /** Before something is selected. */
  readonly prepare?: (chase: Chase) => Promise<void>;
}

const WITHIN = 0.1;
const FPS = 8;

function quirk(name: string, more: Partial<Case> = {}): Case {
  return { name, quirks: [name], rung: 'velocity', ...more };
}

const NEEDS_GUARDIAN = 'needs a guardian';
const onlyRung = (rung: Case['rung']): Case => ({ name: `only ${rung}`, rung, driverOptions: { rungs: [rung] } });

export const CASES: readonly Case[] = [
  // First, since it takes longest to be tried out.
  quirk('latency-1000', { delayMs: 1000, within: 0.5, says: 'too slow: if this process died' }),
  { name: 'no quirk', rung: 'velocity' },
  quirk('no-status', { verified: false, stopsByItself: 'unverified', says: 'moves are blind' }),
  quirk('timeout-ignored', { rung: 'absolute', says: NEEDS_GUARDIAN }),
  quirk('stop-refused', { says: 'a velocity of zero is sent instead' }),
  // Cameras tell whole seconds: 3599 to 3601.
  quirk('clock-hour-off', { says: 'the clock of the camera differs by 3' }),
  quirk('local-time-as-utc', { says: 'login' }),
  quirk('wrong-xaddr', { says: '192.0.2.64' }),
  quirk('latency-300', { delayMs: 300 }),
  quirk('drop-tenth', { driverOptions: { request_ms: 500 } }),
  quirk('lockout'),
  quirk('reboot', { prepare: restarts }),
  // Nothing says so but its picture.
  {
    name: 'hung from a ceiling',
    rung: 'velocity',
    scene: { ...strollScene, picture: { mirrored: true, flipped: true } },
  },
  onlyRung('absolute'),
  onlyRung('relative'),
  onlyRung('relative-fov'),
  {
    ...{ name: 'position by octagon', quirks: ['no-status'], rung: 'velocity', position: 'octagon' },
    ...{ verified: false, stopsByItself: 'unverified', says: 'positions come from octagon' },
  },
  ...[[], ['octagon-busy']].map((quirks): Case => {
    const name = ['octagon', ...quirks].join(' ');
    return { name, quirks, driver: 'octagon', rung: 'velocity', stopsByItself: 'no', says: 'guarded' };
  }),
];

/** It gets in, judges the camera as it should, and follows the target with the camera turning along. */
export async function expectFollowed(one: Case): Promise<void> {
  const { rung, within = WITHIN, verified = true, stopsByItself = 'yes', says = '' } = one;
  await using chase = await Chase.start({ fps: FPS, ...one, known: { rung, plant: plantOf(rung, one.delayMs) } });
  await chase.judged();
  const { autotrack } = chase.client;
  expect(autotrack).toMatchObject({ rung, verified, stops_by_itself: stopsByItself });
  expect(JSON.stringify([autotrack?.notes, autotrack?.rejected])).toContain(says);
  await one.prepare?.(chase);
  await chase.pursues(2, { within });
  expect(chase.client.autotrack).toMatchObject({ active: true, reason: null });
}

/** It restarts after so many requests. */
async function restarts(chase: Chase): Promise<void> {
  const isThere = async () =>
    await fetch(chase.server.origin).then(
      () => true,
      () => false,
    );
  while (await isThere());
  await chase.client.state('it is missed', ({ state }) => state === 'fault');
  await chase.judged();
}
