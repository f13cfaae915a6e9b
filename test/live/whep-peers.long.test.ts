/** WebRTC from others: Chromium, aiortc, and Chromium by way of a server of Pion's. Their pictures show when they were taken. */
import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { TEST_LIMIT_MS, until } from '../support/patience.ts';
import { printedPort } from '../support/processes.ts';
import { quantile, Watch } from './peers.ts';
import { WebPeer } from './web-peer.ts';

setDefaultTimeout(TEST_LIMIT_MS);

const WHIP_WHEP = Bun.which('whip-whep') ?? Bun.which(join(homedir(), 'go/bin/whip-whep'));
/** Where Pion's example listens. */
const PION = 'http://127.0.0.1:8080';

/** The first that has it: others may lack it. */
const PYTHON = ['python3', '/usr/local/bin/python3', '/usr/bin/python3'].find((python) => {
  return Bun.which(python) !== null && Bun.spawnSync([python, '-c', 'import aiortc, aiohttp']).success;
});
if (PYTHON === undefined) console.log('skipped: no aiortc (pip install aiortc aiohttp)');

const INSTALL = 'go install github.com/pion/webrtc/v4/examples/whip-whep@v4.2.26';
if (WHIP_WHEP === null) console.log(`skipped: no whip-whep (${INSTALL})`);

async function expectGoodTimes(watch: Watch, mostOffMs: number): Promise<void> {
  await watch.run.until(() => watch.run.stats('source').capture_basis === 'absolute');
  const before = watch.seen.length;
  await watch.run.until(() => watch.seen.length >= before + 40);
  expect(watch.faults).toEqual([null]);
  expect(Math.abs(quantile(watch.errorsMs.slice(before + 10), 0.5))).toBeLessThan(mostOffMs);
}

const browser = await WebPeer.start();
afterAll(() => browser?.[Symbol.asyncDispose]());

describe.skipIf(browser === undefined)('a browser', () => {
  test('sends the time of capture; when it hangs up, that is known at once', async () => {
    if (!browser) return;
    await using watch = await Watch.open({ url: browser.url });
    await expectGoodTimes(watch, 15);
    await browser.hangUp();
    await watch.run.until(() => watch.faults.length >= 2);
    expect(watch.faults[1]).toBe('source_lost');
  });

  test.skipIf(WHIP_WHEP === null)('publishes to a server of Pion, which passes it on', async () => {
    if (!browser || WHIP_WHEP === null) return;
    const server = Bun.spawn([WHIP_WHEP], { stdout: 'ignore', stderr: 'ignore' });
    try {
      await until('the server', () =>
        fetch(PION, { method: 'HEAD' }).then(
          ({ ok }) => ok,
          () => false,
        ),
      );
      await browser.publish(`${PION}/whip`);
      await using watch = await Watch.open({ url: `whep:${PION}/whep` });
      await watch.run.until(() => watch.seen.length >= 40);
      expect(watch.faults).toEqual([null]);
      server.kill('SIGKILL');
      await watch.run.until(() => watch.faults.length >= 3);
      expect(watch.faults.slice(1)).toEqual(['source_stalled', 'source_refused']);
    } finally {
      server.kill('SIGKILL');
    }
  });
});

test.skipIf(PYTHON === undefined)('aiortc: JSON at /offer, sender reports, and an end that is told', async () => {
  const command = [PYTHON ?? '', join(import.meta.dir, 'aiortc-server.py')];
  const server = Bun.spawn(command, { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' });
  try {
    await using watch = await Watch.open({ url: `whep://127.0.0.1:${await printedPort(server)}` });
    await expectGoodTimes(watch, 15);
    server.stdin.end();
    await watch.run.until(() => watch.faults.length >= 2);
    expect(watch.faults[1]).toBe('source_lost');
  } finally {
    server.kill('SIGKILL');
  }
});
