/** Positions from elsewhere than the commands, and the factory that puts drivers together from options. */
import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { DriverOptions, makeDriver, type PtzDriver, type SimHead } from '../../ptz/index.ts';
import { OctagonAddress } from '../../ptz/octagon/options.ts';
import { OctagonPosition, withPosition } from '../../ptz/position.ts';
import { VirtualCamera } from '../../sim/camera/virtual-camera.ts';
import { headOf, ManualTime, PASSWORD, Rig, USER } from './rig.ts';

const PAN = { pan: 0.5, tilt: 0, zoom: 0 };

/** Commands over ONVIF, positions over Octagon, the same head; no guardian, whose time would be real. */
function combined(rig: Rig, address: Partial<OctagonAddress> = {}): PtzDriver {
  const login = { url: `127.0.0.1:${rig.server.port}`, username: USER, password: PASSWORD };
  const checked = Value.Decode(OctagonAddress, Value.Default(OctagonAddress, { ...login, ...address }));
  return withPosition(rig.driver, new OctagonPosition(checked, rig.time));
}

describe('commands by ONVIF, position by Octagon', () => {
  test.each([[['no-status']], [['nil-position', 'octagon-alt-names']], [['octagon-busy']]])('%j', async (quirks) => {
    await using rig = await Rig.start(quirks);
    const driver = combined(rig);
    const capabilities = await driver.open();
    expect(capabilities).toMatchObject({ positionUnit: 'degrees', position: true });
    expect(capabilities.verdict.notes).toContain('positions come from octagon');
    await driver.velocity(PAN, 800);
    rig.time.advance(500);
    const moving = await driver.status();
    expect(moving).toMatchObject({ velocity: PAN, zoom: 0, link: { state: 'ready' } });
    expect(moving.notes).toBeUndefined();
    await driver.stop();
    rig.time.advance(1000);
    const { pan, tilt } = await driver.status();
    expect(pan).toBeGreaterThan(10);
    expect(pan).toBeCloseTo(rig.panDeg(), 2);
    expect(tilt).toBeCloseTo(rig.server.camera.state().tilt.position, 2);
    await driver.close();
  });

  test('a source that fails costs the position, and nothing else', async () => {
    await using rig = await Rig.start();
    // Nobody listens there.
    const driver = combined(rig, { url: '127.0.0.1:1' });
    const { verdict } = await driver.open();
    expect(verdict.rung).toBe('velocity');
    expect(verdict.notes.join()).toContain('no position from octagon: no answer from the camera at 127.0.0.1:1');
    for (let count = 0; count < 3; count++) {
      expect(await driver.velocity(PAN, 800)).toBe('sent');
      const status = await driver.status();
      expect(status).toMatchObject({ pan: null, tilt: null, velocity: PAN, link: { state: 'ready' } });
      expect(status.notes?.join()).toContain('no position from octagon');
    }
    await driver.stop();
    await driver.close();
  });

  test('one that has lost its power is asked again when that is due, and found again', async () => {
    await using rig = await Rig.start();
    let isOn = true;
    let asked = 0;
    await using source = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: ({ headers }) => {
        // The one before the login is none.
        if (headers.has('authorization')) asked++;
        if (isOn) return Response.json({ success: true, data: { pan: 350, tilt: 5 } });
        source.stop(true);
        return new Response();
      },
    });
    const { port } = source;
    const driver = combined(rig, { url: `127.0.0.1:${port}`, lens: '' });
    await driver.open();
    expect(await driver.status()).toMatchObject({ pan: -10, tilt: 5 });
    isOn = false;
    for (let count = 0; count < 5; count++) expect((await driver.status()).pan).toBeNull();
    expect(asked).toBe(3);
    await using again = Bun.serve({
      port: port ?? 0,
      hostname: '127.0.0.1',
      fetch: () => Response.json({ success: true, data: { panPosition: 20, tiltPosition: 5 } }),
    });
    expect([again.port, (await driver.status()).pan]).toEqual([port, null]);
    rig.time.advance(2000);
    expect(await driver.status()).toMatchObject({ pan: 20, tilt: 5 });
    await driver.close();
  });

  test('wrong password: while the driver is refused, the source makes no attempts of its own', async () => {
    await using rig = await Rig.start(['lockout'], { password: 'wrong' });
    const driver = combined(rig, { password: 'wrong' });
    await expect(driver.open()).rejects.toMatchObject({ code: 'ptz_login' });
    expect([rig.server.device.gate.wrongLogins, rig.server.device.gate.isLocked]).toEqual([2, false]);
    await driver.close();
  });
});

describe('makeDriver', () => {
  const time = new ManualTime();
  const login = { url: '127.0.0.1:9', username: USER, password: PASSWORD };
  const make = (options: object, head?: SimHead) =>
    makeDriver(Value.Decode(DriverOptions, Value.Default(DriverOptions, copy(options))), { time, head });

  test('by default nothing is moved', async () => {
    expect((await make({}).open()).verdict.rung).toBeNull();
  });

  test('sim moves what it is given', async () => {
    const driver = make({ driver: 'sim' }, headOf(new VirtualCamera({ clock: time.clock })));
    expect((await driver.open()).verdict.rung).toBe('velocity');
    expect((await driver.status()).pan).toBe(0);
    await driver.close();
    expect(() => make({ driver: 'sim' })).toThrow('no motors to move');
  });

  test('position none: nobody is asked', async () => {
    const driver = make({ driver: 'sim', position: 'none' }, headOf(new VirtualCamera({ clock: time.clock })));
    expect(await driver.open()).toMatchObject({ position: false });
    expect(await driver.status()).toMatchObject({ pan: null, tilt: null, zoom: null });
    await driver.close();
  });

  test.each([
    { options: { driver: 'onvif' }, says: '`onvif` needs its options' },
    { options: { driver: 'onvif', onvif: login, position: 'octagon' }, says: '`octagon` needs its options' },
    { options: { driver: 'onvif', onvif: login, octagon: login }, says: 'the section octagon is not used' },
    { options: { octagon: login }, says: 'the section octagon is not used' },
    { options: { driver: 'octagon', octagon: login, position: 'octagon' }, says: 'octagon has its own position' },
    {
      options: { driver: 'onvif', onvif: { url: 'http://a:geheim@b' } },
      says: 'a camera address must not contain a login',
    },
  ])('$says', ({ options, says }) => {
    expect(() => make(options)).toThrow(says);
  });

  test.each([
    { why: 'another driver', options: { driver: 'visca' } },
    { why: 'an unknown option', options: { driver: 'onvif', onvif: { ...login, pasword: 'x' } } },
    { why: 'no address', options: { driver: 'octagon', octagon: {} } },
  ])('$why is no option', ({ options }) => {
    expect(Value.Check(DriverOptions, Value.Default(DriverOptions, copy(options)))).toBe(false);
  });
});

/** Filling in defaults writes into the options, and these share their login. */
function copy(options: object): unknown {
  return JSON.parse(JSON.stringify(options));
}
