/** How busy the machine is, told by how late a timer comes: what is promised in real time is judged with that in mind. */

const STEP_MS = 20;
/** Turns of processes one after the other until a camera stands: to notice, to ask, to answer, to stop. */
const TURNS = 4;

/** Waits. @returns the time that a promise may be late for want of a processor: about nothing on a quiet machine */
export async function waitAndSeeLateness(ms: number): Promise<number> {
  const endMs = performance.now() + ms;
  let latestMs = 0;
  for (let nowMs = performance.now(); nowMs < endMs; ) {
    const dueMs = Math.min(nowMs + STEP_MS, endMs);
    await Bun.sleep(dueMs - nowMs);
    nowMs = performance.now();
    latestMs = Math.max(latestMs, nowMs - dueMs);
  }
  return Math.round(TURNS * latestMs);
}
