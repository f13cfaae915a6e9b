/** The camera's Octagon API as a client sees it: requests, answers, what moves. */
import { describe, expect, test } from 'bun:test';
import { PASSWORD, Rig, USER } from './rig.ts';

interface Reply {
  readonly status: number;
  readonly success: boolean;
  readonly data: Record<string, unknown> | undefined;
  readonly error: { readonly code: string; readonly message: string } | undefined;
}

async function api(rig: Rig, path: string, body?: object, password = PASSWORD): Promise<Reply> {
  const response = await fetch(`${rig.server.origin}/api${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { Authorization: `Basic ${btoa(`${USER}:${password}`)}` },
    body: body === undefined ? null : JSON.stringify(body),
  });
  return { status: response.status, ...((await response.json()) as Omit<Reply, 'status'>) };
}

const head = (rig: Rig) => rig.server.camera.state();

test('devices, all and one', async () => {
  await using rig = await Rig.start();
  const { status, success, data } = await api(rig, '/devices');
  expect({ status, success, names: Object.keys(data ?? {}) }).toEqual({
    status: 200,
    success: true,
    names: ['pantilt', 'visible'],
  });
  expect((await api(rig, '/devices/visible')).data).toMatchObject({ status: 'CONNECTED', model: 'Virtual visible' });
});

describe('moves', () => {
  const directions: { direction: string; rates: number[] }[] = [
    { direction: 'right', rates: [45, 0] },
    { direction: 'left', rates: [-45, 0] },
    { direction: 'up', rates: [0, 15] },
    { direction: 'down', rates: [0, -15] },
    { direction: 'upright', rates: [45, 15] },
    { direction: 'upleft', rates: [-45, 15] },
    { direction: 'downright', rates: [45, -15] },
    { direction: 'downleft', rates: [-45, -15] },
  ];
  test.each(directions)('$direction until it is stopped', async ({ direction, rates }) => {
    await using rig = await Rig.start();
    await api(rig, `/devices/pantilt?command=move&direction=${direction}&panSpeed=50&tiltSpeed=25`);
    rig.advance(0.5);
    expect([head(rig).pan.rate, head(rig).tilt.rate]).toEqual(rates);
    rig.advance(0.5);
    expect([head(rig).pan.rate, head(rig).tilt.rate]).toEqual(rates);
    await api(rig, '/devices/pantilt?command=stop');
    rig.advance(1);
    expect([head(rig).pan.rate, head(rig).tilt.rate]).toEqual([0, 0]);
  });

  test('one speed for both axes', async () => {
    await using rig = await Rig.start();
    await api(rig, '/devices/pantilt?command=move&direction=upright&speed=10');
    rig.advance(0.5);
    expect([head(rig).pan.rate, head(rig).tilt.rate]).toEqual([9, 6]);
  });

  test('the lens has one speed', async () => {
    await using rig = await Rig.start();
    await api(rig, '/devices/visible?command=zoomTele');
    rig.advance(1);
    expect(head(rig).zoom.rate).toBe(0.25);
    await api(rig, '/devices/visible?command=zoomWide');
    rig.advance(0.6);
    expect(head(rig).zoom.rate).toBe(-0.25);
    await api(rig, '/devices/visible?command=stop');
    rig.advance(1);
    expect(head(rig).zoom.rate).toBe(0);
  });
});

describe('places', () => {
  test('pan angles run from 0 to 360; of two ways the nearest that the head can turn is taken', async () => {
    await using rig = await Rig.start();
    expect((await api(rig, '/devices/pantilt/position')).data).toEqual({ pan: 0, tilt: 12 });
    await api(rig, '/devices/pantilt/position', { pan: 330, tilt: 45 });
    rig.advance(4);
    expect([head(rig).pan.position, head(rig).tilt.position]).toEqual([-30, 45]);
    expect((await api(rig, '/devices/pantilt/position')).data).toEqual({ pan: 330, tilt: 45 });
    await api(rig, '/devices/pantilt/position', { pan: 180, tilt: 45 });
    rig.advance(6);
    expect(head(rig).pan.position).toBe(-180);
    await api(rig, '/devices/pantilt?command=home');
    rig.advance(6);
    expect([head(rig).pan.position, head(rig).tilt.position]).toEqual([0, 0]);
  });

  test('at a speed', async () => {
    await using rig = await Rig.start();
    await api(rig, '/devices/pantilt/position', { pan: 90, tilt: 10, speed: 10 });
    rig.advance(1);
    expect(head(rig).pan.rate).toBeCloseTo(9, 6);
  });

  test('the lens in percent', async () => {
    await using rig = await Rig.start();
    await api(rig, '/devices/visible/position', { zoom: 25, focus: 70 });
    rig.advance(4);
    expect((await api(rig, '/devices/visible/position')).data).toEqual({ zoom: 25, focus: 70 });
    expect(head(rig).zoom.position).toBeCloseTo(0.25, 6);
  });

  test('presets are those of ONVIF', async () => {
    await using rig = await Rig.start();
    await api(rig, '/devices/pantilt/position', { pan: 20, tilt: 0 });
    rig.advance(3);
    expect((await api(rig, '/system/presets/1?action=set&name=gate&devices=pantilt,visibleLens')).data).toEqual({
      id: '1',
    });
    expect((await api(rig, '/system/presets')).data).toMatchObject({ '1': { name: 'gate' } });
    expect((await rig.ptz('GetPresets')).xml).toContain('<tt:Name>gate</tt:Name>');
    await api(rig, '/devices/pantilt?command=home');
    rig.advance(3);
    await api(rig, '/system/presets/1?action=goto');
    rig.advance(0.2);
    await api(rig, '/system/presets?action=stop');
    rig.advance(3);
    expect(head(rig).pan.position).toBeGreaterThan(0.1);
    expect(head(rig).pan.position).toBeLessThan(15);
  });
});

test('beside ONVIF: the same head, and both count as requests', async () => {
  await using rig = await Rig.start({ quirks: ['reboot'] });
  await api(rig, '/devices/pantilt?command=move&direction=right&speed=10');
  rig.advance(1);
  await rig.ptz('Stop');
  rig.advance(1);
  expect(head(rig).pan.rate).toBe(0);
  const state = await rig.state();
  expect(state.calls).toMatchObject({ 'octagon move': 1, Stop: 1 });
  expect(state.last_move?.operation).toBe('Stop');
});

describe('what it refuses', () => {
  test.each([
    { path: '/devices/pantilt?command=jump', status: 400, says: "no command 'jump'" },
    { path: '/devices/pantilt?command=move&direction=sideways', status: 400, says: 'direction must be one of right' },
    { path: '/devices/pantilt?command=move&direction=up&speed=101', status: 400, says: 'a number from 0 to 100' },
    { path: '/devices/pantilt/position', body: { pan: 361, tilt: 0 }, status: 400, says: 'a number from 0 to 360' },
    { path: '/devices/pantilt/position', body: { pan: 1 }, status: 400, says: 'tilt is missing' },
    { path: '/devices/pantilt/position', body: ['x'], status: 400, says: 'no object' },
    { path: '/devices/thermal', status: 404, says: 'no device thermal' },
    { path: '/devices/%E0%A4%A', status: 400, says: 'not well encoded' },
    { path: '/system/presets/9?action=goto', status: 404, says: 'no preset 9' },
    { path: '/nothing', status: 404, says: '/api/nothing' },
  ])('$path: $says', async ({ path, body, status, says }) => {
    await using rig = await Rig.start();
    const reply = await api(rig, path, body);
    expect(reply).toMatchObject({ status, success: false });
    expect(reply.error?.message).toContain(says);
    expect(rig.failures).toEqual([]);
  });

  test('a preset’s name that is taken: the device says no, with 200', async () => {
    await using rig = await Rig.start();
    await api(rig, '/system/presets/1?action=set&name=gate');
    const reply = await api(rig, '/system/presets/2?action=set&name=gate');
    expect(reply).toMatchObject({ status: 200, success: false, error: { code: 'DEVICE_ERROR' } });
  });

  test('a wrong login, and none; wrong ones count towards the lock', async () => {
    await using rig = await Rig.start({ quirks: ['lockout'] });
    const none = await fetch(`${rig.server.origin}/api/devices`);
    expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(/^Basic realm=/)]);
    for (const _ of [1, 2, 3]) expect((await api(rig, '/devices', undefined, 'wrong')).status).toBe(401);
    expect((await api(rig, '/devices')).status).toBe(401);
    rig.advance(30 * 60 + 1);
    expect((await api(rig, '/devices')).status).toBe(200);
  });
});
