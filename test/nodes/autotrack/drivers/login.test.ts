/** Logins: negotiated once, and never so often that an account is locked. */
import { describe, expect, test } from 'bun:test';
import { OctagonDriver } from '../../../../nodes/autotrack/drivers/octagon/octagon-driver.ts';
import { OnvifDriver } from '../../../../nodes/autotrack/drivers/onvif/onvif-driver.ts';
import { realTime } from '../../../../nodes/autotrack/drivers/time.ts';
import { SystemClock } from '../../../../runtime/clock.ts';
import { octagonOptions } from './octagon-rig.ts';
import { driverFor, optionsFor, Rig } from './rig.ts';

describe('logins', () => {
  test('lockout: two refusals, then at most one attempt a minute, whatever is called; status says when', async () => {
    await using rig = await Rig.start(['lockout']);
    const driver = driverFor(rig.server, { password: 'wrong' }, rig.time);
    const wrong = () => rig.server.device.gate.wrongLogins;
    await expect(driver.open()).rejects.toMatchObject({ code: 'ptz_login' });
    expect(wrong()).toBe(2);
    const { link } = await driver.status();
    expect(link).toMatchObject({ state: 'refused', nextTryMs: rig.time.clock.monoMs() + 60_000 });
    expect(link.reason).toContain('the next attempt is in 60 s');
    // Requests with credentials: what the camera would count.
    const attemptsS: number[] = [];
    for (let nowS = 0; nowS < 3600; nowS += 5) {
      const before = rig.calls('GetProfiles');
      await driver.open().catch(() => undefined);
      if (rig.calls('GetProfiles') > before) attemptsS.push(nowS);
      rig.time.advance(5000);
    }
    expect(attemptsS).toEqual([60, 360, 1260, 3060]);
    expect(wrong()).toBeLessThanOrEqual(4);
    await driver.close();
  });

  test.each(['onvif', 'octagon'])(
    '%s: a login without an answer is not sent again unasked, since it may have been refused',
    async (protocol) => {
      await using rig = await Rig.start();
      let logins = 0;
      // Hands everything on, but for the answers to logins.
      const between = Bun.serve({
        port: 0,
        async fetch(request) {
          const body = await request.text();
          const isLogin = request.headers.has('authorization') || body.includes('UsernameToken');
          if (isLogin) logins++;
          const answer = await fetch(`${rig.server.origin}${new URL(request.url).pathname}`, {
            ...{ method: 'POST', body, headers: { Host: request.headers.get('host') ?? '' } },
          });
          return isLogin ? await new Promise<Response>(() => undefined) : answer;
        },
      });
      const where = { url: `127.0.0.1:${between.port}`, request_ms: 200 };
      const time = realTime(new SystemClock());
      const driver =
        protocol === 'onvif'
          ? new OnvifDriver({ ...optionsFor(rig.server), ...where }, time)
          : new OctagonDriver(octagonOptions(rig.server.port, where), time);
      await expect(driver.open()).rejects.toMatchObject({ code: 'ptz_unreachable' });
      expect(logins).toBe(1);
      await driver.close();
      await between.stop(true);
    },
  );

  test('digest: one challenge for many requests', async () => {
    await using rig = await Rig.start(['digest-only']);
    await rig.open();
    const before = rig.calls('GetStatus');
    for (let count = 0; count < 20; count++) await rig.status();
    // The nonce ends after five minutes: a new challenge then, and no refusal.
    rig.time.advance(6 * 60_000);
    expect((await rig.status()).link.state).toBe('ready');
    expect(rig.calls('GetStatus') - before).toBe(22);
    expect(rig.server.device.gate.wrongLogins).toBe(0);
    await rig.driver.close();
  });

  test("the camera's clock jumps: learned anew on the first refusal", async () => {
    await using rig = await Rig.start();
    await rig.open();
    // The camera reads its traits whenever it answers.
    Object.assign(rig.server.traits, { clockOffsetS: 7200 });
    expect((await rig.status()).pan).not.toBeNull();
    expect(rig.server.device.gate.wrongLogins).toBe(1);
    await rig.driver.close();
  });

  test('requests side by side never make more than two refusals before the wait', async () => {
    await using rig = await Rig.start();
    await rig.open();
    // From now on nothing is right.
    rig.server.device.gate.refusal = () => {
      rig.server.device.gate.wrongLogins++;
      return { status: 400, reason: 'Sender not authorized', challenges: [] };
    };
    const calls = [
      rig.driver.presets(),
      rig.driver.status(),
      rig.driver.presets(),
      rig.driver.status(),
      rig.driver.stop(),
    ];
    await Promise.allSettled(calls);
    expect((await rig.status()).link.state).toBe('refused');
    expect(rig.server.device.gate.wrongLogins).toBe(2);
    await expect(rig.driver.close()).rejects.toMatchObject({ code: 'ptz_login' });
    expect(rig.server.device.gate.wrongLogins).toBe(2);
  });

  test('no user: no login is sent, and the error says that one is wanted', async () => {
    await using rig = await Rig.start();
    const driver = driverFor(rig.server, { username: '', password: '' }, rig.time);
    await expect(driver.open()).rejects.toThrow('the camera wants a login');
    expect(rig.server.device.gate.wrongLogins).toBe(0);
    await driver.close();
  });
});
