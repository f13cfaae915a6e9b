/** The small parts: when a login may be tried, what queues, when a lease is over, digest by its own example. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { safeVelocity } from '../../ptz/driver.ts';
import { CommandQueue } from '../../ptz/network/command-queue.ts';
import { Lease } from '../../ptz/network/lease.ts';
import { LoginPolicy } from '../../ptz/network/login-policy.ts';
import { noneDriver } from '../../ptz/none.ts';
import { DigestChallenge } from '../../ptz/onvif/credentials.ts';
import { SimDriver, type SimHead } from '../../ptz/sim.ts';
import { VirtualCamera } from '../../sim/camera/virtual-camera.ts';
import { headOf, ManualTime } from './rig.ts';

describe('login policy', () => {
  test('two attempts at once, then never more than one a minute, and fewer and fewer', () => {
    const policy = new LoginPolicy();
    const attemptsS: number[] = [];
    for (let nowS = 0; nowS < 4 * 3600; nowS++) {
      if (policy.nextTryMs(nowS * 1000) !== null) continue;
      attemptsS.push(nowS);
      policy.refused(nowS * 1000);
    }
    expect(attemptsS.slice(0, 6)).toEqual([0, 1, 61, 361, 1261, 3061]);
    expect(attemptsS.length).toBe(12);
  });

  test('whatever the camera answers, no two attempts after the second refusal are within a minute', () => {
    const property = fc.property(fc.array(fc.tuple(fc.nat(90_000), fc.boolean()), { maxLength: 200 }), (steps) => {
      const policy = new LoginPolicy();
      let nowMs = 0;
      let lastRefusedMs = Number.NEGATIVE_INFINITY;
      for (const [ms, isRight] of steps) {
        nowMs += ms;
        if (policy.nextTryMs(nowMs) !== null) continue;
        if (policy.refusals >= 2) expect(nowMs - lastRefusedMs).toBeGreaterThanOrEqual(60_000);
        if (isRight) policy.accepted();
        else {
          policy.refused(nowMs);
          lastRefusedMs = nowMs;
        }
      }
    });
    fc.assert(property, { numRuns: 100 });
  });
});

describe('command queue', () => {
  test('of velocities that wait, only the newest runs', async () => {
    const queue = new CommandQueue();
    const gate = Promise.withResolvers<void>();
    const ran: number[] = [];
    const first = queue.run(() => gate.promise);
    const velocities = [1, 2, 3].map((name) =>
      queue.velocity(async () => {
        ran.push(name);
        return 'sent';
      }),
    );
    gate.resolve();
    await first;
    expect(await Promise.all(velocities)).toEqual(['superseded', 'superseded', 'sent']);
    expect(ran).toEqual([3]);
  });

  test('one that fails holds nothing up', async () => {
    const queue = new CommandQueue();
    const failed = queue.run(() => Promise.reject(new Error('no')));
    const next = queue.run(async () => 'done');
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('done');
  });
});

test('a lease ends once, unless it is renewed or given back', () => {
  const time = new ManualTime();
  let ended = 0;
  const lease = new Lease(time, () => ended++);
  lease.renew(500);
  time.advance(400);
  lease.renew(500);
  time.advance(499);
  expect([ended, lease.leftMs]).toEqual([0, 1]);
  time.advance(1);
  time.advance(1000);
  expect([ended, lease.leftMs]).toEqual([1, Number.NEGATIVE_INFINITY]);
  lease.renew(500);
  lease.cancel();
  time.advance(1000);
  expect(ended).toBe(1);
});

test('velocities are made safe: no number is no motion', () => {
  expect(safeVelocity({ pan: Number.NaN, tilt: 7, zoom: Number.NEGATIVE_INFINITY })).toEqual({
    pan: 0,
    tilt: 1,
    zoom: 0,
  });
});

describe('HTTP digest', () => {
  test('RFC 2617, 3.5, without qop, and the strongest algorithm that is offered', () => {
    const offered =
      'Digest realm="a, b", nonce="n1", algorithm=SHA-256, qop="auth,auth-int", Digest realm="a, b", nonce="n1"';
    const answer = DigestChallenge.from(`Basic realm="x", ${offered}`)?.answer(
      { username: 'u"x', password: 'p' },
      'POST',
      '/x',
    );
    expect(answer).toMatch(
      /^Digest username="u\\"x", realm="a, b", nonce="n1", uri="\/x", algorithm=SHA-256, qop=auth, nc=00000001/,
    );
    const old = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"';
    const login = { username: 'Mufasa', password: 'Circle Of Life' };
    const response = DigestChallenge.from(old)?.answer(login, 'GET', '/dir/index.html');
    expect(response).toEndWith('response="670fd8c2df070c60b045671b8b24ff02"');
  });

  test('what it cannot answer is no challenge', () => {
    for (const header of [null, 'Basic realm="x"', 'Digest realm="x", nonce="n", qop="auth-int"', 'Digest realm="x"']) {
      expect(DigestChallenge.from(header)).toBeNull();
    }
  });
});

describe('drivers without a network', () => {
  test('sim: a velocity is a lease, positions are degrees', async () => {
    const time = new ManualTime();
    const camera = new VirtualCamera({ clock: time.clock });
    const driver = new SimDriver(headOf(camera), time);
    expect((await driver.open()).verdict).toMatchObject({ rung: 'velocity', stopsByItself: 'yes' });
    await driver.velocity({ pan: 0.5, tilt: 0, zoom: 0 }, 600);
    time.advance(580);
    expect(camera.state().pan.rate).toBeCloseTo(45, 6);
    time.advance(600);
    expect(camera.state().pan.rate).toBe(0);
    expect((await driver.status()).velocity).toBeNull();
    expect(await driver.goTo('home')).toBe('home');
    time.advance(3000);
    expect((await driver.status()).pan).toBeCloseTo(0, 6);
    await expect(driver.goTo('gate')).rejects.toMatchObject({ code: 'ptz_preset' });
    await driver.velocity({ pan: 1, tilt: 0, zoom: 0 }, 1000);
    await driver.close();
    time.advance(600);
    expect(camera.state().pan.rate).toBe(0);
    await expect(driver.velocity({ pan: 1, tilt: 0, zoom: 0 }, 1000)).rejects.toThrow('closed');
  });

  test.each([
    { what: 'comes a little later', there: true },
    { what: 'never comes', there: false },
  ])('sim: a camera that $what', async ({ there }) => {
    const time = new ManualTime();
    const camera = new VirtualCamera({ clock: time.clock });
    let isThere = false;
    const head = headOf(camera);
    const coming: SimHead = { ...head, news: () => (isThere ? head.news() : null) };
    const driver = new SimDriver(coming, time);
    const opened = driver.open().then(
      ({ verdict }) => verdict.rung,
      ({ message }) => message,
    );
    for (let k = 0; k < 200; k++) {
      if (k === 20) isThere = there;
      time.advance(50);
      await Promise.resolve();
    }
    expect(await opened).toStartWith(there ? 'velocity' : 'there is no simulated camera in this graph');
  });

  test('none: takes everything, does nothing', async () => {
    const driver = noneDriver(new ManualTime());
    expect((await driver.open()).verdict.rung).toBeNull();
    await driver.velocity({ pan: 1, tilt: 0, zoom: 0 }, 500);
    expect(await driver.status()).toMatchObject({ pan: null, moving: null, link: { state: 'ready' } });
    await driver.close();
  });
});
