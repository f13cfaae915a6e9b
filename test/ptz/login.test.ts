/** Logins: negotiated once, and never so often that an account is locked. */
import { describe, expect, test } from 'bun:test';
import { DeafProxy } from './deaf-proxy.ts';
import { OctagonRig } from './octagon-rig.ts';
import { driverFor, Rig } from './rig.ts';

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
      await using between = new DeafProxy(rig.server);
      const driver = between.driver(protocol);
      await expect(driver.open()).rejects.toMatchObject({ code: 'ptz_unreachable' });
      expect(between.logins).toBe(1);
      await driver.close();
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

  test.each([3600, -3600])('our own clock is set by %d s: no login is refused for it', async (byS) => {
    await using rig = await Rig.start();
    let setMs = 0;
    const { clock } = rig.time;
    const own = { monoMs: () => clock.monoMs(), unixMs: () => clock.unixMs() + setMs };
    const time = {
      clock: own,
      wait: rig.time.wait.bind(rig.time),
      after: rig.time.after.bind(rig.time),
      random: () => 0,
    };
    const driver = driverFor(rig.server, {}, time);
    await driver.open();
    setMs = byS * 1000;
    expect((await driver.status()).pan).not.toBeNull();
    expect(rig.server.device.gate.wrongLogins).toBe(0);
    await driver.close();
  });

  test.each(['onvif', 'octagon'])('%s: refusals whose answers are lost count too', async (protocol) => {
    await using rig = await Rig.start(['lockout']);
    await using between = new DeafProxy(rig.server);
    const driver = between.driver(protocol, { password: 'wrong' });
    for (let attempt = 0; attempt < 5; attempt++) await driver.open().catch(() => undefined);
    const { wrongLogins, isLocked } = rig.server.device.gate;
    expect({ wrongLogins, isLocked, logins: between.logins }).toEqual({ wrongLogins: 2, isLocked: false, logins: 2 });
    const { link } = await driver.status();
    expect(link).toMatchObject({ state: 'refused', nextTryMs: expect.any(Number) });
    expect(link.reason).toContain('it may have refused them (check username and password; the next attempt is in');
    await driver.close();
  });

  test('octagon: no login is sent to a camera that does not answer; it is let in as soon as it does', async () => {
    await using rig = await Rig.start(['lockout']);
    await using between = new DeafProxy(rig.server);
    between.isDark = true;
    const driver = between.driver('octagon', { probe: false });
    for (let attempt = 0; attempt < 5; attempt++)
      await expect(driver.open()).rejects.toMatchObject({ code: 'ptz_unreachable' });
    expect(between.logins).toBe(0);
    [between.isDark, between.losesLogins] = [false, false];
    await driver.open();
    await driver.close();
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
      rig.driver.goTo('gate'),
      rig.driver.status(),
      rig.driver.goTo('gate'),
      rig.driver.status(),
      rig.driver.stop(),
    ];
    await Promise.allSettled(calls);
    expect((await rig.status()).link.state).toBe('refused');
    expect(rig.server.device.gate.wrongLogins).toBe(2);
    await expect(rig.driver.close()).rejects.toMatchObject({ code: 'ptz_login' });
    expect(rig.server.device.gate.wrongLogins).toBe(2);
  });

  test('octagon: requests side by side make no more than two either, when the password changes while it moves', async () => {
    await using rig = await OctagonRig.start([], { probe: false });
    await rig.driver.open();
    await rig.driver.velocity({ pan: 0.1, tilt: 0, zoom: 0 }, 1000);
    const { gate } = rig.server.device;
    gate.basicRefusal = (authorization) => {
      if (authorization) gate.wrongLogins++;
      return { status: 401, reason: 'wrong login', challenges: [] };
    };
    await Promise.allSettled([rig.driver.status(), rig.driver.stop(), rig.driver.status(), rig.driver.goTo('gate')]);
    expect((await rig.driver.status()).link.state).toBe('refused');
    expect(gate.wrongLogins).toBe(2);
    await expect(rig.driver.close()).rejects.toMatchObject({ code: 'ptz_login' });
    expect(gate.wrongLogins).toBe(2);
  });

  test('no user: no login is sent, and the error says that one is wanted', async () => {
    await using rig = await Rig.start();
    const driver = driverFor(rig.server, { username: '', password: '' }, rig.time);
    await expect(driver.open()).rejects.toThrow('the camera requires a login');
    expect(rig.server.device.gate.wrongLogins).toBe(0);
    await driver.close();
  });
});
