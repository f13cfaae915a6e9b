/** `bench live --following`: a target followed through RTSP with a late encoder, beside pictures as late with true stamps. */
import { followBoth } from '../../test/live/following.ts';

const DRIVERS = ['sim', 'onvif'] as const;
const DELAYS_MS = [200, 400, 800];
const MOST_WORSE = 1.5;

/** @param only runs whose name, as `onvif 800`, holds that text */
export async function following(only: string): Promise<void> {
  console.log('encoder late by       RMS   true stamps   ratio   pictures old   stamps off p95');
  for (const driver of DRIVERS) {
    for (const delayMs of DELAYS_MS) {
      const name = `${driver} ${delayMs}`;
      if (!name.includes(only)) continue;
      const { rms, best, lateMs, offMs } = await followBoth(driver, delayMs);
      const ratio = rms / best;
      const [ours, truth] = [rms, best].map((share) => `${(100 * share).toFixed(2)} %`);
      const mark = ratio > MOST_WORSE ? '!' : ' ';
      console.log(
        `${`${name} ms`.padEnd(16)}${ours?.padStart(9)}${truth?.padStart(14)}${ratio.toFixed(2).padStart(8)}${mark}${`${lateMs} ms`.padStart(14)}${`${offMs.toFixed(0)} ms`.padStart(17)}`,
      );
    }
  }
}
