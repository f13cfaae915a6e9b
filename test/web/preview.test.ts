/** The session's own picture on the page, by WebRTC or as MP4: what browsers get, and what is said where they can get nothing. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { SessionView } from '../../runtime/session/api.ts';
import { RunningCommand } from '../support/command.ts';
import { chain, Folder, graphText } from '../support/graphs.ts';
import { TEST_LIMIT_MS, until } from '../support/patience.ts';

const executablePath = Bun.which('chromium') ?? undefined;
if (executablePath === undefined) console.log('skipped: no chromium (apt-get install chromium)');

interface Shown {
  readonly width: number;
  readonly timeS: number;
  readonly text: string;
}
const SHOWN = `({
  width: document.querySelector('video')?.videoWidth ?? 0,
  timeS: document.querySelector('video')?.currentTime ?? 0,
  text: document.body.innerText,
})`;

describe.skipIf(executablePath === undefined)('preview', () => {
  const folder = new Folder();
  let server: RunningCommand;
  let browser: Browser;
  let url = '';
  let session = '';

  const viewers = async () => {
    const view = (await (await fetch(`${url}/sessions/${session}`)).json()) as SessionView;
    return view.nodes.preview?.viewers;
  };
  const open = async (script = ''): Promise<Page> => {
    const page = await browser.newPage();
    await page.addInitScript(script);
    await page.goto(url);
    return page;
  };
  const shown = (page: Page) => page.evaluate<Shown>(SHOWN);

  beforeAll(async () => {
    const graph = folder.write(
      'cam.yaml',
      graphText(chain('realtime', { preview: '{ use: preview, from: source, with: { max_viewers: 2 } }' })),
    );
    server = new RunningCommand(['graph', graph, '--port', '0']);
    ({ url, session } = await server.ready());
    browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args: ['--no-sandbox'] });
  }, TEST_LIMIT_MS);
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  test(
    'two see the clip as it is, each frame with its time; a third is told that they are too many',
    async () => {
      const pages = [await open(), await open()];
      for (const page of pages) {
        await until('a picture', async () => (await shown(page)).width === 640);
        await until('the time of the frame', async () => (await shown(page)).text.includes('rtp ±1 ms'));
        const { timeS } = await shown(page);
        await until('the picture goes on', async () => (await shown(page)).timeS > timeS + 0.5);
      }
      expect(await viewers()).toBe(2);
      const third = await open();
      await until('the refusal', async () =>
        (await shown(third)).text.includes('No picture: the video server answers 503'),
      );
      for (const page of [third, ...pages]) await page.close();
      await until('nobody looks any more', async () => (await viewers()) === 0);
    },
    TEST_LIMIT_MS,
  );

  test(
    'without WebRTC it comes as MP4, each frame with its time, and the page says so',
    async () => {
      const page = await open('delete globalThis.RTCPeerConnection');
      await until('the time of the frame', async () =>
        (await shown(page)).text.includes('media (MP4, no WebRTC) ±1 ms'),
      );
      const { timeS } = await shown(page);
      await until('the picture goes on', async () => (await shown(page)).timeS > timeS + 0.5);
      await page.close();
      await until('nobody looks any more', async () => (await viewers()) === 0);
    },
    TEST_LIMIT_MS,
  );

  test('what is no offer is refused, and a viewer that is not there can end', async () => {
    const whep = `${url}/sessions/${session}/whep`;
    for (const [body, status] of [
      ['', 400],
      ['hello', 400],
      ['x'.repeat(100_000), 413],
    ] as const) {
      expect((await fetch(whep, { method: 'POST', body })).status).toBe(status);
    }
    expect((await fetch(`${whep}/none`, { method: 'DELETE' })).status).toBe(200);
    expect((await fetch(`${url}/sessions/none/whep`, { method: 'POST', body: 'v=0' })).status).toBe(404);
    expect((await fetch(`${url}/sessions/none/preview.mp4`)).status).toBe(404);
    expect(await viewers()).toBe(0);
  });
});
