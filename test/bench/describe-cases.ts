/** Each case of the folder of cases is a test. */
import { describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { type Case, runCase } from '../../bench/cases/case.ts';
import { allCases, CASES } from '../../bench/cases.ts';

export function describeCases(isChosen: (each: Case) => boolean): void {
  const areThere = existsSync(CASES);
  if (!areThere) console.log(`skipped: reported cases (${CASES} is not there)`);
  describe.skipIf(!areThere)('cases', () => {
    for (const each of areThere ? allCases(CASES).filter(isChosen) : []) {
      const { name, expected } = each;
      const run = async () => {
        const { pass, got } = await runCase(each);
        expect({ pass, expected, got }).toEqual({ pass: true, expected, got });
      };
      test(name, run);
    }
  });
}
