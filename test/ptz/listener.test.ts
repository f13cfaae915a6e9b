/** What a driver tells of what goes out: velocities, stops, ends of leases, and what may never have been carried out. */
import { expect, test } from 'bun:test';
import { Rig } from './rig.ts';

const RIGHT = { pan: 0.5, tilt: 0, zoom: 0 };
const NONE = { pan: 0, tilt: 0, zoom: 0 };

test('a velocity that is not renewed is over at the end of its lease', async () => {
  await using rig = await Rig.start([], { probe: false });
  await rig.open();
  const beganMs = rig.time.clock.monoMs();
  await rig.driver.velocity(RIGHT, 1000);
  rig.time.advance(600);
  await rig.driver.velocity(RIGHT, 1000);
  rig.time.advance(999);
  expect(rig.sent.length).toBe(2);
  rig.time.advance(1);
  expect(rig.sent.map(({ velocity, atMs }) => [velocity, atMs - beganMs])).toEqual([
    [RIGHT, 0],
    [RIGHT, 600],
    [NONE, 1600],
  ]);
  await rig.driver.close();
});

test('also when the camera is lost and takes no stop', async () => {
  await using rig = await Rig.start([], { probe: false });
  await rig.open();
  await rig.driver.velocity(RIGHT, 800);
  await rig.server.stop();
  rig.time.advance(800);
  expect(rig.sent.at(-1)?.velocity).toEqual(NONE);
  await expect(rig.driver.close()).rejects.toMatchObject({ code: 'ptz_stop_failed' });
});

test('a stop before its end is the end, and is told once', async () => {
  await using rig = await Rig.start([], { probe: false });
  await rig.open();
  await rig.driver.velocity(RIGHT, 1000);
  await Promise.all([rig.driver.stop(), rig.driver.stop()]);
  rig.time.advance(2000);
  expect(rig.sent.map(({ velocity }) => velocity)).toEqual([RIGHT, NONE]);
  await rig.driver.close();
});

test('stops do not pile up: one that waits will do for all that are asked for meanwhile, but for none after a preset', async () => {
  await using rig = await Rig.start(['latency-300'], { probe: false });
  await rig.open();
  rig.server.device.unit.setPreset(null, 'gate');
  rig.holds = true;
  const stops = rig.calls('Stop');
  const moving = rig.driver.velocity(RIGHT, 800);
  const held = await rig.held();
  const all = [...Array.from({ length: 5 }, () => rig.driver.stop()), rig.driver.goTo('gate'), rig.driver.stop()];
  held.over();
  rig.holds = false;
  await Promise.all([moving, ...all]);
  expect(rig.calls('Stop') - stops).toBe(2);
  rig.time.advance(1000);
  expect(rig.panRate()).toBe(0);
  await rig.driver.close();
});
