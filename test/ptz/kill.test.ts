/**
 * Whatever happens to the process that moves a camera, or to the network: what the camera does then, in real time. What a
 * camera makes impossible must have been said in its verdict. One of each kind; every quirk: kill.long.
 */
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { TEST_LIMIT_MS } from '../support/patience.ts';
import { CASES, expectStandstill, FLEETS } from './kill-cases.ts';

setDefaultTimeout(TEST_LIMIT_MS);

const CHOSEN = [
  'onvif',
  'onvif no-status',
  'onvif timeout-ignored',
  'onvif timeout-ignored {"rungs":["velocity"]}',
  'onvif stop-refused',
  'onvif digest-only {"probe":false}',
  'octagon',
];
const chosen = CASES.filter(({ name }) => CHOSEN.includes(name));

test('one of each kind', () => {
  expect(chosen.map(({ name }) => name)).toEqual(CHOSEN);
});

describe('everything stands within 1.5 s of', () => {
  test.concurrent.each(FLEETS.map((faults) => ({ name: faults.join(', then '), faults })))(
    '$name',
    async ({ faults }) => {
      await expectStandstill(faults, chosen);
    },
  );
});
