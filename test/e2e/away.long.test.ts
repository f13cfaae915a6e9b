/**
 * A camera that can't be reached, or does not let us in, is no fault of the session: pictures, tracks and ticks go on, the
 * reason is told, nobody hammers the camera, and following goes on with the same target when it is back.
 */
import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { LONG_TEST_LIMIT_MS, PATIENCE_MS, until } from '../support/patience.ts';
import { comesLate, followsAgain, goesOn, passwordChanges, start, WRONG } from './away-steps.ts';

setDefaultTimeout(LONG_TEST_LIMIT_MS);
/** A login that was refused twice is not tried again within a minute; it may take another one until the camera moves. */
const LET_IN_MS = 2 * PATIENCE_MS;

const rows: string[] = [];
afterAll(() => console.log(rows.join('\n')));

test.concurrent('a camera that is switched off when we start', async () => {
  await using chase = await start({ isOff: true });
  await comesLate(chase, { code: 'connecting', says: 'no answer from the camera' }, () => chase.on());
});

test.concurrent('a camera that restarts while it is followed with', async () => {
  await using chase = await start({});
  await chase.pursues(2);
  const back = chase.server.reboot();
  await chase.client.state('it is missed', ({ reason }) => reason?.code === 'camera_lost');
  // It comes at a rate of its own.
  await until('the link says so', () => chase.client.ptz?.link.state === 'lost');
  expect(chase.client.ptz?.link.reason).toContain('no answer');
  await goesOn(chase, 4);
  await back;
  await followsAgain(chase);
});

test.concurrent('a camera in a network that swallows everything when we start', async () => {
  await using chase = await start({ isOff: true });
  chase.control.goDark();
  await chase.on();
  await comesLate(chase, { code: 'connecting', says: 'nothing within' }, () => chase.control.comeBack());
});

test.concurrent.each([
  { what: 'onvif', options: { quirks: ['lockout'] } },
  { what: 'octagon', options: { quirks: ['lockout'], driver: 'octagon' as const } },
])(
  '$what, with a wrong password: the account is not locked, and it goes on once the password is right',
  async ({ what, options }) => {
    await using chase = await start({ ...options, cameraPassword: WRONG });
    await chase.select();
    await chase.client.state('it is refused', ({ reason }) => reason?.code === 'login_refused');
    expect(chase.client.autotrack?.reason?.message).toContain('the camera refused the login');
    await goesOn(chase, 10);
    // Two, and none after the second for a minute; the camera would lock the account at the third.
    expect(chase.server.device.gate.wrongLogins).toBe(2);
    const refusedS = chase.camera.nowS();
    await chase.off();
    await chase.on();
    await followsAgain(chase, LET_IN_MS);
    rows.push(`${what}: let in ${(chase.camera.nowS() - refusedS).toFixed(0)} s after the second refusal`);
    expect(chase.server.device.gate.wrongLogins).toBe(0);
  },
);

test.concurrent.each([
  { what: 'onvif', options: {}, stands: true },
  { what: 'onvif with a guardian', options: { quirks: ['no-status'] }, stands: true },
  // Nothing ends its moves but a stop, and it takes none without the password: it runs to the end of its range.
  { what: 'octagon with its guardian', options: { driver: 'octagon' as const }, stands: false },
])('$what: the password changes while it is followed with', async ({ options, stands }) => {
  await using chase = await start(options);
  await passwordChanges(chase, 15, stands);
  await chase.off();
  await chase.on();
  if (stands) await followsAgain(chase, LET_IN_MS);
});
