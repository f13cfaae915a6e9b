/**
 * Whatever happens to the program, the camera stands in time: real processes are killed and paused while it follows a
 * drone, and the camera's own clock tells when it stood. Every kind of camera, every fault.
 */
import { setDefaultTimeout, test } from 'bun:test';
import { LONG_TEST_LIMIT_MS } from '../support/patience.ts';
import { Slots } from './slots.ts';
import { expectStops, PURSUITS } from './stop-cases.ts';

setDefaultTimeout(LONG_TEST_LIMIT_MS);
const slots = new Slots(4);

test.concurrent.each(PURSUITS)('$camera, $life: stands in time', async (one) => {
  await slots.with(() => expectStops(one));
});
