/** The history on the page, in a browser: what was in a past stretch, with its boxes. */
import { expect, test } from 'bun:test';
import { SystemClock } from '../../runtime/clock.ts';
import { createApp, listen } from '../../runtime/server/app.ts';
import { FakeLog } from '../server/fake-sessions.ts';
import { HistoryRig } from '../sinks/history/rig.ts';
import { complaints, hasChromium, openBrowser } from '../support/browser.ts';
import { Folder } from '../support/graphs.ts';
import { TEST_LIMIT_MS, until } from '../support/patience.ts';

/** Pixels that are drawn near the left edge of the box of track 50, as shares of the canvas over the ground. */
const DRAWN = `(() => {
  const canvas = document.querySelector('.past .picture canvas:not(.ground)') ?? document.querySelector('canvas[style]');
  if (!canvas?.width) return 0;
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let drawn = 0;
  for (let i = 3; i < data.length; i += 4) if (data[i] > 0) drawn++;
  return drawn;
})()`;

test.skipIf(!hasChromium)(
  'the last minutes are shown with their tracks and boxes, and any other time on request',
  async () => {
    using folder = new Folder();
    await using rig = new HistoryRig({ file: folder.file('history.db') });
    const startMs = Date.now() - 60_000;
    rig.tick(startMs, [50]);
    rig.event('new', 50, startMs);
    for (let i = 1; i < 100; i++) rig.tick(startMs + i * 100, [50]);
    rig.event('end', 50, startMs, startMs + 9900);
    rig.tick(Date.now(), []);
    await rig.written();
    const { reader } = rig.history;
    const app = createApp({
      sessions: rig.sessions,
      history: () => reader,
      version: '0',
      clock: new SystemClock(),
      log: new FakeLog(),
    });
    const server = listen(app, { host: '127.0.0.1', port: 0 });
    const browser = await openBrowser();
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      const found = complaints(page, server.url);
      await page.goto(server.url);
      await page.getByRole('button', { name: 'History' }).click();
      await page.getByRole('button', { name: /^50 drone 50 %/ }).click();
      await page.getByText('boxes every 500 ms').waitFor();
      await until('boxes are drawn', async () => (await page.evaluate<number>(DRAWN)) > 50);
      await page.getByRole('button', { name: 'Halt' }).click();
      const slider = page.getByRole('slider', { name: 'Place in the stretch' });
      await slider.fill(String(await slider.getAttribute('max')));
      await until('no boxes at the end', async () => (await page.evaluate<number>(DRAWN)) === 0);
      await page.getByLabel('From').fill('2020-01-01T12:03:00');
      await page.getByLabel('to', { exact: true }).fill('2020-01-01T12:05:00');
      await page.getByRole('button', { name: 'Show' }).click();
      await page.getByText('Nothing was seen in this time.').waitFor();
      // What this test does itself.
      expect(found.filter((line) => !line.includes('getImageData'))).toEqual([]);
    } finally {
      await browser.close();
      await server.stop();
    }
  },
  TEST_LIMIT_MS,
);
