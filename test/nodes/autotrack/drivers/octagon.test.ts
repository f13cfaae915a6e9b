/** The Octagon driver against the virtual camera's Octagon API, over real HTTP on a time that the test owns. */
import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import type { Velocity } from '../../../../nodes/autotrack/drivers/driver.ts';
import { compassDeg, OctagonApi, signedDeg } from '../../../../nodes/autotrack/drivers/octagon/api.ts';
import { OctagonClient } from '../../../../nodes/autotrack/drivers/octagon/client.ts';
import { lensMove, moveQuery } from '../../../../nodes/autotrack/drivers/octagon/motion.ts';
import { OctagonDriver } from '../../../../nodes/autotrack/drivers/octagon/octagon-driver.ts';
import { OctagonOptions } from '../../../../nodes/autotrack/drivers/octagon/options.ts';
import { CameraServer } from '../../../../runtime/camera/server.ts';
import { VirtualCamera } from '../../../../runtime/camera/virtual-camera.ts';
import { ManualTime, PASSWORD, USER } from './rig.ts';

const PAN = { pan: 0.5, tilt: 0, zoom: 0 };

class OctagonRig implements AsyncDisposable {
  readonly time: ManualTime;
  readonly server: CameraServer;
  readonly driver: OctagonDriver;
  /** Waits of the server wait for this, too. */
  gate: Promise<void> = Promise.resolve();

  private constructor(time: ManualTime, server: CameraServer, options: Partial<OctagonOptions>) {
    this.time = time;
    this.server = server;
    this.driver = new OctagonDriver(optionsFor(server.port, options), time);
  }

  static async start(quirks: string[] = [], options: Partial<OctagonOptions> = {}): Promise<OctagonRig> {
    const time = new ManualTime();
    let rig: OctagonRig | undefined;
    const server = await CameraServer.start({
      clock: time.clock,
      credentials: { user: USER, password: PASSWORD },
      ...{ version: '0.0.1', host: '127.0.0.1', port: 0, quirks },
      camera: new VirtualCamera({ clock: time.clock }),
      wait: async (ms) => {
        await rig?.gate;
        await time.wait(ms);
      },
    });
    rig = new OctagonRig(time, server, options);
    return rig;
  }

  rates(): Velocity {
    const { pan, tilt, zoom } = this.server.camera.state();
    return { pan: pan.rate, tilt: tilt.rate, zoom: zoom.rate };
  }

  calls(operation: string): number {
    return this.server.device.calls.get(`octagon ${operation}`) ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop();
  }
}

function optionsFor(port: number, options: Partial<OctagonOptions> = {}): OctagonOptions {
  const login = { url: `127.0.0.1:${port}`, username: USER, password: PASSWORD };
  return Value.Decode(OctagonOptions, Value.Default(OctagonOptions, { ...login, ...options }));
}

describe('verdict', () => {
  test.each([[[]], [['octagon-busy']], [['octagon-alt-names']], [['latency-300']]])('%j: velocity', async (quirks) => {
    await using rig = await OctagonRig.start(quirks);
    const capabilities = await rig.driver.open();
    expect(capabilities).toMatchObject({ positionUnit: 'degrees', position: true, zoom: true, relative: ['position'] });
    expect(capabilities.verdict).toMatchObject({
      rung: 'velocity',
      verified: true,
      stopsByItself: 'no',
      stops: { timeout: 'absent', stop: 'stop' },
    });
    expect(capabilities.verdict.notes.join()).toContain('needs a guardian');
    rig.time.advance(2000);
    expect(rig.rates()).toEqual({ pan: 0, tilt: 0, zoom: 0 });
    // Back where it was.
    expect(Math.abs(rig.server.camera.state().pan.position)).toBeLessThan(0.5);
    await rig.driver.close();
  });

  test('moves to places that end by themselves are preferred where the options allow them', async () => {
    await using rig = await OctagonRig.start([], { rungs: ['velocity', 'absolute'] });
    const { verdict } = await rig.driver.open();
    expect(verdict).toMatchObject({ rung: 'absolute', verified: true, stopsByItself: 'yes' });
    expect(verdict.rejected[0]?.reason).toContain('goes on until it is stopped');
    await rig.driver.close();
  });

  test('without small moves it is believed, and that is said', async () => {
    await using rig = await OctagonRig.start([], { probe: false });
    const { verdict } = await rig.driver.open();
    expect(verdict).toMatchObject({ rung: 'velocity', verified: false, stopsByItself: 'no' });
    expect(rig.calls('move')).toBe(0);
    await rig.driver.close();
  });

  test('a device that is not there: the error names those there are', async () => {
    await using rig = await OctagonRig.start([], { lens: 'visible1' });
    await expect(rig.driver.open()).rejects.toThrow('expected one of pantilt, visible, got visible1');
  });
});

describe('velocities', () => {
  test.each([
    { velocity: { pan: 0.5, tilt: 0 }, query: { direction: 'right', panSpeed: 25, tiltSpeed: 0 } },
    { velocity: { pan: -1, tilt: 0.004 }, query: { direction: 'left', panSpeed: 50, tiltSpeed: 0 } },
    { velocity: { pan: 0.1, tilt: 0.1 }, query: { direction: 'upright', panSpeed: 5, tiltSpeed: 10 } },
    { velocity: { pan: -0.1, tilt: -1 }, query: { direction: 'downleft', panSpeed: 5, tiltSpeed: 100 } },
    { velocity: { pan: 0, tilt: -0.3 }, query: { direction: 'down', panSpeed: 0, tiltSpeed: 30 } },
    { velocity: { pan: 0.001, tilt: 0 }, query: null },
  ])('$velocity → $query', ({ velocity, query }) => {
    const options = { pan_speed_percent: 50, tilt_speed_percent: 100, zoom_threshold: 0.15 };
    expect(moveQuery({ ...velocity, zoom: 0 }, options)).toEqual(query);
  });

  test('the lens has one speed', () => {
    const options = { pan_speed_percent: 100, tilt_speed_percent: 100, zoom_threshold: 0.15 };
    const moves = [-1, -0.15, -0.1, 0, 0.1, 0.2].map((zoom) => lensMove({ pan: 0, tilt: 0, zoom }, options));
    expect(moves).toEqual(['zoomWide', 'zoomWide', 'stop', 'stop', 'stop', 'zoomTele']);
  });

  test('head and lens move and stop, each told only what it must be', async () => {
    await using rig = await OctagonRig.start([], { probe: false });
    await rig.driver.open();
    for (let step = 0; step < 6; step++) {
      await rig.driver.moveVelocity({ pan: -0.5, tilt: 0.25, zoom: 0.5 }, 600);
      rig.time.advance(100);
    }
    expect(rig.rates()).toEqual({ pan: -45, tilt: 15, zoom: 0.25 });
    expect([rig.calls('move'), rig.calls('zoomTele')]).toEqual([6, 2]);
    const before = rig.calls('stop');
    await rig.driver.moveVelocity({ pan: 0, tilt: 0, zoom: 0.5 }, 600);
    rig.time.advance(400);
    expect(rig.rates()).toEqual({ pan: 0, tilt: 0, zoom: 0.25 });
    expect(rig.calls('stop')).toBe(before + 1);
    await rig.driver.moveVelocity({ pan: 0.5, tilt: 0, zoom: 0 }, 600);
    rig.time.advance(500);
    expect(rig.rates()).toEqual({ pan: 45, tilt: 0, zoom: 0 });
    await rig.driver.stop();
    rig.time.advance(500);
    expect(rig.rates()).toEqual({ pan: 0, tilt: 0, zoom: 0 });
    await rig.driver.close();
  });

  test('not renewed, the driver stops it', async () => {
    await using rig = await OctagonRig.start([], { probe: false });
    await rig.driver.open();
    await rig.driver.moveVelocity(PAN, 600);
    rig.time.advance(590);
    expect(rig.rates().pan).toBeCloseTo(45, 3);
    const before = rig.calls('stop');
    rig.time.advance(10);
    // What comes after the watchdog's stop in the queue has seen it.
    await rig.driver.presets();
    expect(rig.calls('stop')).toBe(before + 1);
    rig.time.advance(500);
    expect([rig.rates().pan, (await rig.driver.status()).velocity]).toEqual([0, null]);
    await rig.driver.close();
  });

  test('on the rung absolute: about as far as they say, and it ends by itself', async () => {
    await using rig = await OctagonRig.start([], { rungs: ['absolute'] });
    await rig.driver.open();
    const start = rig.server.camera.state().pan.position;
    for (let step = 0; step < 10; step++) {
      await rig.driver.moveVelocity({ pan: 1, tilt: 0, zoom: 0 }, 400);
      rig.time.advance(200);
    }
    // Two seconds at 20 degrees a second. No stop is sent: our process could be dead.
    rig.time.clock.advance(1200);
    expect(rig.rates().pan).toBe(0);
    expect(rig.server.camera.state().pan.position - start).toBeCloseTo(44, 0);
    await rig.driver.close();
  });
});

describe('places', () => {
  test('angles are signed, with the seam behind home', () => {
    expect([0, 10, 179, 180, 350, -10, 540].map(signedDeg)).toEqual([0, 10, 179, -180, -10, -10, -180]);
    expect([0, -10, 370, -180].map(compassDeg)).toEqual([0, 350, 10, 180]);
  });

  test.each([[[]], [['octagon-alt-names']]])(
    '%j: moves to them, by an offset, and what the status says',
    async (quirks) => {
      await using rig = await OctagonRig.start(quirks, { probe: false });
      await rig.driver.open();
      await rig.driver.moveAbsolute({ pan: -30, tilt: 20, zoom: 0.5 });
      rig.time.advance(8000);
      const { pan, tilt, zoom, link } = await rig.driver.status();
      expect([pan, tilt, zoom].map((value) => Math.round((value ?? 9) * 100) / 100)).toEqual([-30, 20, 0.5]);
      expect(link.state).toBe('ready');
      await rig.driver.moveRelative({ space: 'position', pan: 40 });
      rig.time.advance(4000);
      const moved = await rig.driver.status();
      expect([moved.pan, moved.tilt].map((value) => Math.round(value ?? 99))).toEqual([10, 20]);
      await rig.driver.moveAbsolute({ tilt: 5 });
      rig.time.advance(4000);
      expect(Math.round(rig.server.camera.state().pan.position)).toBe(10);
      await expect(rig.driver.moveRelative({ space: 'fov', pan: 1 })).rejects.toMatchObject({
        code: 'ptz_unsupported',
      });
      await rig.driver.close();
    },
  );

  test('whether it moves is told by its position', async () => {
    await using rig = await OctagonRig.start([], { probe: false });
    await rig.driver.open();
    await rig.driver.status();
    rig.time.advance(400);
    expect((await rig.driver.status()).moving).toBe(false);
    await rig.driver.moveVelocity(PAN, 1000);
    rig.time.advance(400);
    expect((await rig.driver.status()).moving).toBe(true);
    await rig.driver.close();
  });

  test('presets', async () => {
    await using rig = await OctagonRig.start([], { probe: false });
    await rig.driver.open();
    rig.server.device.unit.setPreset(null, 'gate');
    expect(await rig.driver.presets()).toEqual([{ token: '1', name: 'gate' }]);
    await rig.driver.moveAbsolute({ pan: 40 });
    rig.time.advance(4000);
    await rig.driver.gotoPreset('1');
    await rig.driver.stop();
    expect(rig.calls('stopPreset')).toBe(1);
    await expect(rig.driver.gotoPreset('7')).rejects.toMatchObject({ code: 'ptz_refused' });
    await rig.driver.close();
  });

  test('no lens: no zoom, and none is asked for', async () => {
    await using rig = await OctagonRig.start([], { probe: false, lens: '' });
    expect((await rig.driver.open()).zoom).toBe(false);
    await rig.driver.moveVelocity({ ...PAN, zoom: 1 }, 600);
    await expect(rig.driver.moveAbsolute({ zoom: 1 })).rejects.toMatchObject({ code: 'ptz_unsupported' });
    expect((await rig.driver.status()).zoom).toBeNull();
    await rig.driver.close();
    expect([rig.calls('zoomTele'), rig.calls('stopLens')]).toEqual([0, 0]);
  });
});

describe('faults', () => {
  test('a wrong password: two attempts, then at most one a minute; the status says when', async () => {
    await using rig = await OctagonRig.start(['lockout'], { password: 'wrong' });
    for (let count = 0; count < 5; count++) {
      await expect(rig.driver.open()).rejects.toMatchObject({ code: 'ptz_login' });
    }
    expect(rig.server.device.gate.wrongLogins).toBe(2);
    expect((await rig.driver.status()).link).toMatchObject({
      state: 'refused',
      nextTryMs: rig.time.clock.monoMs() + 60_000,
    });
    rig.time.advance(60_000);
    await expect(rig.driver.open()).rejects.toMatchObject({ code: 'ptz_login' });
    expect(rig.server.device.gate.wrongLogins).toBe(3);
  });

  test('no user: no login is sent, and the error says that one is wanted', async () => {
    await using rig = await OctagonRig.start([], { username: '' });
    await expect(rig.driver.open()).rejects.toThrow('the camera wants a login');
    expect(rig.server.device.gate.wrongLogins).toBe(0);
  });

  test('reboot: commands fail at once, and it is found again, stopped', async () => {
    await using rig = await OctagonRig.start([], { probe: false });
    await rig.driver.open();
    const { promise, resolve } = Promise.withResolvers<void>();
    rig.gate = promise;
    const back = rig.server.reboot();
    for (let count = 0; count < 2; count++) {
      await expect(rig.driver.moveVelocity(PAN, 500)).rejects.toMatchObject({ code: 'ptz_unreachable' });
    }
    expect(await rig.driver.status()).toMatchObject({ pan: null, link: { state: 'lost' } });
    const stops = rig.calls('stop');
    resolve();
    await back;
    expect((await rig.driver.status()).link.state).toBe('ready');
    expect(rig.calls('stop')).toBeGreaterThan(stops);
    expect(await rig.driver.moveVelocity(PAN, 500)).toBe('sent');
    await rig.driver.close();
  });

  test('no stop was confirmed: close says so', async () => {
    await using rig = await OctagonRig.start([], { probe: false });
    await rig.driver.open();
    await rig.driver.moveVelocity(PAN, 500);
    await rig.server.stop();
    await expect(rig.driver.close()).rejects.toMatchObject({ code: 'ptz_stop_failed' });
  });

  const answers = [
    {
      why: 'busy for good',
      answer: () => Response.json({ success: false, error: { code: 7, message: 'Serial timeout' } }),
      code: 'ptz_refused',
      asked: 3,
    },
    {
      why: 'not initialised',
      answer: () => Response.json({ success: false, error: { message: 'Module not initialized' } }),
      code: 'ptz_refused',
      asked: 1,
    },
    { why: 'no JSON', answer: () => new Response('<html>'), code: 'ptz_refused', asked: 1 },
    { why: 'an internal error', answer: () => new Response('', { status: 500 }), code: 'ptz_refused', asked: 1 },
    {
      why: 'a login that is not allowed',
      answer: () => new Response('', { status: 403 }),
      code: 'ptz_login',
      asked: 1,
    },
  ];
  test.each(answers)('$why: $code', async ({ answer, code, asked }) => {
    let count = 0;
    using server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: () => {
        count++;
        return answer();
      },
    });
    const options = optionsFor(server.port ?? 0);
    const client = new OctagonClient(options, new ManualTime());
    await expect(new OctagonApi(client, options).position()).rejects.toMatchObject({ code });
    expect(count).toBe(asked);
  });

  test('a position that is no number is none; presets come as a list or by id', async () => {
    const data: Record<string, unknown> = {
      '/api/devices/pantilt/position': { pan: 'north', tilt: 3 },
      '/api/system/presets': [{ id: 4, name: 'gate' }, { name: 'nameless' }],
    };
    using server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: ({ url }) => Response.json({ success: true, data: data[new URL(url).pathname] }),
    });
    const options = optionsFor(server.port ?? 0);
    const api = new OctagonApi(new OctagonClient(options, new ManualTime()), options);
    expect(await api.position()).toBeNull();
    expect(await api.presets()).toEqual([{ token: '4', name: 'gate' }]);
  });

  test('an address with a login in it is refused and not shown', () => {
    const make = () => new OctagonDriver(optionsFor(1, { url: 'http://admin:geheim@host' }), new ManualTime());
    expect(make).toThrow('a camera address holds no login');
  });
});
