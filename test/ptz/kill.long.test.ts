/** Cameras stand in time whatever happens to the process that moves them: every quirk of the virtual camera. */
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { QUIRKS } from '../../sim/camera/quirks.ts';
import { LONG_TEST_LIMIT_MS } from '../support/patience.ts';
import { CASES, expectStandstill, FLEETS } from './kill-cases.ts';

setDefaultTimeout(LONG_TEST_LIMIT_MS);

test('no quirk is forgotten', () => {
  const tested = new Set(CASES.flatMap(({ quirks }) => quirks));
  expect(QUIRKS.map(({ name }) => name).filter((name) => !tested.has(name))).toEqual([]);
});

describe('everything stands within 1.5 s of', () => {
  test.each(FLEETS.map((faults) => ({ name: faults.join(', then '), faults })))('$name', async ({ faults }) => {
    await expectStandstill(faults, CASES);
  });
});
