/** How well a target is followed through RTSP with a late encoder, beside pictures that are as late and have true stamps. */
import { until } from '../support/patience.ts';
import { LiveChase, type LiveOptions, LOOP_S } from './live-chase.ts';
import { quantile } from './peers.ts';

/** The first turn of the target is over: at that, how it flies is not known yet, and it depends on when it comes. */
const SETTLE_S = LOOP_S / 2 + 2;

export interface Following {
  /** Distance of the target from the centre, share of the picture's width. */
  readonly rms: number;
  /** The same with true stamps. */
  readonly best: number;
  /** Age of the pictures. */
  readonly lateMs: number;
  /** Claimed less true times of capture, 95 of 100. */
  readonly offMs: number;
}

/** Both at once, from the same moment of the target's way, so that they share what else happens. */
export async function followBoth(driver: LiveOptions['driver'], delayMs: number): Promise<Following> {
  await using streamed = await LiveChase.start({ driver, delayMs });
  await using direct = await LiveChase.start({ driver, delayMs, like: streamed });
  // At the same time: what is in sight of the one may be gone until it is in sight of the other.
  await until('both are ready', () => streamed.isReady && direct.isReady);
  const [rms, best] = await Promise.all([rmsOf(streamed), rmsOf(direct)]);
  const { lateMs, errorsMs } = streamed;
  return { rms, best, lateMs, offMs: quantile(errorsMs.slice(-100).map(Math.abs), 0.95) };
}

async function rmsOf(chase: LiveChase): Promise<number> {
  await chase.select();
  await Bun.sleep(1000 * SETTLE_S);
  return chase.rms(LOOP_S);
}
