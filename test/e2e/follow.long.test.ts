/** The whole program follows a drone with every camera that the virtual one can be. */
import { expect, setDefaultTimeout, test } from 'bun:test';
import { QUIRKS } from '../../sim/camera/quirks.ts';
import { LONG_TEST_LIMIT_MS } from '../support/patience.ts';
import { CASES, expectFollowed } from './follow-cases.ts';
import { Slots } from './slots.ts';

setDefaultTimeout(LONG_TEST_LIMIT_MS);
/** At a time; each is three processes, and most of what they do is wait. */
const slots = new Slots(7);

test('no quirk is forgotten', () => {
  const tested = new Set(CASES.flatMap(({ quirks = [] }) => quirks));
  expect(QUIRKS.map(({ name }) => name).filter((name) => !tested.has(name))).toEqual([]);
});

test.concurrent.each([...CASES])('$name', async (one) => await slots.with(() => expectFollowed(one)));
