/** Times of capture in RTP header extensions (ONVIF replay), from gst-rtsp-server, whose pictures show when they were taken. */
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { expectWithout, HARD_PASSWORDS } from '../support/passwords.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';
import { OnvifFront } from './onvif-front.ts';
import { hasRtspServer, quantile, RtspServer, Watch } from './peers.ts';
import { Tap } from './tap.ts';

setDefaultTimeout(TEST_LIMIT_MS);

/** Under load, what is measured scatters. */
const MOST_OFF_MS = 40;
/** Its own sender reports tell the time of sending. */
const SLOW = { delay_ms: 300, sync: 'send', onvif: true } as const;
const OWN_REPORT_FRAMES = 150;
const LOGIN = { username: 'admin', password: HARD_PASSWORDS[0] } as const;
const LOGINS = [[LOGIN.username, LOGIN.password]] as const;

const offMs = (watch: Watch, share: number) => quantile(watch.errorsMs.map(Math.abs), share);

describe.skipIf(!hasRtspServer())('a camera that tells in its packets when pictures were taken', () => {
  test.each([
    { codec: 'h264', replay: true, frames: OWN_REPORT_FRAMES },
    { codec: 'h264', bframes: 2, delay_ms: 100, frames: 50 },
    { codec: 'h264', metadata: {}, frames: 50 },
    { codec: 'h265', frames: 50 },
    { codec: 'mjpeg', frames: 50 },
  ] as const)('%p: all have the right time, from the first picture on', async ({ frames, ...options }) => {
    await using server = await RtspServer.start({ ...SLOW, ...options });
    using tap = await Tap.before(server.port);
    await using watch = await Watch.open({ url: tap.url, onvif_times: true });
    await watch.run.until(() => watch.seen.length >= frames);
    const told = `off by ${offMs(watch, 0.5).toFixed(1)} ms, p95 ${offMs(watch, 0.95).toFixed(1)} ms`;
    console.log(`${JSON.stringify(options)}: ${told}`);
    expect(offMs(watch, 0.95)).toBeLessThan(MOST_OFF_MS);
    expect(Math.abs(watch.errorsMs[0] ?? Number.NaN)).toBeLessThan(MOST_OFF_MS);
    expect(new Set(watch.seen.map(({ meta }) => meta.captureClock))).toEqual(new Set(['camera']));
    expect(watch.faults).toEqual([null]);
    // A server that does not know the wish refuses it once.
    const wished = tap.requests.filter(({ isForReplay }) => isForReplay).map(({ method }) => method);
    expect(wished).toEqual('replay' in options ? ['SETUP', 'PLAY'] : ['SETUP']);
  });

  test('is believed only when asked: without the option its reports are, which are wrong', async () => {
    await using server = await RtspServer.start(SLOW);
    await using watch = await Watch.open({ url: server.url });
    await watch.run.until(() => watch.seen.length >= 25);
    console.log(`without: off by ${offMs(watch, 0.5).toFixed(1)} ms, p95 ${offMs(watch, 0.95).toFixed(1)} ms`);
    expect(offMs(watch, 0.5)).toBeGreaterThan(250);
  });

  test('is back with the right times after it was away', async () => {
    const first = await RtspServer.start(SLOW);
    await using watch = await Watch.open({ url: first.url, onvif_times: true });
    await watch.run.until(() => watch.seen.length >= 5);
    await first.kill();
    await watch.run.until(() => watch.faults.includes('source_refused'));
    await using _again = await RtspServer.start({ ...SLOW, port: first.port });
    const known = watch.seen.length;
    await watch.run.until(() => watch.seen.length >= known + 10);
    expect([...new Set(watch.faults)]).toEqual([null, 'source_lost', 'source_refused']);
    expect(Math.abs(watch.errorsMs[known] ?? Number.NaN)).toBeLessThan(MOST_OFF_MS);
  });
});

describe.skipIf(!hasRtspServer())('a camera that does not', () => {
  test('is played as without the option, by its own reports', async () => {
    await using server = await RtspServer.start({ delay_ms: 100 });
    await using watch = await Watch.open({ url: server.url, onvif_times: true });
    await watch.run.until(() => watch.seen.at(-1)?.meta.captureClock === 'camera');
    const known = watch.seen.length;
    await watch.run.until(() => watch.seen.length >= known + 40);
    expect(watch.seen[0]?.meta.captureClock).toBe('arrival');
    expect(Math.abs(quantile(watch.errorsMs.slice(known + 20), 0.5))).toBeLessThan(MOST_OFF_MS);
  });

  test.each([
    { fault: 'source_not_found', camera: { path: '/other' } },
    { fault: 'source_no_video', camera: { codec: 'none' } },
    { fault: 'source_unreadable', camera: { protocols: 'udp' } },
    { fault: 'source_login', camera: { logins: [['admin', 'secret']] } },
  ] as const)('$fault is told as without the option', async ({ fault, camera }) => {
    await using server = await RtspServer.start(camera);
    for (const onvif_times of [false, true]) {
      await using watch = await Watch.open({ url: server.url, onvif_times });
      await watch.run.until(() => watch.faults.length >= 1);
      expect(watch.faults[0]).toBe(fault);
    }
  });

  test('sends no more: source_stalled', async () => {
    await using server = await RtspServer.start();
    await using watch = await Watch.open({ url: server.url, onvif_times: true, open_timeout_s: 1 });
    await watch.run.until(() => watch.seen.length >= 5);
    server.halt();
    await watch.run.until(() => watch.faults.length >= 3);
    server.resume();
    expect(watch.faults.slice(0, 3)).toEqual([null, 'source_stalled', 'source_timeout']);
  });
});

test.skipIf(!hasRtspServer())('a camera that says by ONVIF where its stream is', async () => {
  await using server = await RtspServer.start({ ...SLOW, logins: LOGINS, digest: true });
  const user = { user: LOGIN.username, password: LOGIN.password };
  await using front = await OnvifFront.start(user, () => `rtsp://10.99.0.1:${server.port}/live`);
  await using watch = await Watch.open({ url: front.url, ...LOGIN, onvif_times: true });
  await watch.run.until(() => watch.seen.length >= 5);
  expect(offMs(watch, 0.5)).toBeLessThan(MOST_OFF_MS);
  expect(watch.run.stats('source').url).toBe(server.url);
});

describe.skipIf(!hasRtspServer())('the login of such a camera', () => {
  test.each([
    { digest: false, isEncrypted: false },
    { digest: true, isEncrypted: false },
    { digest: true, isEncrypted: true },
  ])('%p: works, and appears nowhere', async ({ digest, isEncrypted }) => {
    await using server = await RtspServer.start({ ...SLOW, logins: LOGINS, digest });
    using tap = await Tap.before(server.port, { isEncrypted });
    await using watch = await Watch.open({ url: tap.url, ...LOGIN, onvif_times: true });
    await watch.run.until(() => watch.seen.length >= 5);
    expect(offMs(watch, 0.5)).toBeLessThan(MOST_OFF_MS);
    expect(watch.faults).toEqual([null]);
    const told = JSON.stringify([watch.run.faults, watch.run.logs, watch.run.stats('source'), watch.run.messages]);
    expectWithout(LOGIN.password, told);
  });

  test.each([false, true])(
    'that is wrong, digest %p: is sent once, told as such, and appears nowhere',
    async (digest) => {
      await using server = await RtspServer.start({ logins: [['admin', 'right']], digest });
      using tap = await Tap.before(server.port);
      await using watch = await Watch.open({ url: tap.url, ...LOGIN, onvif_times: true });
      await watch.run.until(() => watch.faults.length >= 1);
      const logins = tap.requests.filter(({ hasLogin }) => hasLogin);
      expect([watch.faults[0], logins.length]).toEqual(['source_login', 1]);
      expectWithout(LOGIN.password, JSON.stringify([watch.run.faults, watch.run.logs, watch.run.stats('source')]));
    },
  );
});
