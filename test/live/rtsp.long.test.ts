/** RTSP from gst-rtsp-server, whose pictures show when they were taken. */
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { expectWithout, HARD_PASSWORDS } from '../support/passwords.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';
import { hasRtspServer, quantile, RtspServer, Watch } from './peers.ts';

setDefaultTimeout(TEST_LIMIT_MS);

/** Under load, what is measured scatters; the bench says how good it is. */
const MOST_OFF_MS = 40;

describe.skipIf(!hasRtspServer())('a camera', () => {
  test.each([{ codec: 'h264' }, { codec: 'h265' }, { codec: 'mjpeg' }] as const)(
    '%p: every picture has the time at which it was taken, also those of the first second',
    async (options) => {
      await using server = await RtspServer.start(options);
      await using watch = await Watch.open({ url: server.url });
      await watch.run.until(() => watch.seen.length >= 40);
      expect(Math.abs(quantile(watch.errorsMs.slice(3), 0.5))).toBeLessThan(MOST_OFF_MS);
      expect(watch.seen.every(({ meta }) => meta.captureMonoMs <= meta.decodedMonoMs)).toBe(true);
      expect(watch.faults).toEqual([null]);
      // By timestamps until the first sender report, which may come at any moment.
      expect(watch.seen[0]?.meta.captureClock).toBe('arrival');
      expect(['timestamps', 'absolute']).toContain(String(watch.run.stats('source').capture_basis));
    },
  );

  test('its sender reports tell what the arrival cannot: how long it takes to encode', async () => {
    await using server = await RtspServer.start({ delay_ms: 300 });
    await using watch = await Watch.open({ url: server.url });
    await watch.run.until(() => watch.seen.at(-1)?.meta.captureClock === 'camera');
    const known = watch.seen.length;
    await watch.run.until(() => watch.seen.length >= known + 40);
    expect(quantile(watch.errorsMs.slice(0, 30), 0.5)).toBeGreaterThan(250);
    expect(Math.abs(quantile(watch.errorsMs.slice(known + 20), 0.5))).toBeLessThan(15);
    const { seen } = watch;
    expect(seen.every(({ meta }, i) => i === 0 || meta.mediaTimeS > (seen[i - 1]?.meta.mediaTimeS ?? 0))).toBe(true);
    expect(watch.run.parsed('clock').at(-1)).toMatchObject({ type: 'clock_state', basis: 'absolute' });
  });
});

describe.skipIf(!hasRtspServer())('transport', () => {
  test.each([
    { protocols: 'udp', transport: 'auto', works: true },
    { protocols: 'tcp', transport: 'auto', works: true },
    { protocols: 'udp', transport: 'tcp', works: false },
    { protocols: 'all', transport: 'udp', works: true },
  ] as const)('server $protocols, we $transport: works $works', async ({ protocols, transport, works }) => {
    await using server = await RtspServer.start({ protocols });
    await using watch = await Watch.open({ url: server.url, transport });
    await watch.run.until(() => watch.seen.length >= 5 || watch.faults.length >= 1);
    expect(watch.faults[0]).toBe(works ? null : 'source_unreadable');
  });
});

describe.skipIf(!hasRtspServer())('login', () => {
  test.each([false, true])('with hard passwords, digest %p: all work, and appear nowhere', async (digest) => {
    const logins = HARD_PASSWORDS.map((password, i) => [`user${i}`, password] as const);
    await using server = await RtspServer.start({ logins, digest });
    for (const [username, password] of logins) {
      await using watch = await Watch.open({ url: server.url, username, password });
      await watch.run.until(() => watch.faults.length >= 1);
      expect([password, watch.faults]).toEqual([password, [null]]);
      const told = JSON.stringify([watch.run.faults, watch.run.logs, watch.run.stats('source'), watch.run.messages]);
      expectWithout(password, told);
    }
  });
});
