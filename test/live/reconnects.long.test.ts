/** A camera that is lost over and over: nothing is left behind. `bench live --reconnects 500` says it with figures. */
import { expect, setDefaultTimeout, test } from 'bun:test';
import { LONG_TEST_LIMIT_MS } from '../support/patience.ts';
import { hasRtspServer, quantile } from './peers.ts';
import { loseAndFind } from './reconnecting.ts';

setDefaultTimeout(LONG_TEST_LIMIT_MS);

/** Every way of losing it, twice at least. */
const TIMES = 13;
/** The first ones load code and fill caches. */
const SETTLED = 5;
/** The promise is 3 s on a quiet machine; tests may share theirs with others. */
const COMES_BACK_MS = 3000;
const BUSY_FACTOR = 4;
const MOST_OFF_MS = 40;

test.skipIf(!hasRtspServer())('a session whose camera is lost again and again', async () => {
  const { recoveries, restarts, tracks, errorsMs } = await loseAndFind(TIMES);
  expect(restarts).toBe(0);
  expect(tracks.length).toBeGreaterThan(TIMES / 2);
  expect(tracks.filter(({ began, ended }) => began !== 1 || ended !== 1)).toEqual([]);
  expect(Math.max(...recoveries.map(({ backMs }) => backMs))).toBeLessThan(BUSY_FACTOR * COMES_BACK_MS);
  expect(Math.abs(quantile(errorsMs, 0.5))).toBeLessThan(MOST_OFF_MS);
  const descriptors = recoveries.slice(SETTLED).map((recovery) => recovery.descriptors);
  expect(Math.max(...descriptors) - Math.min(...descriptors)).toBeLessThanOrEqual(1);
});
