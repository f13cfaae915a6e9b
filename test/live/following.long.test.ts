/**
 * A target is followed through a real RTSP stream whose encoder is late, about as well as with pictures that are as late and
 * have true stamps.
 */
import { expect, setDefaultTimeout, test } from 'bun:test';
import { LONG_TEST_LIMIT_MS } from '../support/patience.ts';
import { LiveChase, type LiveOptions, LOOP_S } from './live-chase.ts';
import { hasRtspServer, quantile } from './peers.ts';

setDefaultTimeout(LONG_TEST_LIMIT_MS);

const SETTLE_S = 4;
/** So much worse it may be than with true stamps … */
const WORSE = 1.5;
/** … or, where both are good, so much, share of the picture's width. */
const SAME = 0.01;

async function rmsOf(chase: LiveChase): Promise<number> {
  await chase.select();
  await Bun.sleep(1000 * SETTLE_S);
  return chase.rms(LOOP_S);
}

async function compared(driver: LiveOptions['driver'], delayMs: number) {
  await using streamed = await LiveChase.start({ driver, delayMs });
  await using direct = await LiveChase.start({ driver, delayMs, like: streamed });
  const [rms, best] = await Promise.all([rmsOf(streamed), rmsOf(direct)]);
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  const { lateMs, errorsMs } = streamed;
  const off = quantile(errorsMs.slice(-100), 0.95).toFixed(0);
  return {
    rms,
    best,
    told: `${driver}, ${delayMs} ms: ${percent(rms)}, with true stamps ${percent(best)}; pictures ${lateMs} ms old, stamps off by ${off} ms`,
  };
}

/** One after the other: what else runs makes pictures late. */
test.skipIf(!hasRtspServer()).each([
  ['sim', 200],
  ['onvif', 800],
] as const)('%s, %i ms late', async (driver, delayMs) => {
  const { rms, best, told } = await compared(driver, delayMs);
  console.log(told);
  expect(rms).toBeLessThan(Math.max(WORSE * best, best + SAME));
});
