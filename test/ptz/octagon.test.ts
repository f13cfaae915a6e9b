/** The Octagon driver against the virtual camera's Octagon API, over real HTTP on a time that the test owns. */
import { describe, expect, test } from 'bun:test';
import { compassDeg, signedDeg } from '../../ptz/octagon/api.ts';
import { lensMove, moveQuery } from '../../ptz/octagon/motion.ts';
import { OctagonRig } from './octagon-rig.ts';
import { asked } from './rig.ts';

const PAN = { pan: 0.5, tilt: 0, zoom: 0 };

describe('verdict', () => {
  test.each([[[]], [['octagon-busy']], [['octagon-alt-names']], [['latency-300']]])('%j: velocity', async (quirks) => {
    await using rig = await OctagonRig.start(quirks);
    const capabilities = await rig.driver.open();
    expect(capabilities).toMatchObject({ positionUnit: 'degrees', position: true });
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
    expect(verdict.rejected[0]?.reason).toContain('lasts until it is stopped');
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
      await rig.driver.velocity({ pan: -0.5, tilt: 0.25, zoom: 0.5 }, 600);
      rig.time.advance(100);
    }
    expect(rig.rates()).toEqual({ pan: -45, tilt: 15, zoom: 0.25 });
    expect([rig.calls('move'), rig.calls('zoomTele')]).toEqual([6, 2]);
    const before = rig.calls('stop');
    await rig.driver.velocity({ pan: 0, tilt: 0, zoom: 0.5 }, 600);
    rig.time.advance(400);
    expect(rig.rates()).toEqual({ pan: 0, tilt: 0, zoom: 0.25 });
    expect(rig.calls('stop')).toBe(before + 1);
    await rig.driver.velocity({ pan: 0.5, tilt: 0, zoom: 0 }, 600);
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
    await rig.driver.velocity(PAN, 600);
    rig.time.advance(590);
    expect(rig.rates().pan).toBeCloseTo(45, 3);
    const before = rig.calls('stop');
    rig.time.advance(10);
    // What comes after the watchdog's stop in the queue has seen it.
    await asked(rig.driver);
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
      await rig.driver.velocity({ pan: 1, tilt: 0, zoom: 0 }, 400);
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

  test.each([[[]], [['octagon-alt-names']]])('%j: what the status says', async (quirks) => {
    await using rig = await OctagonRig.start(quirks, { probe: false });
    await rig.driver.open();
    rig.server.camera.command({ kind: 'to', values: { pan: -30, tilt: 20, zoom: 0.5 }, maxRates: {} });
    rig.time.advance(8000);
    const { pan, tilt, zoom, link } = await rig.driver.status();
    expect([pan, tilt, zoom].map((value) => Math.round((value ?? 9) * 100) / 100)).toEqual([-30, 20, 0.5]);
    expect(link.state).toBe('ready');
    await rig.driver.close();
  });

  test('whether it moves is told by its position', async () => {
    await using rig = await OctagonRig.start([], { probe: false });
    await rig.driver.open();
    await rig.driver.status();
    rig.time.advance(400);
    expect((await rig.driver.status()).moving).toBe(false);
    await rig.driver.velocity(PAN, 1000);
    rig.time.advance(400);
    expect((await rig.driver.status()).moving).toBe(true);
    await rig.driver.close();
  });

  test('presets', async () => {
    await using rig = await OctagonRig.start([], { probe: false });
    await rig.driver.open();
    rig.server.device.unit.setPreset(null, 'gate');
    rig.server.camera.command({ kind: 'to', values: { pan: 40 }, maxRates: {} });
    rig.time.advance(4000);
    expect(await rig.driver.goTo('gate')).toBe('1');
    rig.time.advance(4000);
    expect(rig.server.camera.state().pan.position).toBeCloseTo(0, 1);
    expect(await rig.driver.goTo('1')).toBe('1');
    await rig.driver.stop();
    expect(rig.calls('stopPreset')).toBe(1);
    const got = rig.driver.goTo('7');
    await expect(got).rejects.toMatchObject({ code: 'ptz_preset' });
    await expect(got).rejects.toThrow('got 1 (gate)');
    await rig.driver.close();
  });

  test('no lens: no zoom, and none is asked for', async () => {
    await using rig = await OctagonRig.start([], { probe: false, lens: '' });
    await rig.driver.open();
    await rig.driver.velocity({ ...PAN, zoom: 1 }, 600);
    expect((await rig.driver.status()).zoom).toBeNull();
    await rig.driver.close();
    expect([rig.calls('zoomTele'), rig.calls('stopLens')]).toEqual([0, 0]);
  });
});
