/** The calibration as a user runs it, in a real browser: 7 clips × 4 fits × 3 sizes × 4 pixel ratios, by the pixels of the screen. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { Calibration } from '../../runtime/cli/calibrate/server.ts';
import { SystemClock } from '../../runtime/clock.ts';
import { type Listening, listen } from '../../runtime/server/app.ts';
import { FakeLog } from '../server/fake-sessions.ts';
import { complaints, hasChromium, openBrowser } from '../support/browser.ts';
import { LONG_TEST_LIMIT_MS } from '../support/patience.ts';

/** What web/calibrate/ finds for one video. */
interface Case {
  readonly markers: number;
  readonly boxes: number;
  readonly errorPx: number;
  readonly frameLag: number;
}

const VIEW = { width: 640, height: 1040, mobile: false };

describe.skipIf(!hasChromium)('calibration', () => {
  let browser: Browser;
  let page: Page;
  let driver: CDPSession;
  let calibration: Calibration;
  let server: Listening;
  let found: string[];

  beforeAll(async () => {
    const options = { clock: new SystemClock(), log: new FakeLog(), version: '0', reported: () => undefined };
    calibration = new Calibration(options);
    server = listen(calibration.app, { host: '127.0.0.1', port: 0 });
    browser = await openBrowser();
    page = await browser.newPage({ viewport: null });
    found = complaints(page, server.url);
    driver = await page.context().newCDPSession(page);
    await page.exposeFunction('windhoverGrab', async () => {
      const picture = await driver.send('Page.captureScreenshot', { format: 'png', optimizeForSpeed: true });
      return picture.data;
    });
    await driver.send('Emulation.setDeviceMetricsOverride', { ...VIEW, deviceScaleFactor: 1 });
    await page.goto(`${server.url}/calibrate`);
    await page.waitForFunction('"windhoverCalibration" in globalThis');
    await page.evaluate('windhoverCalibration.prepare()');
  }, LONG_TEST_LIMIT_MS);
  afterAll(async () => {
    await browser?.close();
    calibration?.stop();
    await server?.stop();
  });

  test.each([1, 1.5, 2, 3])(
    'boxes lie on their markers within a CSS pixel at a pixel ratio of %p',
    async (deviceScaleFactor) => {
      await driver.send('Emulation.setDeviceMetricsOverride', { ...VIEW, deviceScaleFactor });
      await page.waitForFunction(`devicePixelRatio === ${deviceScaleFactor}`);
      const cases = (await page.evaluate('windhoverCalibration.measure()')) as Case[];
      const worst = Math.max(...cases.map(({ errorPx }) => errorPx));
      console.log(`pixel ratio ${deviceScaleFactor}: largest error ${worst.toFixed(2)} CSS px`);
      expect(cases).toHaveLength(7 * 4 * 3);
      expect(cases.filter(({ markers, boxes }) => markers === 0 || boxes < markers)).toEqual([]);
      expect(cases.filter(({ errorPx }) => !(errorPx <= 1))).toEqual([]);
      expect(cases.filter(({ frameLag }) => frameLag !== 0)).toEqual([]);
    },
    LONG_TEST_LIMIT_MS,
  );

  test(
    'while a clip plays, boxes are those of the displayed frame',
    async () => {
      const { lags, clock } = (await page.evaluate('windhoverCalibration.play()')) as {
        readonly lags: Readonly<Record<string, number>>;
        readonly clock: string;
      };
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
