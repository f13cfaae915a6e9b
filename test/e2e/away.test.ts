/**
 * A camera that can't be reached, or does not let us in, is no fault of the session: pictures, tracks and ticks go on, the
 * reason is told, nobody hammers the camera, and following goes on with the same target when it is back.
 */
import { afterAll, expect, test } from 'bun:test';
import type { Readiness } from '../../runtime/session/api.ts';
import { until } from '../server/clients.ts';
import { PATIENCE_MS } from '../support/command.ts';
import { Chase } from './chase.ts';
import { type ChaseOptions, plantOf } from './chase-graph.ts';
import { patrolScene } from './scenes.ts';

const FPS = 8;
/** Of the pictures: a busy machine leaves some out, but nothing that waits for a camera may hold them up. */
const ENOUGH = 0.5;
/** A login that was refused twice is not tried again within a minute; it may take another one until the camera moves. */
const LET_IN_MS = 120_000;
const LIMIT_MS = 240_000;
const WRONG = 'another-one';

const rows: string[] = [];
afterAll(() => console.log(rows.join('\n')));

const start = (options: ChaseOptions) =>
  Chase.start({
    scene: patrolScene,
    hasOwnEyes: true,
    fps: FPS,
    known: { rung: 'velocity', plant: plantOf('velocity') },
    ...options,
  });

test.concurrent.each([
  { what: 'switched off', prepare: async () => undefined, code: 'connecting', says: 'no answer from the camera' },
  {
    what: 'in a network that swallows everything',
    prepare: async (chase: Chase) => {
      chase.control.goDark();
      await chase.on();
    },
    code: 'connecting',
    says: 'nothing within',
  },
])(
  'a camera that is $what when we start',
  async ({ what, prepare, code, says }) => {
    await using chase = await start({ isOff: true });
    await prepare(chase);
    const target = await chase.select();
    await chase.client.state('why not', ({ reason }) => reason?.code === code && reason.message.includes(says));
    await goesOn(chase, what, 6);
    expect(chase.client.autotrack).toMatchObject({ state: 'fault', active: false, target_id: target, rung: null });
    chase.control.comeBack();
    if (what === 'switched off') await chase.on();
    await followsAgain(chase);
  },
  LIMIT_MS,
);

test.concurrent(
  'a camera that restarts while it is followed with',
  async () => {
    await using chase = await start({});
    await chase.pursues(2);
    const back = chase.server.reboot();
    await chase.client.state('it is missed', ({ reason }) => reason?.code === 'camera_lost');
    // It comes at a rate of its own.
    await until('the link says so', () => chase.client.ptz?.link.state === 'lost', PATIENCE_MS);
    expect(chase.client.ptz?.link.reason).toContain('no answer');
    await goesOn(chase, 'restarting', 5);
    await back;
    await followsAgain(chase);
  },
  LIMIT_MS,
);

test.concurrent.each([
  { what: 'onvif', options: { quirks: ['lockout'] } },
  { what: 'octagon', options: { quirks: ['lockout'], driver: 'octagon' as const } },
])(
  '$what, with a wrong password: the account is not locked, and it goes on once the password is right',
  async ({ what, options }) => {
    await using chase = await start({ ...options, cameraPassword: WRONG });
    await chase.select();
    await chase.client.state('it is refused', ({ reason }) => reason?.code === 'login_refused');
    const refused = await attempts(chase, 5);
    expect(chase.client.autotrack?.reason?.message).toContain('the camera refused the login');
    await goesOn(chase, `${what}, refused`, 5);
    // Two, and none after the second for a minute; the camera would lock the account at the third.
    expect([refused, chase.server.device.gate.wrongLogins]).toEqual([2, 2]);
    const refusedS = chase.camera.nowS();
    await chase.off();
    await chase.on();
    await followsAgain(chase, LET_IN_MS);
    rows.push(`${what}: let in ${(chase.camera.nowS() - refusedS).toFixed(0)} s after the second refusal`);
    expect(chase.server.device.gate.wrongLogins).toBe(0);
  },
  LIMIT_MS,
);

test.concurrent.each([
  { what: 'onvif', options: {}, stands: true },
  { what: 'onvif with a guardian', options: { quirks: ['no-status'] }, stands: true },
  // Nothing ends its moves but a stop, and it takes none without the password: it runs to the end of its range.
  { what: 'octagon with its guardian', options: { driver: 'octagon' as const }, stands: false },
])(
  '$what: the password changes while it is followed with',
  async ({ what, options, stands }) => {
    await using chase = await start(options);
    await chase.pursues(2);
    await chase.off();
    await chase.on(WRONG);
    await chase.client.state('it is refused', ({ reason }) => reason?.code === 'login_refused');
    await goesOn(chase, `${what}, password changed`, 15);
    rows.push(`${what}, password changed: ${chase.server.device.gate.wrongLogins} wrong logins in 15 s`);
    expect(chase.server.device.gate.wrongLogins).toBeLessThanOrEqual(2);
    if (stands) expect(chase.isMoving).toBe(false);
    await chase.off();
    await chase.on();
    if (!stands) return;
    await followsAgain(chase, LET_IN_MS);
  },
  LIMIT_MS,
);

/** For some seconds: every picture is worked on, the session is ready and has never been started again. */
async function goesOn(chase: Chase, what: string, seconds: number): Promise<void> {
  const { command, url, session, client } = chase;
  const before = await command.sessionView(url, session);
  const ticksBefore = client.ticks.length;
  const beganMs = performance.now();
  await Bun.sleep(seconds * 1000);
  const after = await command.sessionView(url, session);
  const forS = (performance.now() - beganMs) / 1000;
  const perS = (after.frames.processed - before.frames.processed) / forS;
  rows.push(
    `${what}: ${perS.toFixed(1)} pictures/s of ${FPS}, ${((client.ticks.length - ticksBefore) / forS).toFixed(1)} ticks/s`,
  );
  expect(perS).toBeGreaterThan(ENOUGH * FPS);
  expect((client.ticks.length - ticksBefore) / forS).toBeGreaterThan(ENOUGH * FPS);
  const ready = await fetch(`${url}/readyz`);
  expect({ status: ready.status, reasons: ((await ready.json()) as Readiness).reasons }).toEqual({
    status: 200,
    reasons: [],
  });
  expect(after).toMatchObject({ state: 'running', restarts: 0, fault: null });
}

/** Refused logins after so many seconds more. */
async function attempts(chase: Chase, seconds: number): Promise<number> {
  await Bun.sleep(seconds * 1000);
  return chase.server.device.gate.wrongLogins;
}

/** The same target, under whatever id it has by now: there is only one. */
async function followsAgain(chase: Chase, deadlineMs = PATIENCE_MS): Promise<void> {
  await chase.client.state('it is back', ({ state, rung }) => rung !== null && state !== 'fault', deadlineMs);
  const before = chase.client.states.length;
  await chase.pursues(2, { selects: false });
  const states = chase.client.states.slice(before);
  expect(states.map(({ selected_by }) => selected_by)).not.toContain(null);
  expect(chase.client.autotrack).toMatchObject({ selected_by: 'operator', active: true });
  expect((await chase.command.sessionView(chase.url, chase.session)).restarts).toBe(0);
}
