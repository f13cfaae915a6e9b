/**
 * The whole program follows a drone over the network: one camera of each protocol, and one that is told where to go. Every
 * other one: follow.long. How well it follows: test/nodes/autotrack/following.
 */
import { setDefaultTimeout, test } from 'bun:test';
import { TEST_LIMIT_MS } from '../support/patience.ts';
import { CASES, expectFollowed } from './follow-cases.ts';

setDefaultTimeout(TEST_LIMIT_MS);
const CHOSEN = ['no quirk', 'hung from a ceiling', 'only absolute', 'octagon'];

test.concurrent.each(CASES.filter(({ name }) => CHOSEN.includes(name)))('$name', expectFollowed);
