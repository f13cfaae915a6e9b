/** The npm package `onvif`, unmodified, against the virtual camera. */
import { describe, expect, test } from 'bun:test';
import { promisify } from 'node:util';
import type { Cam } from 'onvif';
import { FOV_SPACE, PASSWORD, Rig } from './rig.ts';

/** A method of the package that ends in a callback, as a promise. */
function ask(cam: Cam, method: string, ...args: unknown[]): Promise<unknown> {
  const own: unknown = Reflect.get(cam, method);
  if (typeof own !== 'function') throw new Error(`the package has no ${method}`);
  return promisify(own.bind(cam))(...args);
}

describe('with a WS-Security login', () => {
  test('connects and finds the services, profiles and sources', async () => {
    await using rig = await Rig.start();
    const cam = await rig.connect();
    expect(Object.keys(cam.uri ?? {}).toSorted()).toEqual(['device', 'media', 'ptz']);
    expect(cam.profiles?.map(({ $ }) => $?.token)).toEqual(['profile_main', 'profile_sub']);
    expect(cam.activeSource).toMatchObject({
      profileToken: 'profile_main',
      width: 1280,
      height: 720,
      encoding: 'H264',
    });
    expect(await ask(cam, 'getDeviceInformation')).toMatchObject({ manufacturer: 'Windhover', model: 'Virtual PTZ' });
    expect(await ask(cam, 'getCapabilities')).toMatchObject({
      PTZ: { XAddr: `${rig.server.origin}/onvif/ptz_service` },
    });
    expect(await ask(cam, 'getStreamUri')).toMatchObject({
      uri: `${rig.server.origin}/debug/video?profile=profile_main`,
    });
  });

  test('nodes, configurations and their options', async () => {
    await using rig = await Rig.start();
    const cam = await rig.connect();
    expect(Object.keys(Object(await ask(cam, 'getNodes')))).toEqual(['ptz_node']);
    expect(await ask(cam, 'getConfigurations')).toMatchObject({
      ptz: { token: 'ptz_configuration', nodeToken: 'ptz_node', defaultPTZTimeout: 'PT10S' },
    });
    const options = await ask(cam, 'getConfigurationOptions', 'ptz_configuration');
    expect(options).toMatchObject({
      spaces: {
        absolute: { x: { min: -1, max: 1 }, zoom: { min: 0, max: 1 } },
        continuous: { y: { min: -1, max: 1 } },
      },
      ptzspaces: expect.arrayContaining([expect.objectContaining({ uri: FOV_SPACE, x: { min: -1, max: 1 } })]),
    });
  });

  test('moves, stops, and says where it is', async () => {
    await using rig = await Rig.start();
    const cam = await rig.connect();
    await ask(cam, 'continuousMove', { x: 0.5, y: 0, zoom: 0, timeout: 5000 });
    rig.advance(1);
    expect(await ask(cam, 'getStatus', {})).toMatchObject({ moveStatus: { panTilt: 'MOVING', zoom: 'IDLE' } });
    await ask(cam, 'stop', { panTilt: true, zoom: true });
    rig.advance(1);
    const stopped = await rig.state();
    expect(stopped.pose.pan_deg).toBeWithin(35, 50);
    expect(await ask(cam, 'getStatus', {})).toMatchObject({
      position: { x: expect.closeTo(stopped.encoders.pan_deg / 180, 4), zoom: 0 },
      moveStatus: { panTilt: 'IDLE', zoom: 'IDLE' },
    });
  });

  test('absolute and relative moves arrive', async () => {
    await using rig = await Rig.start();
    const cam = await rig.connect();
    await ask(cam, 'absoluteMove', { x: -0.25, y: 0, zoom: 0.5, speed: { x: 1, y: 1, zoom: 1 } });
    rig.advance(10);
    expect((await rig.state()).encoders).toEqual({ pan_deg: -45, tilt_deg: 35, zoom: 0.5 });
    await ask(cam, 'relativeMove', { x: 0.1, y: 0, zoom: 0 });
    rig.advance(10);
    expect((await rig.state()).encoders.pan_deg).toBeCloseTo(-9, 3);
    const { hfov_deg: hfovDeg } = (await rig.state()).pose;
    await ask(cam, 'relativeMove', { x: 1, y: 0, zoom: 0, xyspace: FOV_SPACE });
    rig.advance(10);
    expect((await rig.state()).encoders.pan_deg).toBeCloseTo(-9 + hfovDeg / 2, 3);
  });

  test('presets and the home position', async () => {
    await using rig = await Rig.start();
    const cam = await rig.connect();
    await ask(cam, 'setPreset', { presetName: 'gate' });
    await ask(cam, 'absoluteMove', { x: 0.5, y: 0, zoom: 0 });
    rig.advance(10);
    await ask(cam, 'setHomePosition', {});
    expect(Object.keys(Object(await ask(cam, 'getPresets', {})))).toEqual(['gate']);
    await ask(cam, 'gotoPreset', { preset: '1' });
    rig.advance(10);
    expect((await rig.state()).encoders).toEqual({ pan_deg: 0, tilt_deg: expect.closeTo(12, 6), zoom: 0 });
    await ask(cam, 'gotoHomePosition', {});
    rig.advance(10);
    expect((await rig.state()).encoders.pan_deg).toBe(90);
    await ask(cam, 'removePreset', { presetToken: '1' });
    expect(await ask(cam, 'getPresets', {})).toEqual({});
    await expect(ask(cam, 'gotoPreset', { preset: '1' })).rejects.toThrow('preset token does not exist');
  });
});

test('with HTTP digest it works as well', async () => {
  await using rig = await Rig.start();
  const cam = await rig.connect({ useWSSecurity: false });
  await ask(cam, 'continuousMove', { x: 0.5, y: 0, zoom: 0 });
  rig.advance(1);
  expect((await rig.state()).moving.pan).toBe(true);
});

test('with a wrong password it is told so', async () => {
  await using rig = await Rig.start();
  const wrong = rig.connect({ password: `${PASSWORD}!` }).then((cam) => ask(cam, 'getDeviceInformation'));
  await expect(wrong).rejects.toThrow(/not authorized/);
});
