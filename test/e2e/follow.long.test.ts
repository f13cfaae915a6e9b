/** The whole program follows a drone, with each of the cameras in follow-cases. */
import { setDefaultTimeout, test } from 'bun:test';
import { LONG_TEST_LIMIT_MS } from '../support/patience.ts';
import { CASES, expectFollowed } from './follow-cases.ts';
import { Slots } from './slots.ts';

setDefaultTimeout(LONG_TEST_LIMIT_MS);
/** At a time; each is three processes, and most of what they do is wait. */
const slots = new Slots(7);

test.concurrent.each([...CASES])('$name', async (one) => await slots.with(() => expectFollowed(one)));
