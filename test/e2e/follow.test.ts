/**
 * The whole program follows a drone with every camera that the virtual one can be: each quirk, each rung, each protocol.
 * Detections are the truth, so that it is the following that is judged, by where the camera really points.
 */
import { afterAll, expect, test } from 'bun:test';
import { QUIRKS } from '../../sim/camera/quirks.ts';
import { Chase } from './chase.ts';
import { type ChaseOptions, plantOf } from './chase-graph.ts';
import { told } from './client.ts';
import { Slots } from './slots.ts';

interface Case extends ChaseOptions {
  readonly name: string;
  readonly rung: 'velocity' | 'absolute' | 'relative' | 'relative-fov';
  readonly verified?: boolean;
  readonly stopsByItself?: 'yes' | 'no' | 'unverified';
  /** In its notes, or in what was said of rejected rungs. */
  readonly says?: string;
  /** The target stays within this share of the picture's width of its centre. Default: {@link WITHIN}. */
  readonly within?: number;
  /** How long it may take to get there. Default: {@link SETTLE_S}. */
  readonly settleS?: number;
  /** Before something is selected. */
  readonly prepare?: (chase: Chase) => Promise<void>;
}

const WITHIN = 0.1;
const SETTLE_S = 3;
const STAYS_S = 5;
const LOOK_MS = 60;
const FPS = 8;
/** With fewer of the pictures the machine has no time to spare, and what is seen of the following says nothing of it. */
const FULL = 0.9;
const ATTEMPTS = 3;
/** At a time; each is three processes, and most of what they do is wait. */
const slots = new Slots(7);

function quirk(name: string, more: Partial<Case> = {}): Case {
  return { name, quirks: [name], rung: 'velocity', ...more };
}

const NEEDS_GUARDIAN = 'needs a guardian';
const onlyRung = (rung: Case['rung']): Case => ({ name: `only ${rung}`, rung, driverOptions: { rungs: [rung] } });

const CASES: Case[] = [
  // First, since it takes longest to be tried out. Of every second it moves for 300 ms: its leases must be that short for
  // it to stand in time, and the next one can't be sent before the last one is answered. All that is asked is that the
  // target stays in the picture.
  quirk('latency-1000', { delayMs: 1000, within: 0.5, settleS: 6, says: 'too slow: should our process die' }),
  { name: 'no quirk', rung: 'velocity' },
  quirk('no-relative-fov'),
  quirk('fov-refused'),
  quirk('always-moving', { says: 'MOVING of a camera that stands' }),
  quirk('no-status', { verified: false, stopsByItself: 'unverified', says: 'moves are blind' }),
  quirk('nil-position', { says: 'moves are blind' }),
  quirk('zoom-half'),
  quirk('tilt-positions-down', { says: 'tilt positions run the other way' }),
  quirk('timeout-ignored', { rung: 'absolute', says: NEEDS_GUARDIAN }),
  quirk('timeout-refused', { rung: 'absolute', says: NEEDS_GUARDIAN }),
  quirk('stop-refused', { says: 'a velocity of zero is sent instead' }),
  quirk('clock-hour-off', { says: '3600 s from ours' }),
  quirk('local-time-as-utc', { says: 'login' }),
  quirk('digest-only', { says: 'digest' }),
  quirk('auth-for-time'),
  quirk('wrong-xaddr', { says: '192.0.2.64' }),
  quirk('first-profile-without-ptz', { says: 'profile_sub is used' }),
  quirk('latency-300', { delayMs: 300 }),
  // A dropped stop costs half a second in which the target is overshot and has to be found again.
  quirk('drop-tenth', { driverOptions: { request_ms: 500 }, within: 0.15, settleS: 5 }),
  quirk('lockout'),
  quirk('reboot', { prepare: restarts }),
  quirk('octagon-busy'),
  quirk('octagon-alt-names'),
  onlyRung('absolute'),
  onlyRung('relative'),
  onlyRung('relative-fov'),
  {
    ...{ name: 'position by octagon', quirks: ['no-status'], rung: 'velocity', position: 'octagon' },
    ...{ verified: false, stopsByItself: 'unverified', says: 'positions come from octagon' },
  },
  ...[[], ['octagon-busy'], ['octagon-alt-names']].map((quirks): Case => {
    const name = ['octagon', ...quirks].join(' ');
    return { name, quirks, driver: 'octagon', rung: 'velocity', stopsByItself: 'no', says: 'guarded' };
  }),
];

test('no quirk is forgotten', () => {
  const tested = new Set(CASES.flatMap(({ quirks = [] }) => quirks));
  expect(QUIRKS.map(({ name }) => name).filter((name) => !tested.has(name))).toEqual([]);
});

const rows: string[] = [];
afterAll(() => console.log(rows.join('\n')));

test.concurrent.each(CASES)(
  '$name',
  async (one) => {
    const release = await slots.take();
    try {
      await follows(one);
    } finally {
      release();
    }
  },
  180_000,
);

async function follows(one: Case): Promise<void> {
  const { rung, within = WITHIN, settleS = SETTLE_S, verified = true, stopsByItself = 'yes', says = '' } = one;
  await using chase = await Chase.start({ fps: FPS, ...one, known: { rung, plant: plantOf(rung, one.delayMs) } });
  await chase.judged(90_000);
  const { autotrack } = chase.client;
  expect(autotrack).toMatchObject({ rung, verified, stops_by_itself: stopsByItself });
  expect(JSON.stringify([autotrack?.notes, autotrack?.rejected])).toContain(says);

  await one.prepare?.(chase);
  for (let attempt = 1; ; attempt++) {
    const { lastOutsideS, figures, story, isDisturbed } = await watch(chase, within, settleS);
    rows.push(`${one.name.padEnd(26)} ${figures}${isDisturbed ? ', with pictures left out' : ''}`);
    if (lastOutsideS <= settleS) break;
    if (!isDisturbed || attempt === ATTEMPTS)
      throw new Error(`${rows.at(-1)}; ${told(chase.client.autotrack)}\n${story}${chase.command.stderr}`);
  }
  // It has been followed and not only been in the way.
  expect(chase.client.autotrack).toMatchObject({ active: true, reason: null });
}

/** Selects the target, and watches how it is followed. */
async function watch(chase: Chase, within: number, settleS: number) {
  await chase.select();
  const beganS = chase.camera.nowS();
  const ticksBefore = chase.client.ticks.length;
  const seen: { readonly atS: number; readonly off: number; readonly text: string }[] = [];
  for (let atS = 0; atS < settleS + STAYS_S; ) {
    await Bun.sleep(LOOK_MS);
    atS = chase.camera.nowS() - beganS;
    seen.push({ atS, off: chase.offCentre(), text: chase.snapshot() });
  }
  const ticks = (chase.client.ticks.length - ticksBefore) / (seen.at(-1)?.atS ?? 1);
  const lastOutsideS = seen.findLast(({ off }) => off > within)?.atS ?? 0;
  const settled = seen.filter(({ atS }) => atS > settleS).map(({ off }) => off);
  const rms = Math.sqrt(settled.reduce((sum, off) => sum + off * off, 0) / settled.length);
  const [rmsText, worst, limit] = [rms, Math.max(...settled), within].map((share) =>
    `${(100 * share).toFixed(1)} %`.padStart(8),
  );
  return {
    lastOutsideS,
    figures: `rms ${rmsText}, worst ${worst} of ${limit}, last outside ${lastOutsideS.toFixed(1)} s, ${ticks.toFixed(1)} ticks/s`,
    story: seen.flatMap(({ atS, text }, i) => (i % 5 === 0 ? `${atS.toFixed(2)} s: ${text}\n` : [])).join(''),
    isDisturbed: ticks < FULL * FPS,
  };
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
