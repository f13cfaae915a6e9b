/** The log-in of the page, in Chromium. */
import { afterEach, expect, test } from 'bun:test';
import { Rigs } from '../server/guarded.ts';
import { complaints, hasChromium, openBrowser } from '../support/browser.ts';
import { TEST_LIMIT_MS, until } from '../support/patience.ts';

const rigs = new Rigs();
afterEach(() => rigs.end());

test.skipIf(!hasChromium)(
  'asks for a token without an error in the console, and goes away with the right one',
  async () => {
    const { rig, server } = await rigs.serving();
    const browser = await openBrowser();
    await using _closed = { [Symbol.asyncDispose]: () => browser.close() };
    const page = await browser.newPage();
    const wrong = complaints(page, server.url);
    await page.goto(server.url);
    const field = page.getByLabel('Token');
    await field.waitFor();
    await until('the page rests', () => page.evaluate('document.readyState === "complete"'));
    expect(wrong).toEqual([]);
    await field.fill('wh_nonsense');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByText('Not logged in').waitFor();
    await field.fill(rig.token('ops', 'viewer'));
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('button', { name: 'Log out' }).click();
    await field.waitFor();
  },
  TEST_LIMIT_MS,
);
