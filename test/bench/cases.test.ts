/** What users of trackers, cameras and servers reported is right now: the cases that run fast. */
import { describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { runCase } from '../../bench/cases/case.ts';
import { allCases, CASES } from '../../bench/cases.ts';

/** Known to be wrong. `bun run bench cases` runs them and says so. */
const WRONG = new Set([
  'tracking/14b-label-flips-long',
  'tracking/16-at-1-fps',
  'tracking/19-partial-hiding',
  'tracking/22-shaking-camera',
  'events/54-loiter-hidden',
  'events/55-end-after-below-memory',
  'events/58-label-change-is-told',
  'events/61-unseen-for-exactly-a-second',
]);

const areThere = existsSync(CASES);
if (!areThere) console.log(`skipped: cases of others (${CASES} is not there)`);

describe.skipIf(!areThere)('cases', () => {
  for (const each of areThere ? allCases(CASES) : []) {
    if (each.isSlow) continue;
    const { name, expected } = each;
    const run = async () => {
      const { pass, got } = await runCase(each);
      expect({ pass, expected, got }).toEqual({ pass: true, expected, got });
    };
    if (WRONG.has(name)) test.todo(name, run);
    else test(name, run);
  }
});
