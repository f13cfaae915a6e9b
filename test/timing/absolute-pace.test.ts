/** Sender reports: those of a right clock are believed however late pictures are, those of a wrong one are found out. */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { AbsolutePace } from '../../timing/absolute-pace.ts';

const FRAME_MS = 40;
const MINUTES_MS = 120_000;

/** Late by turns: each for some seconds, by up to so much. */
const lateness = fc.array(
  fc.record({ forMs: fc.integer({ min: 200, max: 9000 }), byMs: fc.integer({ min: 0, max: 400 }) }),
  {
    minLength: 1,
    maxLength: 40,
  },
);
const jitter = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 50, maxLength: 50 });

function firstOffMs(delayAt: (atMs: number, i: number) => number): number | undefined {
  const pace = new AbsolutePace();
  for (let i = 0; i * FRAME_MS < MINUTES_MS; i++) {
    pace.add(i * FRAME_MS, delayAt(i * FRAME_MS, i));
    if (pace.isOff) return i * FRAME_MS;
  }
  return undefined;
}

test('a right clock stays believed while the encoder is late for a while, again and again', () => {
  fc.assert(
    fc.property(lateness, jitter, fc.integer({ min: 0, max: 100 }), (turns, random, scatterMs) => {
      const roundMs = turns.reduce((sum, { forMs }) => sum + 2 * forMs, 0);
      const lateAt = (atMs: number) => {
        let left = atMs % roundMs;
        for (const { forMs, byMs } of turns) {
          if (left < forMs) return byMs;
          left -= 2 * forMs;
          if (left < 0) return 0;
        }
        return 0;
      };
      expect(firstOffMs((atMs, i) => 30 + lateAt(atMs) + scatterMs * (random[(7 * i) % 50] ?? 0))).toBeUndefined();
    }),
  );
});

test('a clock that runs off by 0.5 % or more is found within half a minute, whichever way', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.005, max: 0.02, noNaN: true }), fc.boolean(), jitter, (skew, isFast, random) => {
      const slope = isFast ? -skew : skew;
      const foundMs = firstOffMs((atMs, i) => 2500 + slope * atMs + 20 * (random[(7 * i) % 50] ?? 0));
      expect(foundMs).toBeLessThan(31_000);
    }),
  );
});
