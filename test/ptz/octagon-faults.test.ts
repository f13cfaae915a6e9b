/** What an Octagon camera refuses, and how it is lost and found. */
import { describe, expect, test } from 'bun:test';
import { OctagonApi } from '../../ptz/octagon/api.ts';
import { OctagonClient } from '../../ptz/octagon/client.ts';
import { OctagonRig, octagonDriver, octagonOptions } from './octagon-rig.ts';
import { ManualTime } from './rig.ts';

const PAN = { pan: 0.5, tilt: 0, zoom: 0 };

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
    await expect(rig.driver.open()).rejects.toThrow('the camera requires a login');
    expect(rig.server.device.gate.wrongLogins).toBe(0);
  });

  test('reboot: commands fail at once, and it is found again, stopped', async () => {
    await using rig = await OctagonRig.start([], { probe: false });
    await rig.driver.open();
    const { promise, resolve } = Promise.withResolvers<void>();
    rig.gate = promise;
    const back = rig.server.reboot();
    for (let count = 0; count < 2; count++) {
      await expect(rig.driver.velocity(PAN, 500)).rejects.toMatchObject({ code: 'ptz_unreachable' });
    }
    expect(await rig.driver.status()).toMatchObject({ pan: null, link: { state: 'lost' } });
    const stops = rig.calls('stop');
    resolve();
    await back;
    expect((await rig.driver.status()).link.state).toBe('ready');
    expect(rig.calls('stop')).toBeGreaterThan(stops);
    expect(await rig.driver.velocity(PAN, 500)).toBe('sent');
    await rig.driver.close();
  });

  test('no stop was confirmed: close says so', async () => {
    await using rig = await OctagonRig.start([], { probe: false });
    await rig.driver.open();
    await rig.driver.velocity(PAN, 500);
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
      fetch: ({ headers }) => {
        // The one before the login is none.
        if (headers.has('authorization')) count++;
        return answer();
      },
    });
    const options = octagonOptions(server.port ?? 0);
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
    const options = octagonOptions(server.port ?? 0);
    const api = new OctagonApi(new OctagonClient(options, new ManualTime()), options);
    expect(await api.position()).toBeNull();
    expect(await api.presets()).toEqual([{ token: '4', name: 'gate' }]);
  });

  test('an address with a login in it is refused and not shown', () => {
    const make = () =>
      octagonDriver(octagonOptions(1, { url: 'http://admin:geheim@host' }), { time: new ManualTime() });
    expect(make).toThrow('a camera address must not contain a login');
  });
});
