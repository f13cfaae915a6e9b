/** The client library in a real browser: the page of docs/web.md, as it is written there. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { SystemClock } from '../../runtime/clock.ts';
import { createApp, type Listening, listen } from '../../runtime/server/app.ts';
import { browserModule } from '../../runtime/server/browser-module.ts';
import { clientTypes } from '../../runtime/server/client-library/files.ts';
import { FakeLog, FakeSessions } from '../server/fake-sessions.ts';
import { complaints, hasChromium, openBrowser } from '../support/browser.ts';
import { ROOT, runCommand } from '../support/command.ts';
import { Folder, SKY } from '../support/graphs.ts';
import { until } from '../support/patience.ts';

test('the library is one module of at most 25 kB, and exports what its types say', async () => {
  const module = await browserModule('client/index.ts');
  console.log(`client.js: ${module.length} bytes`);
  expect(module.length).toBeLessThanOrEqual(25_000);
  const exported = new Bun.Transpiler({ loader: 'js' }).scan(module);
  expect(exported.imports).toEqual([]);
  const types = clientTypes();
  const declared = [...types.matchAll(/^export declare function (\w+)/gm)].map(([, name]) => name ?? '');
  expect(exported.exports.toSorted()).toEqual(declared.toSorted());
  expect(types).not.toMatch(/\b(import|unknown\[\]|typebox)\b/i);
});

test('its types are complete: a program is checked with them alone', async () => {
  using folder = new Folder();
  expect((await runCommand(['client', '--out', folder.path])).exitCode).toBe(0);
  folder.write('good.ts', `${GOOD}\n`);
  folder.write(
    'bad.ts',
    `${GOOD}\nconst wrong: string = box.x;\nfeed.select('7');\nfeed.on('tock', () => undefined);\n`,
  );
  const options = [
    '--noEmit',
    '--strict',
    '--module',
    'preserve',
    '--target',
    'esnext',
    '--lib',
    'esnext,dom',
    '--types',
    '',
  ];
  const tsc = Bun.spawnSync([join(ROOT, 'node_modules/.bin/tsc'), ...options, 'good.ts', 'bad.ts'], {
    cwd: folder.path,
  });
  const faults = [...tsc.stdout.toString().matchAll(/^\w+\.ts\(\d+/gm)].map(([fault]) => fault);
  const lines = GOOD.split('\n').length;
  expect(faults).toEqual([1, 2, 3].map((line) => `bad.ts(${lines + line}`));
});

describe.skipIf(!hasChromium)('the page of the docs', () => {
  let browser: Browser;
  let page: Page;
  let found: string[];
  let app: { readonly sessions: FakeSessions; readonly server: Listening };
  const html = /```html\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, 'docs/web.md'), 'utf8'))?.[1] ?? '';
  let site: Bun.Server<undefined>;

  beforeAll(async () => {
    app = startApp(0);
    const { port } = app.server;
    site = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: ({ url }) => {
        if (url.endsWith('/clip.mp4')) return new Response(Bun.file(SKY));
        if (!url.endsWith('/')) return new Response(null, { status: 204 });
        return new Response(html.replaceAll(':8080', `:${port}`), { headers: { 'content-type': 'text/html' } });
      },
    });
    browser = await openBrowser();
    page = await browser.newPage();
    found = complaints(page, 'http://127.0.0.1:');
    await page.goto(`http://127.0.0.1:${site.port}/`);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.stop(true);
    await app?.server.stop();
  });

  const state = async () => (await page.textContent('#state')) ?? '';
  /** How many pixels of the canvas have the colour of boxes. */
  const drawn = () => page.evaluate(COLOURED_PIXELS) as Promise<number>;
  /** Calls a function of the page. CLIENT in it is the address of the library. */
  const call = (text: string, ...args: string[]) => {
    const source = text.replaceAll('CLIENT', `'${app.server.url}/client.js'`);
    return page.evaluate(`(${source})(${JSON.stringify(args)})`);
  };
  const tell = () => app.sessions.emit('s-cam_01', 'tick', JSON.stringify(tick()));

  test('draws boxes, and a click on one selects it', async () => {
    expect(html.split('\n').length).toBeLessThanOrEqual(13);
    await until('boxes on the video', async () => {
      tell();
      return (await drawn()) > 50;
    });
    expect(await state()).toBe('live ');
    const video = await page.locator('video').boundingBox();
    await until('a selection', async () => {
      tell();
      await page.mouse.click((video?.x ?? 0) + (video?.width ?? 0) / 2, (video?.y ?? 0) + (video?.height ?? 0) / 2);
      return app.sessions.requests.length > 0;
    });
    expect(app.sessions.requests[0]).toEqual({
      sessionId: 's-cam_01',
      name: 'set_target_id',
      params: { target_id: 7 },
    });
  });

  test.each([
    ['as it is', '', '', 1],
    ['in a turned and enlarged parent', 'transform: rotate(20deg) scale(1.5)', '', 1.5],
    ['in a skewed parent within a scrolled one', 'transform: skewX(15deg); overflow: scroll; height: 90px', '', 1],
    ['in a parent with a zoom', 'zoom: 1.25', '', 1.25],
    ['rotate and scale as properties', 'rotate: -30deg; scale: 2 2', '', 2],
    ['itself mirrored', '', 'transform: scaleX(-1); border: 3px solid red; padding: 5.5px', 1],
    ['at a place with fractions, under rules for every canvas', 'padding: 3.3px 7.7px', 'max-width: 40%', 1],
  ])(
    'the canvas stays over the video, moves nothing and is as sharp as the screen: %s',
    async (_what, outer, own, scale) => {
      const { before, after, video, canvas, pixels } = (await call(STAYS_OVER, outer, own)) as Placing;
      expect(after).toEqual(before);
      for (const side of ['x', 'y', 'width', 'height'] as const)
        expect(Math.abs(canvas[side] - video[side])).toBeLessThan(0.1);
      expect(Math.abs(pixels / scale - 1)).toBeLessThan(0.03);
    },
  );

  test('50 tracks are drawn within 2 ms', async () => {
    const told = setInterval(() => app.sessions.emit('s-cam_01', 'tick', JSON.stringify(tick(50))), 40);
    const ms = (await call(DRAW_OFTEN)) as number[];
    clearInterval(told);
    const quick = ms.toSorted((a, b) => a - b)[Math.floor(ms.length / 5)] ?? Number.NaN;
    console.log(`50 tracks with labels and tails: ${quick.toFixed(2)} ms a frame`);
    expect(quick).toBeLessThan(2);
  });

  test('when no ticks come it is stale; when the server is gone, it says so, shows no boxes, and comes back', async () => {
    await until('stale', async () => (await state()).startsWith('stale no tick for 2 s'));
    const { port } = app.server;
    await app.server.stop();
    await until('down', async () => (await state()).startsWith('down'));
    expect(await drawn()).toBe(0);
    app = startApp(port);
    await until('boxes again', async () => {
      tell();
      return (await state()) === 'live ' && (await drawn()) > 50;
    });
  });

  test('nobody else is asked for anything, and nothing is complained of', () => {
    // The browser itself notes each try at a server that is gone, and that this test reads pixels.
    const own = /ERR_CONNECTION_REFUSED|WebSocket connection to|willReadFrequently/;
    expect(found.filter((line) => !own.test(line))).toEqual([]);
  });
});

const COLOURED_PIXELS = `(() => {
  const canvas = document.querySelector('canvas');
  if (!canvas) return 0;
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let i = 0; i < data.length; i += 4) if (data[i] === 0x3e && data[i + 1] === 0xc6 && data[i + 2] === 0xff) count++;
  return count;
})()`;

const GOOD = `import { attachOverlay, connect, type OverlayBox } from './client.js';
import { play } from './player.js';
const feed = connect('http://127.0.0.1:8080', { camera: 'cam01' });
const video = document.createElement('video');
const overlay = attachOverlay(video, feed, { player: play(video, '/whep'), onFrame: ({ time }) => console.log(time?.clock) });
const box: OverlayBox = overlay.boxAt(1, 2)!;
feed.on('tick', ({ tracks: [first] }) => { const id: number | undefined = first?.id; return id; });
feed.on('event', (event) => { if (event.event === 'end') { const at: number = event.after.end_ts_unix_ms; return at; } return 0; });
feed.select(box.id).then(({ type }) => type === 'ack');
export const x: number = box.x;`;

interface Placing {
  /** Places of what comes after the video. */
  readonly before: number[];
  readonly after: number[];
  readonly video: Box;
  readonly canvas: Box;
  /** Of the canvas a CSS pixel, along a side. */
  readonly pixels: number;
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Puts an overlay on another video, in a parent with a style. */
const STAYS_OVER = `async ([outer, own]) => {
  const { attachOverlay, connect } = await import(CLIENT);
  const parent = document.createElement('div');
  parent.style.cssText = outer;
  parent.innerHTML = '<video muted src="clip.mp4" style="width: 240.5px; ' + own + '"></video><i>after</i>';
  document.body.append(parent);
  const video = parent.querySelector('video');
  await new Promise((resolve) => { video.onloadeddata = resolve; });
  const placeOf = () => { const { x, y } = parent.querySelector('i').getBoundingClientRect(); return [x, y, document.body.scrollHeight]; };
  const before = placeOf();
  const feed = connect(new URL(CLIENT).origin);
  const overlay = attachOverlay(video, feed);
  for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
  const rect = (element) => element.getBoundingClientRect().toJSON();
  const pixels = overlay.canvas.width / Number.parseFloat(getComputedStyle(overlay.canvas).width) / devicePixelRatio;
  const found = { before, after: placeOf(), video: rect(video), canvas: rect(overlay.canvas), pixels };
  overlay.close();
  feed.close();
  parent.remove();
  return found;
}`;

const DRAW_OFTEN = `async () => {
  const { attachOverlay, connect } = await import(CLIENT);
  const feed = connect(new URL(CLIENT).origin);
  const overlay = attachOverlay(document.querySelector('video'), feed);
  // Boxes with tails behind them.
  let ticks = 0;
  feed.on('tick', () => { ticks++; });
  while (ticks < 12 || (overlay.frame?.boxes.length ?? 0) < 50) await new Promise(requestAnimationFrame);
  const ms = [];
  for (let i = 0; i < 200; i++) {
    const began = performance.now();
    overlay.redraw();
    ms.push(performance.now() - began);
  }
  overlay.close();
  feed.close();
  return ms;
}`;

function startApp(port: number) {
  const sessions = new FakeSessions();
  sessions.create('cam_01');
  const created = createApp({ sessions, version: '0', clock: new SystemClock(), log: new FakeLog() });
  return { sessions, server: listen(created, { host: '127.0.0.1', port }) };
}

/** Track 7 in the middle, or many. */
function tick(count = 1) {
  const place = (at: number) => 0.02 + (0.9 * ((at * 7919) % 101)) / 101;
  const many = Array.from({ length: count }, (_, id) => ({
    x: place(id),
    y: place(id * 3 + 5),
    w: 0.01 + 0.001 * id,
    h: 0.04,
  }));
  const boxes = count === 1 ? [{ x: 0.4, y: 0.4, w: 0.2, h: 0.2 }] : many;
  return {
    schema: 'drone-ptz-metadata/1',
    type: 'metadata_tick',
    session_id: 's-cam_01',
    camera_id: 'cam_01',
    ts_unix_ms: Date.now() - 100,
    space: 'source',
    frame_size: { w: 640, h: 360 },
    selected_target_id: null,
    tracking_phase: 'idle',
    tracks: boxes.map((bbox, at) => ({ id: 7 + at, label: 'drone', conf: 0.93, bbox })),
  };
}
