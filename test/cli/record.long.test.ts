/** A whole clip of persons, frame by frame. */
import { expect, setDefaultTimeout, test } from 'bun:test';
import { LONG_TEST_LIMIT_MS } from '../support/patience.ts';
import { expectPersons, hasPersons, recordPersons, ticksOf } from './recording.ts';

setDefaultTimeout(LONG_TEST_LIMIT_MS);

test.skipIf(!hasPersons)('persons in vtest.avi with yolox_nano: 795 ticks of 768×576, persons tracked', async () => {
  const { messages } = await recordPersons();
  expect(ticksOf(messages)).toHaveLength(795);
  expectPersons(messages, 0.88);
});
