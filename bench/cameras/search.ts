/** Finds the most cameras that are carried, with few measurements. */
import { cpus } from 'node:os';
import type { Sample } from './rig.ts';

const FIRST = 2;
/** Share of the cores that cameras may take before detections wait long. */
const FULL = 0.9;
/** How much further it looks when the guess was too low. */
const STEP = 1.25;

/**
 * @param steps numbers of cameras that are tried, beside the first
 * @returns the first measurement, and that of the most cameras that were carried
 */
export async function mostCameras(
  measure: (cameras: number) => Promise<Sample>,
  holds: (found: Sample) => boolean,
  steps: number,
): Promise<{ first: Sample; most: Sample }> {
  const first = await measure(FIRST);
  let [most, least] = [first, Number.POSITIVE_INFINITY];
  let next = Math.max(FIRST + 1, Math.floor((cpus().length * FULL * FIRST) / first.cores));
  for (let step = 0; step < steps && next > most.cameras && next < least; step++) {
    const found = await measure(next);
    if (holds(found)) most = found;
    else least = found.cameras;
    next = Number.isFinite(least)
      ? Math.floor((most.cameras + least) / 2)
      : Math.max(most.cameras + 1, Math.round(most.cameras * STEP));
  }
  return { first, most };
}
