/** WHEP from a server of this project's own, whose pictures show when they were taken. */
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { TEST_LIMIT_MS } from '../support/patience.ts';
import { hasFfmpeg } from './ffmpeg-peer.ts';
import { quantile, Watch } from './peers.ts';
import { WhepServer } from './whep-server.ts';

setDefaultTimeout(TEST_LIMIT_MS);

describe.skipIf(!hasFfmpeg())('a server', () => {
  test('plain', async () => {
    await using server = await WhepServer.start();
    const t0 = performance.now();
    await using watch = await Watch.open({ url: server.url });
    await watch.run.until(() => watch.seen.length >= 1 || watch.faults.length > 0);
    console.log(performance.now() - t0, watch.faults, watch.run.faults);
    await watch.run.until(() => watch.seen.length >= 60);
    console.log(quantile(watch.errorsMs, 0.5), quantile(watch.errorsMs, 0.95), watch.run.stats('source'));
  });
});
