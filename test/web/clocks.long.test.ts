/** A burned-in frame counter through WHEP: the drawn box is that of the displayed frame, by each clock. `bench page` has the figures. */
import { expect, test } from 'bun:test';
import type { Sample } from '../../bench/page/figures.ts';
import { counterNodes, Pipeline, ProbePage } from '../../bench/page/pipeline.ts';
import { quantile } from '../live/peers.ts';
import { hasChromium } from '../support/browser.ts';
import { Folder } from '../support/graphs.ts';
import { LONG_TEST_LIMIT_MS, until } from '../support/patience.ts';

const LEAST_FRAMES = 20;

test.skipIf(!hasChromium)(
  'the box is that of the displayed frame, by rtp, capture and playout',
  async () => {
    using folder = new Folder();
    await using pipeline = await Pipeline.start(folder, await counterNodes(folder));
    await using browser = await ProbePage.open(pipeline.url);
    for (const clock of ['rtp', 'capture', 'playout'] as const) {
      const options = { session: pipeline.session, seconds: 2, clock };
      const lags: number[] = [];
      await until(`${LEAST_FRAMES} frames with a box, by ${clock}`, async () => {
        for (const { shownFrame, boxFrame } of await browser.call<Sample[]>('watch', options))
          if (shownFrame !== null && boxFrame !== null) lags.push(boxFrame - shownFrame);
        return lags.length >= LEAST_FRAMES;
      });
      // A busy browser tells of a frame late now and then: the middle half is what the clock is.
      for (const share of [0.25, 0.5, 0.75]) expect(Math.abs(quantile(lags, share))).toBeLessThan(1.5);
    }
  },
  LONG_TEST_LIMIT_MS,
);
