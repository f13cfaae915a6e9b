/** The settings on the page, in a browser, of a graph that runs: what is changed there is in effect, and in the file when it is saved. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { complaints, hasChromium, openBrowser } from '../support/browser.ts';
import { ROOT, RunningCommand } from '../support/command.ts';
import { Folder, graphText } from '../support/graphs.ts';
import { TEST_LIMIT_MS, until } from '../support/patience.ts';

const TEXT = `# keep this comment\n${graphText({
  replay: `{ use: replay, with: { path: ${ROOT}/fixtures/sky.detections.jsonl, pace: realtime } }`,
  track: '{ use: track, from: replay }',
  zones: '{ use: zones, from: track, with: { zones: { all: { points: [[0, 0], [1, 0], [1, 1]] } } } }',
  publish: '{ use: publish, from: zones, with: { hz: 10 } } # ticks',
})}`;

describe.skipIf(!hasChromium)('settings on the page', () => {
  const folder = new Folder();
  let server: RunningCommand;
  let browser: Browser;
  let page: Page;
  let wrong: string[];
  let url = '';
  const settings = async () =>
    (await (await fetch(`${url}/settings/cam`)).json()) as Record<string, Record<string, unknown>>;
  const field = (id: string) => page.locator(`[id="${id}"]`);

  beforeAll(async () => {
    const file = folder.write('cam.yaml', TEXT);
    server = new RunningCommand(['graph', file, '--port', '0', '--state', folder.file('state')]);
    url = await server.url();
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    wrong = complaints(page, url);
    await page.goto(url);
    await page.getByRole('button', { name: 'Settings' }).click();
    await field('track.high_confidence').waitFor();
  }, TEST_LIMIT_MS);
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  test(
    'a slider has the range of the option, and moves it while the graph runs',
    async () => {
      const slider = page.getByLabel('track.high_confidence, slider');
      expect([await slider.getAttribute('min'), await slider.getAttribute('max')]).toEqual(['0', '1']);
      await slider.fill('0.7');
      await until('the value is in effect', async () => (await settings()).track?.high_confidence === 0.7);
      await page.getByText('in effect').waitFor();
    },
    TEST_LIMIT_MS,
  );

  test(
    'what the option does not take is refused in words',
    async () => {
      await field('publish.hz').fill('5000');
      await field('publish.hz').press('Tab');
      await page.getByText('must be more than 0 and at most 1000').waitFor();
      expect((await settings()).publish?.hz).toBe(10);
      await until('the value in effect in the form', async () => (await field('publish.hz').inputValue()) === '10');
    },
    TEST_LIMIT_MS,
  );

  test(
    'a zone is drawn on the picture',
    async () => {
      await page.getByRole('button', { name: 'Draw a zone' }).click();
      const picture = await page.locator('.picture canvas.ground').boundingBox();
      if (!picture) throw new Error('no picture');
      // The frame, 16:9 or not, lies in the middle of its element.
      for (const [x, y] of [
        [0.4, 0.4],
        [0.6, 0.4],
        [0.6, 0.6],
      ] as const) {
        await page.mouse.click(picture.x + picture.width * x, picture.y + picture.height * y);
      }
      await page.getByText('3 corners').waitFor();
      await page.getByLabel('Zone').fill('gate');
      await page.getByRole('button', { name: 'Done' }).click();
      await until('the zone is in effect', async () => 'gate' in Object((await settings()).zones?.zones));
      const { gate, all } = Object((await settings()).zones?.zones);
      expect(all.points).toHaveLength(3);
      expect(gate.points).toHaveLength(3);
      expect(gate.points[0][0]).toBeLessThan(0.5);
      expect(gate.points[2][1]).toBeGreaterThan(0.5);
    },
    TEST_LIMIT_MS,
  );

  test(
    'saving changes those lines of the file and no others',
    async () => {
      await page.getByRole('button', { name: 'Save to the graph file' }).click();
      await page.getByText('written to the graph file').waitFor();
      const [before, after] = [TEXT, readFileSync(folder.file('cam.yaml'), 'utf8')].map((text) => text.split('\n'));
      const other = after?.filter((line, i) => line !== before?.[i]).map((line) => line.trim().split(':')[0]);
      expect(other).toEqual(['track', 'zones']);
    },
    TEST_LIMIT_MS,
  );

  test(
    'changes that come together are made one after the other',
    async () => {
      // Each change is based on the one before, also when that is still on its way.
      await page.evaluate(`for (const value of ['0.71', '0.72', '0.73']) {
        const input = document.querySelector('[aria-label="track.high_confidence, slider"]');
        input.value = value;
        for (const kind of ['input', 'change']) input.dispatchEvent(new Event(kind, { bubbles: true }));
      }`);
      await until('the last value is in effect', async () => (await settings()).track?.high_confidence === 0.73);
    },
    TEST_LIMIT_MS,
  );

  test('nobody complained, and nothing was asked of others', () => {
    // Chromium says of the refused change that its status is 400, and of /readyz before the first frame that it is 503.
    expect(wrong.filter((line) => !/status of (400|503)/.test(line))).toEqual([]);
  });
});
