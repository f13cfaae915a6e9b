/** The guardian: when it steps in, what it is told and how, what happens without it. Real processes, real time. */
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PtzDriver } from '../../ptz/driver.ts';
import { Guard } from '../../ptz/guardian/guard.ts';
import { Watchman } from '../../ptz/guardian/watchman.ts';
import type { OctagonOptions } from '../../ptz/octagon/options.ts';
import type { OnvifOptions } from '../../ptz/onvif/options.ts';
import { type DriverTime, realTime } from '../../ptz/time.ts';
import { SystemClock } from '../../runtime/clock.ts';
import { CameraServer } from '../../sim/camera/server.ts';
import { TEST_LIMIT_MS, until } from '../support/patience.ts';
import { octagonDriver, octagonOptions } from './octagon-rig.ts';
import { driverFor, PASSWORD, USER } from './rig.ts';

setDefaultTimeout(TEST_LIMIT_MS);

const PAN = { pan: 0.1, tilt: 0, zoom: 0 };
const time = realTime(new SystemClock());

async function serve(...quirks: string[]): Promise<CameraServer> {
  const credentials = { user: USER, password: PASSWORD };
  const where = { host: '127.0.0.1', port: 0, version: '0.0.1' };
  return await CameraServer.start({ ...where, clock: new SystemClock(), credentials, quirks });
}

interface Guarded {
  readonly driver: PtzDriver;
  readonly guard: Guard;
}

function onvif(server: CameraServer, options: Partial<OnvifOptions> = {}): Guarded {
  const guard = new Guard(time);
  return { guard, driver: driverFor(server, options, time, { guard }) };
}

/** Real time, whose timers wait for the end of a hold. */
class HeldTime implements DriverTime {
  readonly clock = time.clock;
  #held: Promise<void> | null = null;
  release: () => void = () => undefined;

  hold(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    [this.#held, this.release] = [promise, resolve];
  }

  after(ms: number, run: () => void): () => void {
    let isOff = false;
    const held = this.#held;
    const callOff = time.after(ms, () => void Promise.resolve(held).then(() => isOff || run()));
    return () => {
      isOff = true;
      callOff();
    };
  }

  wait(ms: number, signal: AbortSignal): Promise<void> {
    return time.wait(ms, signal);
  }

  random(): number {
    return time.random();
  }
}

function octagon(server: CameraServer, options: Partial<OctagonOptions> = {}, guardTime: DriverTime = time): Guarded {
  const guard = new Guard(guardTime);
  const checked = octagonOptions(server.port, { probe: false, ...options });
  return { guard, driver: octagonDriver(checked, { time, guard }) };
}

describe('when a stop is due', () => {
  test('a while after the lease, unless it is renewed or something stands', () => {
    const watchman = new Watchman(0);
    expect([watchman.dueInMs(0), watchman.mayMove]).toEqual([null, false]);
    watchman.moves(500, 0);
    expect(watchman.dueInMs(100)).toBe(550);
    watchman.moves(500, 400);
    expect([watchman.dueInMs(1000), watchman.dueInMs(5000), watchman.mayMove]).toEqual([50, 0, true]);
    watchman.stands();
    expect([watchman.dueInMs(1000), watchman.mayMove]).toEqual([null, false]);
  });

  test('an owner of whom nothing is heard any more has forgotten it', () => {
    const watchman = new Watchman(0);
    watchman.heard(5000);
    expect([watchman.isForgotten(14_000), watchman.isForgotten(16_000)]).toEqual([false, true]);
  });
});

describe('who has one', () => {
  test.concurrent('a camera that stops by itself: only while that is found out', async () => {
    await using server = await serve();
    const { driver, guard } = onvif(server);
    const opening = driver.open();
    const pids = new Set<number>();
    const look = setInterval(() => guard.pid !== null && pids.add(guard.pid), 20);
    const { verdict } = await opening;
    clearInterval(look);
    expect(verdict.stopsByItself).toBe('yes');
    expect([guard.pid, pids.size]).toEqual([null, 1]);
    await until('it is gone', () => ![...pids].some(isRunning));
    expect(server.device.gate.wrongLogins).toBe(0);
    await driver.close();
  });

  test.concurrent('one that does not: from opening to closing; the password is in no argument and no variable', async () => {
    await using server = await serve();
    const { driver, guard } = octagon(server);
    const { verdict, leaseMs } = await driver.open();
    expect(verdict.notes.join()).toContain('guarded: another process stops the camera');
    expect(leaseMs).toBeLessThan(950);
    const pid = guard.pid ?? 0;
    expect(isRunning(pid)).toBe(true);
    for (const file of ['cmdline', 'environ']) {
      expect(readFileSync(`/proc/${pid}/${file}`, 'latin1')).not.toContain(PASSWORD);
    }
    await driver.close();
    expect(guard.pid).toBeNull();
    await until('it is gone', () => !isRunning(pid));
  });
});

describe('without it', () => {
  test.concurrent('nothing is moved, what moves is stopped, and the status says why; then there is another', async () => {
    await using server = await serve();
    const guardTime = new HeldTime();
    const { driver, guard } = octagon(server, {}, guardTime);
    await driver.open();
    await driver.velocity(PAN, 800);
    await until('it turns', () => server.camera.state().pan.rate > 1);
    const pid = guard.pid ?? 0;
    guardTime.hold();
    process.kill(pid, 'SIGKILL');
    await until('the guardian is gone', () => guard.pid !== pid);
    await expect(driver.velocity(PAN, 800)).rejects.toMatchObject({ code: 'ptz_unguarded' });
    const { link } = await driver.status();
    expect(link).toMatchObject({ state: 'lost', nextTryMs: null });
    expect(link.reason).toContain('not moved while the guardian is missing: the guardian ended (SIGKILL)');
    await until('it stands', () => server.camera.state().pan.rate === 0);
    guardTime.release();
    await until('it is back', async () => (await driver.status()).link.state === 'ready');
    expect(guard.pid).not.toBe(pid);
    expect(await driver.velocity(PAN, 800)).toBe('sent');
    await driver.close();
  });

  test.concurrent('one that hangs is as good as none: it is ended and started again', async () => {
    await using server = await serve();
    const { driver, guard } = octagon(server);
    await driver.open();
    const pid = guard.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    await until('another guardian', () => guard.pid !== pid && guard.pid !== null);
    await until('the first is gone', () => !isRunning(pid));
    await driver.close();
  });

  test.concurrent.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s does not end it', async (signal) => {
    await using server = await serve();
    const { driver, guard } = octagon(server);
    await driver.open();
    const pid = guard.pid ?? 0;
    process.kill(pid, signal);
    // It goes on answering: the next lease that ends without us is ended by it.
    await driver.velocity(PAN, 400);
    await until('a move of its own', () => (server.device.calls.get('octagon move') ?? 0) > 0);
    expect([guard.pid, isRunning(pid)]).toEqual([pid, true]);
    await driver.close();
  });
});

describe('while it is opened', () => {
  test.concurrent('the guardian dies: so is that', async () => {
    await using server = await serve();
    const { driver, guard } = onvif(server);
    const opening = driver.open();
    await until('it turns', () => server.camera.state().pan.rate > 1);
    process.kill(guard.pid ?? 0, 'SIGKILL');
    await expect(opening).rejects.toMatchObject({ code: 'ptz_interrupted' });
    await until('it stands', () => server.camera.state().pan.rate === 0);
    await driver.close();
  });
});

describe('logins', () => {
  test.concurrent.each(['clock-hour-off', 'local-time-as-utc', 'digest-only', 'auth-for-time'])(
    '%s: it gets in with what was negotiated, at the first attempt',
    async (quirk) => {
      await using server = await serve(quirk);
      const { driver, guard } = onvif(server, { probe: false });
      await driver.open();
      // The driver's own attempt, by the time that the camera reports.
      expect(server.device.gate.wrongLogins).toBe(quirk === 'local-time-as-utc' ? 1 : 0);
      expect(guard.pid).not.toBeNull();
      await driver.close();
    },
  );

  test.concurrent('a wrong password: it is never started', async () => {
    await using server = await serve('lockout');
    const { driver, guard } = onvif(server, { password: 'wrong' });
    await expect(driver.open()).rejects.toMatchObject({ code: 'ptz_login' });
    expect([guard.pid, server.device.gate.wrongLogins, server.device.gate.isLocked]).toEqual([null, 2, false]);
    await driver.close();
  });

  test.concurrent('the camera refuses us while it moves: the guardian makes no attempts of its own', async () => {
    await using server = await serve();
    const { driver } = octagon(server);
    await driver.open();
    await driver.velocity(PAN, 600);
    const { gate } = server.device;
    gate.basicRefusal = (authorization) => {
      if (authorization) gate.wrongLogins++;
      return { status: 401, reason: 'wrong login', challenges: [] };
    };
    const codes = new Set<string>();
    const begunMs = performance.now();
    // The guardian would act when the last lease is over, and something is still wanted then.
    await until('a refusal, and the lease is over', async () => {
      await driver.velocity(PAN, 600).catch((error: { code: string }) => codes.add(error.code));
      await driver.status();
      return codes.has('ptz_login') && performance.now() - begunMs > 1200;
    });
    // Two in a row, and then a minute's wait.
    expect(gate.wrongLogins).toBeLessThanOrEqual(2);
    await expect(driver.close()).rejects.toMatchObject({ code: 'ptz_login' });
  });
});

test.concurrent('it can be had from a worker', async () => {
  await using server = await serve();
  const worker = new Worker(join(import.meta.dir, 'guarded-worker.ts'));
  const login = { url: `127.0.0.1:${server.port}`, username: USER, password: PASSWORD, probe: false };
  const told = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(login);
  });
  expect(told).toEqual({ outcome: 'sent', hasGuardian: true });
  worker.terminate();
});

// Alone, since it holds up everything that runs in this process.
test('our process stands still while it is opened: what was seen then is worth nothing', async () => {
  await using server = await serve('timeout-ignored');
  const { driver } = onvif(server);
  const opening = driver.open();
  await until('it turns', () => server.camera.state().pan.rate > 1);
  const endMs = performance.now() + 1500;
  while (performance.now() < endMs);
  await expect(opening).rejects.toMatchObject({ code: 'ptz_interrupted' });
  expect((await driver.open()).verdict).toMatchObject({ rung: 'absolute', stops: { timeout: 'ignored' } });
  await driver.close();
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
