/** Each case of the folder of cases is a test. */
import { describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { type Case, runCase } from '../../bench/cases/case.ts';
import { allCases, CASES } from '../../bench/cases.ts';
import { Slots } from '../e2e/slots.ts';

/** Those that wait for processes, servers and clocks, not for the processor: so many at a time. */
const WAITS = /^(models|video\/(?!mjpeg)|time\/30)/;
const AT_ONCE = 3;
/** Those in which the whole program follows a camera for the better part of a minute. */
export const FOLLOWING = /^ptz\/(31-live-follow|33-wrong-way)/;

export function describeCases(isChosen: (each: Case) => boolean): void {
  const areThere = existsSync(CASES);
  if (!areThere) console.log(`skipped: reported cases (${CASES} is not there)`);
  const chosen = areThere ? allCases(CASES).filter(isChosen) : [];
  const slots = new Slots(AT_ONCE);
  const check = async (each: Case) => {
    const { expected } = each;
    const { pass, got } = await runCase(each);
    expect({ pass, expected, got }).toEqual({ pass: true, expected, got });
  };
  describe.skipIf(!areThere)('cases', () => {
    for (const each of chosen) {
      if (each.isSlow && WAITS.test(each.name)) test.concurrent(each.name, () => slots.with(() => check(each)));
      else test(each.name, () => check(each));
    }
  });
}
