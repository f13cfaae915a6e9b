/** How long tests wait. Deadlines end what hangs; they say nothing of how fast it should be. */

/** So many times as busy as a quiet machine of two cores may this one be, and no test fails for it. */
const PATIENCE = 5;
/** For one thing that is waited for. */
export const PATIENCE_MS = PATIENCE * 12_000;
/** For one test that does not name its own limit. */
export const TEST_LIMIT_MS = 3 * PATIENCE_MS;
/** For one test of the long ones. */
export const LONG_TEST_LIMIT_MS = 10 * PATIENCE_MS;
/** For the runs of one property: those that come later than that are left out. */
export const PROPERTY_LIMIT_MS = PATIENCE_MS;

const LOOK_MS = 4;
/** Between looks that ask somebody else, who has to work for it. */
export const ASK_MS = 20;

/** Waits until `condition` holds; fails after `deadlineMs`. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  deadlineMs = PATIENCE_MS,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (true) {
    const holds = condition();
    if (await holds) return;
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await Bun.sleep(holds instanceof Promise ? ASK_MS : LOOK_MS);
  }
}
