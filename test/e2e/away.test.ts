/**
 * A camera that can't be reached, or does not let us in, is no fault of the session: pictures, tracks and ticks go on, the
 * reason is told, nobody hammers the camera, and following goes on with the same target when it is back. What takes a
 * minute's wait for a login: away.long.
 */
import { expect, setDefaultTimeout, test } from 'bun:test';
import { TEST_LIMIT_MS, until } from '../support/patience.ts';
import { comesLate, followsAgain, goesOn, passwordChanges, start } from './away-steps.ts';

setDefaultTimeout(TEST_LIMIT_MS);

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

test.concurrent('the password changes while it is followed with', async () => {
  await using chase = await start({});
  await passwordChanges(chase, 5, true);
});
