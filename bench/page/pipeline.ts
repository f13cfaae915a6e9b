/** A session with the frame counter as its picture, or another clip, and a browser beside it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { encodeClip } from '../../runtime/cli/calibrate/clip.ts';
import { openBrowser } from '../../test/support/browser.ts';
import { RunningCommand } from '../../test/support/command.ts';
import { type Folder, graphText } from '../../test/support/graphs.ts';
import { COUNTER_FRAMES, FRAME_SIZE } from './counter.ts';

export class Pipeline implements AsyncDisposable {
  readonly url: string;
  readonly session: string;
  readonly command: RunningCommand;

  private constructor(command: RunningCommand, url: string, session: string) {
    this.command = command;
    this.url = url;
    this.session = session;
  }

  /** @param nodes of the graph, beside `preview` */
  static async start(folder: Folder, nodes: Readonly<Record<string, string>>): Promise<Pipeline> {
    const preview = '{ use: preview, from: source, with: { max_viewers: 8 } }';
    const graph = folder.write('page.yaml', graphText({ ...nodes, preview }));
    const command = new RunningCommand(['graph', graph, '--port', '0']);
    const { url, session } = await command.ready();
    return new Pipeline(command, url, session);
  }

  async processed(): Promise<number> {
    return (await this.command.sessionView(this.url, this.session)).frames.processed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.command[Symbol.asyncDispose]();
  }
}

/** The counter in real time, and a tick for each of its frames. */
export async function counterNodes(folder: Folder, tracks = 1): Promise<Record<string, string>> {
  const file = folder.file('counter.mp4');
  await writeFile(
    file,
    await encodeClip({ name: 'counter', w: FRAME_SIZE.width, h: FRAME_SIZE.height }, COUNTER_FRAMES),
  );
  return {
    source: `{ use: source, with: { url: ${file}, pace: realtime, loop: true } }`,
    decode: '{ use: decode, from: source }',
    track: `{ use: ${join(import.meta.dir, 'counter-tracks.ts')}, from: decode, with: { tracks: ${tracks} } }`,
    publish: '{ use: publish, from: track, with: { hz: 100, confirm_after: 1, end_after_ms: 60000 } }',
  };
}

/** A browser with the probe loaded, on a page of that server without anything of its own. */
export class ProbePage implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #page: Page;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.#page = page;
  }

  static async open(url: string): Promise<ProbePage> {
    const entrypoints = [join(import.meta.dir, 'in-browser', 'probe.ts')];
    const { outputs } = await Bun.build({ entrypoints, target: 'browser', format: 'iife' });
    const browser = await openBrowser();
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.on('pageerror', (error) => console.error(error));
    await page.goto(`${url}/healthz`);
    await page.evaluate((await outputs[0]?.text()) ?? '');
    return new ProbePage(browser, page);
  }

  /** Calls a function of the probe. */
  call<T>(name: 'watch' | 'draw', options: object): Promise<T> {
    return this.#page.evaluate<T>(`windhoverProbe.${name}(${JSON.stringify(options)})`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}
