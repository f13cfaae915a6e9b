/** A browser that plays the files of a folder, one after the other. */
import { basename, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

export class WebPlayer {
  readonly #browser: Browser;
  readonly #page: Page;
  readonly #server: Bun.Server<undefined>;

  private constructor(browser: Browser, page: Page, server: Bun.Server<undefined>) {
    [this.#browser, this.#page, this.#server] = [browser, page, server];
  }

  /** @param folder with the files @returns undefined, and says so, where there is no browser */
  static async start(folder: string): Promise<WebPlayer | undefined> {
    const executablePath = Bun.which('chromium') ?? undefined;
    if (executablePath === undefined) {
      console.log('sizes are compared with ffprobe alone: no chromium (apt-get install chromium)');
      return undefined;
    }
    const fetch = async ({ url }: Request) => {
      const name = decodeURIComponent(new URL(url).pathname.slice(1));
      const file = Bun.file(join(folder, name));
      if (name !== '') return (await file.exists()) ? new Response(file) : new Response('', { status: 404 });
      return new Response('<video>', { headers: { 'content-type': 'text/html' } });
    };
    const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch });
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.port}/`);
    return new WebPlayer(browser, page, server);
  }

  /** `videoWidth` and `videoHeight`. */
  sizeOf(file: string): Promise<string> {
    const src = JSON.stringify(`/${encodeURIComponent(basename(file))}`);
    return this.#page.evaluate(`new Promise((resolve, reject) => {
      const video = document.querySelector('video');
      video.onloadeddata = () => resolve(video.videoWidth + 'x' + video.videoHeight);
      video.onerror = () => reject(new Error(${src} + ': ' + video.error?.message));
      video.src = ${src};
    })`);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.#server.stop(true);
  }
}
