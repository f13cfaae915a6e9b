/** How long to wait between attempts: doubling, jittered, bounded. */

const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/** @param attempt from 0. @param random in [0, 1): spreads cameras that were lost together */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return full / 2 + (full / 2) * random();
}
