/** The calibration as a user runs it, in a real browser: 7 clips × 4 fits × 3 sizes × 4 pixel ratios, by the pixels of the screen. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { BrowserRun } from '../../runtime/cli/calibrate/browser.ts';
import { Calibration } from '../../runtime/cli/calibrate/server.ts';
import { SystemClock } from '../../runtime/clock.ts';
import { type Listening, listen } from '../../runtime/server/app.ts';
import { FakeLog } from '../server/fake-sessions.ts';
import { CHROMIUM, complaints, hasChromium } from '../support/browser.ts';
import { LONG_TEST_LIMIT_MS } from '../support/patience.ts';

describe.skipIf(!hasChromium)('calibration', () => {
  let run: BrowserRun;
  let calibration: Calibration;
  let server: Listening;
  let found: string[];

  beforeAll(async () => {
    const options = { clock: new SystemClock(), log: new FakeLog(), version: '0', reported: () => undefined };
    calibration = new Calibration(options);
    server = listen(calibration.app, { host: '127.0.0.1', port: 0 });
    run = await BrowserRun.open(CHROMIUM, server.url, (page) => {
      found = complaints(page, server.url);
    });
  }, LONG_TEST_LIMIT_MS);
  afterAll(async () => {
    await run?.[Symbol.asyncDispose]();
    calibration?.stop();
    await server?.stop();
  });

  test.each([1, 1.5, 2, 3])(
    'boxes lie on their markers within a CSS pixel at a pixel ratio of %p',
    async (pixelRatio) => {
      const cases = await run.measure(pixelRatio);
      const worst = Math.max(...cases.map(({ errorPx }) => errorPx ?? Number.NaN));
      console.log(`pixel ratio ${pixelRatio}: largest error ${worst.toFixed(2)} CSS px`);
      expect(cases).toHaveLength(7 * 4 * 3);
      expect(cases.filter(({ markers, boxes }) => markers === 0 || boxes < markers)).toEqual([]);
      expect(cases.filter(({ errorPx }) => errorPx === null || errorPx > 1)).toEqual([]);
      expect(cases.filter(({ frameLag }) => frameLag !== 0)).toEqual([]);
    },
    LONG_TEST_LIMIT_MS,
  );

  test(
    'while a clip plays, boxes are those of the displayed frame',
    async () => {
      const { lags, clock } = await run.play();
      console.log(`frames of the boxes less displayed frames: ${JSON.stringify(lags)}`);
      expect(clock).toBe('media');
      const frames = Object.values(lags).reduce((sum, count) => sum + count, 0);
      expect(((lags[0] ?? 0) + (lags[1] ?? 0) + (lags[-1] ?? 0)) / frames).toBeGreaterThanOrEqual(0.95);
    },
    LONG_TEST_LIMIT_MS,
  );

  test('nothing is asked of others, and the console is silent', () => {
    expect(found).toEqual([]);
  });
});
