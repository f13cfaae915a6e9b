/** Measures in a Chromium without a window, at any pixel ratio. Playwright drives it: loaded when it is asked for. */
import { existsSync } from 'node:fs';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { WindhoverError } from '../../errors.ts';
import type { CalibrationReport } from './report.ts';

/** A section of the page is as large. */
const VIEW = { width: 640, height: 1040, mobile: false };
const LONGEST_MS = 60_000;
const LOOK_MS = 20;

export class BrowserRun implements AsyncDisposable {
  readonly page: Page;
  readonly #browser: Browser;
  readonly #driver: CDPSession;

  private constructor(browser: Browser, page: Page, driver: CDPSession) {
    this.#browser = browser;
    this.page = page;
    this.#driver = driver;
  }

  /**
   * @param url of the server of the calibration
   * @param opened called before the page is loaded
   * @throws WindhoverError `no_browser`
   */
  static async open(executablePath: string, url: string, opened?: (page: Page) => void): Promise<BrowserRun> {
    if (!existsSync(executablePath)) {
      throw new WindhoverError('no_browser', '--browser', { expected: 'the path of a Chromium', got: executablePath });
    }
    const { chromium } = await import('playwright-core');
    // Without a sandbox it also runs as root, as in containers; it shows the page of this process alone.
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--hide-scrollbars'] });
    const page = await browser.newPage({ viewport: null });
    opened?.(page);
    const driver = await page.context().newCDPSession(page);
    const run = new BrowserRun(browser, page, driver);
    await page.exposeFunction('windhoverGrab', async () => {
      const picture = await driver.send('Page.captureScreenshot', { format: 'png', optimizeForSpeed: true });
      return picture.data;
    });
    await run.#setPixelRatio(1);
    await page.goto(`${url}/calibrate`);
    await run.#until('"windhoverCalibration" in globalThis');
    await page.evaluate('windhoverCalibration.prepare()');
    return run;
  }

  /** @param pixelRatio pixels of the screen a CSS pixel */
  async measure(pixelRatio: number): Promise<CalibrationReport['cases']> {
    await this.#setPixelRatio(pixelRatio);
    return await this.page.evaluate('windhoverCalibration.measure()');
  }

  /** Plays a clip, and compares displayed frames with those of the boxes. */
  async play(): Promise<Pick<CalibrationReport, 'lags' | 'clock'>> {
    return await this.page.evaluate('windhoverCalibration.play()');
  }

  name(): string {
    return `Chromium ${this.#browser.version()}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }

  async #setPixelRatio(deviceScaleFactor: number): Promise<void> {
    await this.#driver.send('Emulation.setDeviceMetricsOverride', { ...VIEW, deviceScaleFactor });
    await this.#until(`devicePixelRatio === ${deviceScaleFactor}`);
  }

  /** By the driver: what waits inside of the page itself is kept from it by the page's policy. */
  async #until(condition: string): Promise<void> {
    const latestMs = performance.now() + LONGEST_MS;
    while (!(await this.page.evaluate<boolean>(condition))) {
      if (performance.now() > latestMs) {
        throw new WindhoverError('browser_stuck', '--browser', { expected: condition, got: 'another state' });
      }
      await Bun.sleep(LOOK_MS);
    }
  }
}
