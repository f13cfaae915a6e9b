/** Moves to a place at the speed of the velocity that they stand for: what is measured for that, and what comes of it. */
import { describe, expect, test } from 'bun:test';
import { STOPPED_WITHIN_MS } from '../../ptz/network/stopping-time.ts';
import { fullSpeedOf, NOT_MEASURED, speedFor } from '../../ptz/onvif/full-speed.ts';
import type { OnvifOptions } from '../../ptz/onvif/options.ts';
import { Rig } from './rig.ts';

describe('full speed from two looks', () => {
  const at = (pan: number | null, tilt: number | null) => ({ pan, tilt });
  test.each([
    { why: 'both turn', looks: [at(0.5, 0.5), at(0.51, 0.47)], full: { pan: 0.2, tilt: 0.6 } },
    { why: 'one does not say', looks: [at(0.5, null), at(0.51, null)], full: { pan: 0.2, tilt: null } },
    { why: 'one stands', looks: [at(0.5, 0.5), at(0.51, 0.5)], full: { pan: 0.2, tilt: null } },
    { why: 'nobody says', looks: [null, null], full: NOT_MEASURED },
  ])('$why', ({ looks: [first = null, second = null], full }) => {
    const { pan, tilt } = fullSpeedOf(first, second, 500, 0.1);
    const rounded = (share: number | null) => (share === null ? null : Math.round(share * 1e6) / 1e6);
    expect({ pan: rounded(pan), tilt: rounded(tilt) }).toEqual(full);
  });

  test('an axis that may have arrived has shown nothing', () => {
    expect(fullSpeedOf(at(0.5, 0.5), at(0.51, 0.52), 500, 0.1, at(0.52, 0.52))).toMatchObject({ tilt: null });
  });

  test('speeds are shares of it, never above 1; an unknown axis is as fast as the other', () => {
    expect(speedFor({ pan: -0.05, tilt: 2 }, { pan: 0.2, tilt: 0.5 })).toEqual({ pan: 0.25, tilt: 1 });
    expect(speedFor({ pan: 0.05, tilt: 0.1 }, { pan: 0.2, tilt: null })).toEqual({ pan: 0.25, tilt: 0.5 });
    expect(speedFor({ pan: 0.05, tilt: 0.1 }, NOT_MEASURED)).toBeNull();
  });
});

const cameras: { what: string; quirks: string[]; options: Partial<OnvifOptions> }[] = [
  { what: 'a camera that ignores Timeouts', quirks: ['timeout-ignored'], options: {} },
  { what: 'a camera that refuses them', quirks: ['timeout-refused'], options: {} },
  { what: 'no velocities allowed', quirks: [], options: { rungs: ['absolute'] } },
];

describe.each(cameras)('$what', ({ quirks, options }) => {
  test('goes at the speed of the velocity and not ahead of it, and stands when it is not renewed', async () => {
    await using rig = await Rig.start(quirks, options);
    expect((await rig.open()).verdict.rung).toBe('absolute');
    const beganDeg = rig.panDeg();
    const { camera } = rig.server;
    const beganTiltDeg = camera.state().tilt.position;
    for (let i = 0; i < 12; i++) {
      await rig.driver.velocity({ pan: 0.5, tilt: 0.2, zoom: 0 }, 800);
      rig.time.advance(250);
      // A tenth of 360 and of 110 degrees a second is full speed on this rung.
      if (i > 1) expect(Math.abs(rig.panRate() - 18)).toBeLessThan(1);
      if (i > 1) expect(Math.abs(camera.state().tilt.rate - 2.2)).toBeLessThan(0.2);
    }
    expect(Math.abs(rig.panDeg() - beganDeg - 18 * 3)).toBeLessThan(4);
    expect(Math.abs(camera.state().tilt.position - beganTiltDeg - 2.2 * 3)).toBeLessThan(0.5);
    // Of the lease of the last one, 550 ms are left; no stop is sent before that.
    rig.time.advance(450);
    expect(rig.panRate()).toBeGreaterThan(10);
    rig.time.advance(400);
    expect(rig.panRate()).toBe(0);
    await rig.driver.close();
  });
});

test.each([
  { what: 'slower', pan: 0.05 },
  { what: 'hardly any', pan: 0.002 },
  { what: 'slowly back', pan: -0.05 },
])('after a fast velocity, $what: it stands in time, also when we are dead from then on', async ({ pan }) => {
  await using rig = await Rig.start(['timeout-ignored']);
  const { leaseMs } = await rig.open();
  for (let i = 0; i < 6; i++) {
    await rig.driver.velocity({ pan: 1, tilt: 0, zoom: 0 }, leaseMs);
    rig.time.advance(150);
  }
  await rig.driver.velocity({ pan, tilt: 0, zoom: 0 }, leaseMs);
  rig.time.clock.advance(STOPPED_WITHIN_MS);
  expect(rig.server.camera.isMoving('pan')).toBe(false);
  rig.time.advance(0);
  await rig.driver.close();
});
