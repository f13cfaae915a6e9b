/**
 * Whatever happens to the program, the camera stands in time: real processes are killed and paused while it follows a
 * drone, and the camera's own clock tells when it stood. Each fault once; with every kind of camera: stop.long.
 */
import { expect, setDefaultTimeout, test } from 'bun:test';
import { TEST_LIMIT_MS } from '../support/patience.ts';
import { expectStops, PURSUITS } from './stop-cases.ts';

setDefaultTimeout(TEST_LIMIT_MS);
const CHOSEN = ['onvif, to DELETE', 'octagon, to the death of the server', 'no-status, to Ctrl-C'];
const chosen = PURSUITS.filter(({ camera, life }) => CHOSEN.includes(`${camera}, ${life}`));

test('every fault is tried', () => {
  expect(new Set(chosen.flatMap(({ faults }) => faults))).toEqual(new Set(PURSUITS.flatMap(({ faults }) => faults)));
});

test.concurrent.each(chosen)('$camera, $life: stands in time', expectStops);
