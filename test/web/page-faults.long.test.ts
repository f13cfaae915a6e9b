/** The page when the network is cut, loses connections without a word, or the session dies: it says so, and comes back by itself. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Browser, Page } from 'playwright-core';
import { CHROMIUM, hasChromium, openBrowser } from '../support/browser.ts';
import { RunningCommand } from '../support/command.ts';
import { CuttableProxy } from '../support/cuttable-proxy.ts';
import { chain, Folder, graphText } from '../support/graphs.ts';
import { LONG_TEST_LIMIT_MS, until } from '../support/patience.ts';

const CUT_MS = 10_000;

describe.skipIf(!hasChromium)(`the page in ${CHROMIUM}`, () => {
  const folder = new Folder();
  let server: RunningCommand;
  let proxy: CuttableProxy;
  let browser: Browser;
  let page: Page;

  const text = () => page.evaluate<string>('document.body.innerText');
  const shows = (what: string) => until(`"${what}" on the page`, async () => (await text()).includes(what));
  const plays = async () => {
    await until('a picture with its boxes', async () => {
      const isWhole = await page.evaluate<boolean>('document.querySelector(".state") === null');
      return isWhole && (await text()).includes(' ±1 ms');
    });
    const timeS = () => page.evaluate<number>('document.querySelector("video").currentTime');
    const before = await timeS();
    await until('the picture goes on', async () => (await timeS()) !== before);
  };

  beforeAll(async () => {
    const preview = '{ use: preview, from: source }';
    const graph = folder.write('cam.yaml', graphText(chain('realtime', { preview })));
    server = new RunningCommand(['graph', graph, '--port', '0']);
    const { url } = await server.ready();
    proxy = new CuttableProxy(Number(new URL(url).port));
    browser = await openBrowser();
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${proxy.port}`);
    await page.evaluate('globalThis.isSamePage = true');
    await plays();
  }, LONG_TEST_LIMIT_MS);
  afterAll(async () => {
    await browser?.close();
    proxy?.stop();
    await server?.[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  test.each([
    ['what was sent comes late', false],
    ['every connection is dead', true],
  ] as const)(
    'the network is cut for 10 s, after which %s',
    async (_what, isDeadAfter) => {
      proxy.cut();
      await shows('Nothing comes');
      await Bun.sleep(CUT_MS);
      proxy.mend(isDeadAfter);
      await plays();
      expect(await page.evaluate('globalThis.isSamePage')).toBe(true);
    },
    LONG_TEST_LIMIT_MS,
  );

  test(
    'the process of the session dies',
    async () => {
      for (const pid of server.sessions) process.kill(pid, 'SIGKILL');
      await until('words over the picture', async () => (await text()).includes('⚠'));
      await plays();
      expect(await page.evaluate('globalThis.isSamePage')).toBe(true);
    },
    LONG_TEST_LIMIT_MS,
  );
});
