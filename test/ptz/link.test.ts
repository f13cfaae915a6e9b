/** Between driver and camera: slow and lost cameras, restarts, leases, what a caller calls off. */
import { describe, expect, test } from 'bun:test';
import { asked, driverFor, Rig } from './rig.ts';

const PAN = { pan: 0.5, tilt: 0, zoom: 0 };

describe('profiles', () => {
  test('by token or by name', async () => {
    for (const profile of ['profile_sub', 'sub']) {
      await using rig = await Rig.start([], { profile, probe: false });
      expect((await rig.open()).verdict.rung).toBe('velocity');
      await rig.driver.close();
    }
  });

  test('one that is not there, or has no PTZ: the error names those there are', async () => {
    for (const profile of ['nope', 'profile_main']) {
      await using rig = await Rig.start(['first-profile-without-ptz'], { profile });
      const told = 'profile_main (main, no PTZ), profile_sub (sub)';
      await expect(rig.open()).rejects.toThrow(`${told}, got ${profile}`);
      await rig.driver.close();
    }
  });
});

test('an address with a login in it, or that is none, is refused and not shown', async () => {
  await using rig = await Rig.start();
  for (const url of ['http://admin:geheim@host/', 'http://a b/geheim']) {
    let message = '';
    try {
      driverFor(rig.server, { url }, rig.time);
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain('address');
    expect(message).not.toContain('geheim');
  }
});

describe('slow', () => {
  test('latency 1 s: the newest velocity follows the one under way, none of those between', async () => {
    await using rig = await Rig.start(['latency-1000']);
    await rig.open();
    rig.holds = true;
    const before = rig.calls('ContinuousMove');
    const move = (pan: number) => rig.driver.velocity({ pan, tilt: 0, zoom: 0 }, 1000);
    const first = move(0.1);
    const held = await rig.held();
    // Renewed within the lease, which is short here so that everything stands in time when our process dies.
    const between = [0.2, 0.3, 0.4, 0.5].map((pan) => {
      rig.time.advance(225);
      return move(pan);
    });
    const newest = move(-0.6);
    held.over(100);
    expect(await first).toBe('sent');
    expect(await Promise.all(between)).toEqual(['superseded', 'superseded', 'superseded', 'superseded']);
    (await rig.held()).over();
    expect(await newest).toBe('sent');
    expect(rig.calls('ContinuousMove') - before).toBe(2);
    // What is left of the lease is 200 ms, too little for full speed.
    rig.time.clock.advance(250);
    expect(rig.panRate()).toBeLessThan(-20);
    rig.time.clock.advance(500);
    expect(rig.panRate()).toBe(0);
    rig.holds = false;
    await rig.driver.close();
    rig.time.advance(500);
    expect(rig.panRate()).toBe(0);
  });

  test('latency 1 s, short leases: stops do not pile up before the next velocity', async () => {
    await using rig = await Rig.start(['latency-1000']);
    await rig.open();
    rig.holds = true;
    const before = rig.calls('ContinuousMove');
    let isFollowing = true;
    const following = (async () => {
      while (isFollowing) await rig.driver.velocity(PAN, 300);
    })();
    // A velocity, the stop at the end of its lease, the next velocity, …
    for (let second = 0; second < 10; second++) (await rig.held()).over();
    expect(rig.calls('ContinuousMove') - before).toBe(5);
    [isFollowing, rig.holds] = [false, false];
    await following;
    await rig.driver.close();
  });

  test('a velocity whose lease ended while it waited is not sent', async () => {
    await using rig = await Rig.start(['latency-1000']);
    await rig.open();
    rig.holds = true;
    const first = rig.driver.velocity(PAN, 1000);
    const held = await rig.held();
    const before = rig.calls('ContinuousMove');
    const late = rig.driver.velocity({ pan: 0.9, tilt: 0, zoom: 0 }, 500);
    held.over();
    expect([await first, await late]).toEqual(['sent', 'superseded']);
    rig.holds = false;
    await rig.driver.close();
    expect(rig.calls('ContinuousMove') - before).toBe(1);
  });

  test('latency 300 ms: what is sent is the newest, with the rest of its lease as Timeout', async () => {
    await using rig = await Rig.start(['latency-300']);
    await rig.open();
    rig.holds = true;
    const first = rig.driver.velocity(PAN, 1000);
    const held = await rig.held();
    const between = rig.driver.velocity({ pan: 0.9, tilt: 0, zoom: 0 }, 1000);
    const newest = rig.driver.velocity({ pan: -0.5, tilt: 0, zoom: 0 }, 1000);
    held.over();
    expect([await first, await between]).toEqual(['sent', 'superseded']);
    (await rig.held()).over();
    expect(await newest).toBe('sent');
    // Our side is dead from here on: 800 ms less the 300 in the queue as Timeout, 80 ms of command delay, and braking.
    rig.time.clock.advance(500);
    expect(rig.panRate()).toBeCloseTo(-45, 3);
    rig.time.clock.advance(400);
    expect(rig.panRate()).toBe(0);
    rig.holds = false;
    await rig.driver.close();
  });
});

describe('restart', () => {
  test('reboot: commands fail at once, status says so, and it is found again with its verdict', async () => {
    await using rig = await Rig.start(['reboot']);
    const { verdict } = await rig.open();
    rig.holds = true;
    const back = rig.server.reboot();
    const held = await rig.held();
    for (let count = 0; count < 2; count++) {
      await expect(rig.driver.velocity(PAN, 500)).rejects.toMatchObject({ code: 'ptz_unreachable' });
    }
    const lost = await rig.status();
    expect(lost).toMatchObject({ pan: null, moving: null, link: { state: 'lost' } });
    expect(lost.link.nextTryMs).toBeGreaterThan(rig.time.clock.monoMs());
    held.over();
    await back;
    rig.holds = false;
    const stops = rig.calls('Stop');
    const found = await rig.status();
    expect(found.link).toEqual({ state: 'ready', reason: null, nextTryMs: null });
    expect(found.pan).not.toBeNull();
    expect(rig.calls('Stop')).toBeGreaterThan(stops);
    expect(await rig.driver.velocity(PAN, 500)).toBe('sent');
    expect(verdict.rung).toBe('velocity');
    await rig.driver.close();
  });

  test('nobody there: an error, not a wait', async () => {
    await using rig = await Rig.start();
    await rig.server.stop();
    await expect(rig.driver.open()).rejects.toMatchObject({ code: 'ptz_unreachable' });
    await rig.driver.close();
  });
});

describe('leases', () => {
  test('renewed it goes on, not renewed the driver stops it', async () => {
    await using rig = await Rig.start();
    await rig.open();
    for (let step = 0; step < 10; step++) {
      await rig.driver.velocity(PAN, 500);
      rig.time.advance(250);
    }
    expect(rig.panRate()).toBeCloseTo(45, 3);
    expect((await rig.status()).velocity).toEqual(PAN);
    const stops = rig.calls('Stop');
    rig.time.advance(250);
    await asked(rig.driver);
    expect(rig.calls('Stop')).toBe(stops + 1);
    rig.time.advance(400);
    expect(rig.panRate()).toBe(0);
    expect((await rig.status()).velocity).toBeNull();
    // Still: zero is no command.
    await rig.driver.velocity({ pan: 0, tilt: 0, zoom: 0 }, 500);
    expect(rig.calls('Stop')).toBe(stops + 1);
    await rig.driver.close();
  });

  test('a lease is a second at most, also on the camera', async () => {
    await using rig = await Rig.start();
    await rig.open();
    await rig.driver.velocity(PAN, 60_000);
    // Only the camera's time: nobody on our side.
    rig.time.clock.advance(1400);
    expect(rig.panRate()).toBe(0);
    await rig.driver.close();
  });

  test('stop is stronger than a velocity that waits', async () => {
    await using rig = await Rig.start();
    await rig.open();
    const moves = [PAN, PAN, PAN].map((velocity) => rig.driver.velocity(velocity, 1000));
    await rig.driver.stop();
    // The first went out at once.
    expect(await Promise.all(moves)).toEqual(['sent', 'superseded', 'superseded']);
    rig.time.advance(500);
    expect(rig.panRate()).toBe(0);
    await rig.driver.close();
  });

  test('close stops first, and is the end', async () => {
    await using rig = await Rig.start(['timeout-ignored'], { guardian: true });
    await rig.open();
    await rig.driver.velocity(PAN, 1000);
    await rig.driver.close();
    await rig.driver.close();
    rig.time.clock.advance(500);
    expect(rig.panRate()).toBe(0);
    await expect(rig.driver.velocity(PAN, 500)).rejects.toMatchObject({ code: 'ptz_closed' });
    expect((await rig.status()).link.state).toBe('closed');
  });

  test('no stop was confirmed: close says so', async () => {
    await using rig = await Rig.start();
    await rig.open();
    await rig.driver.velocity(PAN, 1000);
    await rig.server.stop();
    await expect(rig.driver.close()).rejects.toMatchObject({ code: 'ptz_stop_failed' });
  });
});

describe('called off', () => {
  test('a request under way, and the next one is fine', async () => {
    await using rig = await Rig.start(['latency-300']);
    await rig.open();
    rig.holds = true;
    const off = new AbortController();
    const going = rig.driver.goTo('gate', off.signal);
    const held = await rig.held();
    off.abort();
    await expect(going).rejects.toMatchObject({ code: 'ptz_aborted' });
    held.over();
    rig.holds = false;
    await asked(rig.driver);
    await rig.driver.close();
  });

  test('a request without an answer ends at its deadline', async () => {
    await using rig = await Rig.start(['latency-300'], { request_ms: 1000 });
    await rig.open();
    rig.holds = true;
    const going = rig.driver.goTo('gate');
    const held = await rig.held();
    rig.time.advance(1000);
    await expect(going).rejects.toThrow('nothing within 1000 ms');
    held.over();
    rig.holds = false;
    await rig.driver.close();
  });

  test('connecting: the camera is stopped', async () => {
    await using rig = await Rig.start();
    const off = new AbortController();
    const { wait } = rig.time;
    // In the middle of the first small move.
    rig.time.wait = async (ms) => {
      if (rig.panRate() !== 0) off.abort();
      await wait.call(rig.time, ms);
    };
    rig.server.camera.command({ kind: 'rate', rates: { pan: 20 }, forS: null });
    rig.time.advance(500);
    const stops = rig.calls('Stop');
    await expect(rig.driver.open(off.signal)).rejects.toMatchObject({ code: 'ptz_aborted' });
    expect(rig.calls('Stop')).toBe(stops + 2);
    rig.time.advance(500);
    expect(rig.panRate()).toBe(0);
    await rig.driver.close();
  });
});
