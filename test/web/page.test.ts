/** The page in a browser, over a recorded session: what it shows, asks for and says. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { cpSync, readFileSync, symlinkSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { Role } from '../../runtime/access/caller.ts';
import { createToken, revokeToken } from '../../runtime/access/tokens.ts';
import { ROOT, RunningCommand } from '../support/command.ts';
import { Folder } from '../support/graphs.ts';
import { TEST_LIMIT_MS, until } from '../support/patience.ts';
import { ROOMS } from '../support/rooms.ts';

const executablePath = Bun.which('chromium') ?? undefined;
if (executablePath === undefined) console.log('skipped: no chromium (apt-get install chromium)');
const PARTS = [...ROOMS, 'web', 'package.json', 'bun.lock'];
const AXE = readFileSync(join(ROOT, 'node_modules/axe-core/axe.min.js'), 'utf8');

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly { html: string }[];
  }[];
}

describe.skipIf(executablePath === undefined)('the page', () => {
  const said: string[] = [];
  const asked: string[] = [];
  let server: RunningCommand;
  let browser: Browser;
  let page: Page;
  let url = '';

  /** The project without its models, and nothing that runs them. */
  const folder = new Folder();
  const files = ['session.jsonl', 'sky.mp4'].map((name) => join(ROOT, 'fixtures', name));
  const [recording = '', video = ''] = files;
  const replay = (port: string) => {
    const place = { root: folder.path, cwd: folder.path };
    return new RunningCommand(['replay', recording, '--video', video, '--loop', '--port', port], place);
  };
  const change = (body: object) => fetch(`${url}/replay`, { method: 'POST', body: JSON.stringify(body) });
  const text = () => page.evaluate<string>('document.body.innerText');
  const shows = (what: string) => until(`"${what}" on the page`, async () => (await text()).includes(what));

  beforeAll(async () => {
    for (const part of PARTS) cpSync(join(ROOT, part), folder.file(part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), folder.file('node_modules'));
    server = replay('0');
    ({ url } = await server.ready());
    const args = ['--no-sandbox', '--host-resolver-rules=MAP ops.example 127.0.0.1'];
    browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args });
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.on('console', (message) => said.push(`${message.type()} ${message.text()}`));
    page.on('pageerror', ({ message }) => said.push(`error ${message}`));
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(url);
  }, TEST_LIMIT_MS);
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  test(
    'shows the clip, its boxes, the target and why it is lost',
    async () => {
      await change({ position_ms: 3200 });
      await shows('1 drone, in sight');
      await shows('replay 1×');
      await change({ position_ms: 9300, playing: false });
      await shows('no answer within 2 s');
      await change({ position_ms: 6200, playing: false });
      await shows('searched');
      const video = 'document.querySelector("video")';
      await until('the picture of that time', async () => {
        return Math.abs((await page.evaluate<number>(`${video}.currentTime`)) - 6) < 0.5;
      });
      await change({ playing: true });
    },
    TEST_LIMIT_MS,
  );

  test(
    'a hidden tab asks for nothing, and is up to date as soon as it is seen again',
    async () => {
      const looks = () => asked.filter((each) => each.endsWith('/cameras')).length;
      const untilPosition = (ms: number) =>
        until(`the replay at ${ms} ms`, async () => {
          const now = (await (await fetch(`${url}/replay`)).json()) as { position_ms: number };
          return now.position_ms >= ms;
        });
      await change({ position_ms: 1000, playing: true });
      await page.evaluate('Object.defineProperty(document, "hidden", { configurable: true, get: () => true })');
      await untilPosition(2000);
      const before = looks();
      await untilPosition(4000);
      expect(looks()).toBe(before);
      await page.evaluate('delete document.hidden; document.dispatchEvent(new Event("visibilitychange"))');
      await until('it asks', () => looks() > before);
      await shows('1 drone, in sight');
    },
    TEST_LIMIT_MS,
  );

  test(
    'a click on a box is a command, and its refusal is said where the eye is',
    async () => {
      await change({ position_ms: 2000, playing: false });
      const row = page.locator('.tracks button').first();
      await row.click();
      await shows('Not done: refused: this graph has no node that takes a target');
      await page.keyboard.press('?');
      await shows('loupe on and off');
      await page.keyboard.press('Escape');
      await change({ playing: true });
    },
    TEST_LIMIT_MS,
  );

  test.each([
    [1280, 800, 'dark'],
    [1280, 800, 'light'],
    [360, 740, 'dark'],
  ] as const)(
    '%d × %d %s: usable with a keyboard and a screen reader, and nothing sticks out',
    async (width, height, colorScheme) => {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      // The policy of the page lets no other script in; the inspector is not bound by it.
      await page.evaluate(AXE);
      const { violations } = await page.evaluate<AxeResults>('axe.run()');
      const serious = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact));
      expect(serious.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])).toEqual([]);
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    },
    TEST_LIMIT_MS,
  );

  test('is small, asks nobody else, and its policy lets no script of others in', async () => {
    const answers = await Promise.all(['/', '/page.js', '/page.css'].map((path) => fetch(`${url}${path}`)));
    const sizes = await Promise.all(answers.map(async (answer) => (await answer.text()).length));
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(100_000);
    expect(answers[0]?.headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
    expect(answers[0]?.headers.get('content-security-policy')).not.toContain('unsafe');
    expect(asked.filter((each) => new URL(each).origin !== url && !each.startsWith('data:'))).toEqual([]);
    expect(said).toEqual([]);
  });

  test(
    'asks for a token where the server wants one, under the name of a proxy, and shows what its role may do',
    async () => {
      using state = new Folder();
      const token = (name: string, role: Role) => {
        const more = { cameras: null, created_unix_ms: Date.now(), expires_unix_ms: null };
        return createToken(state.file('access'), { name, role, ...more });
      };
      const tokens = { viewer: token('wall', 'viewer'), controller: token('ops', 'controller') };
      const access = ['--state', state.path, '--allow-host', 'ops.example', '--trust-proxy', 'loopback'];
      await using checked = new RunningCommand([
        ...'replay fixtures/session.jsonl --loop --port 0'.split(' '),
        ...access,
      ]);
      // It hands on what the browser says, the name of the server with it.
      using proxy = await plainProxy(Number(new URL((await checked.ready()).url).port));
      const context = await browser.newContext();
      const other = await context.newPage();
      const logIn = async (secret: string) => {
        await other.locator('.login input').fill(secret);
        await other.locator('.login button').click();
      };
      await other.goto(`http://ops.example:${proxy.port}/`);
      await logIn('wh_wrong');
      await other.getByText('Not logged in: The token is not valid').waitFor();
      for (const [role, secret] of Object.entries(tokens)) {
        await logIn(secret);
        await other.locator('.pill.live').waitFor();
        expect(await other.locator('.who').textContent()).toContain(role);
        const isController = role === 'controller';
        expect(await other.locator('.timeline .controls').count()).toBe(isController ? 1 : 0);
        expect(await other.getByText('Clear').count()).toBe(isController ? 1 : 0);
        expect(await other.evaluate<string>('document.cookie + location.href')).not.toContain('wh_');
        if (isController) revokeToken(state.file('access'), 'ops');
        else await other.locator('.who button').click();
        await other.locator('.login input').waitFor();
      }
      await context.close();
    },
    TEST_LIMIT_MS,
  );

  test(
    'says that the server is gone, and goes on by itself when it is back',
    async () => {
      const { port } = new URL(url);
      await server[Symbol.asyncDispose]();
      await shows('The server does not answer');
      server = replay(port);
      await server.ready();
      await until('no words over the picture', async () => !(await text()).includes('does not answer'));
      await change({ position_ms: 3200 });
      await shows('1 drone, in sight');
    },
    TEST_LIMIT_MS,
  );
});

/** A proxy that hands on every byte, and with them the name by which the browser knows the server. */
async function plainProxy(target: number): Promise<Disposable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => void [near.destroy(), far.destroy()]);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as AddressInfo).port, [Symbol.dispose]: stop };
}
