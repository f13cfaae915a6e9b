/** Odd answers of real cameras: the driver connects, steers, stops, and says what was odd. */
import { describe, expect, test } from 'bun:test';
import { ANYTHING, answers, changes, fault, OddCamera } from './odd-camera.ts';
import { rows } from './odd-rows.ts';

const PAN = { pan: 0.5, tilt: 0, zoom: 0 };

describe('connects, steers and stops', () => {
  test.each(rows)('$what', async ({ oddity, quirks, options, rung = 'velocity', verified = true, stop, says }) => {
    await using odd = await OddCamera.start(oddity, options, quirks);
    const { rig, driver } = odd;
    const { verdict } = await driver.open();
    expect(verdict).toMatchObject({ rung, verified });
    if (stop) expect(verdict.stops.stop).toBe(verified ? stop : verdict.stops.stop);
    if (says) expect(verdict.notes.join('; ')).toContain(says);
    rig.time.advance(700);
    expect(rig.panRate()).toBe(0);
    if (rung === null) return await driver.close();
    const startDeg = rig.panDeg();
    for (let step = 0; step < 5; step++) {
      expect(await driver.velocity(PAN, 800)).toBe('sent');
      rig.time.advance(200);
    }
    expect(rig.panDeg()).toBeGreaterThan(startDeg + 2);
    // All at once, and its end.
    expect(await driver.velocity({ pan: 0.3, tilt: 0.1, zoom: 0.2 }, 800)).toBe('sent');
    rig.time.advance(200);
    expect(await driver.velocity(PAN, 800)).toBe('sent');
    rig.time.advance(500);
    if (rung === 'velocity') expect(rig.server.camera.state().zoom.rate).toBe(0);
    await driver.stop();
    rig.time.advance(rung === 'velocity' ? 500 : 1200);
    const { pan, tilt, zoom } = rig.server.camera.state();
    expect([pan.rate, tilt.rate, zoom.rate]).toEqual([0, 0, 0]);
    await driver.close();
  });
});

describe('what it is asked', () => {
  test('every request says its action; no axis that does not move is named', async () => {
    await using odd = await OddCamera.start({});
    const { driver, rig, requests } = odd;
    await driver.open();
    for (const { operation, xml, contentType } of requests) {
      const namespace = /xmlns="([^"]*)"/.exec(xml)?.[1];
      expect(contentType).toBe(`application/soap+xml; charset=utf-8; action="${namespace}/${operation}"`);
    }
    const axesOf = async (...velocities: { pan: number; tilt: number; zoom: number }[]) => {
      requests.length = 0;
      for (const velocity of velocities) await driver.velocity(velocity, 500);
      return odd
        .asked('ContinuousMove')
        .map((xml) => [...xml.matchAll(/<(PanTilt|Zoom) /g)].map(([, axis]) => axis).join('+'));
    };
    const zoom = { pan: 0, tilt: 0, zoom: 0.5 };
    expect(await axesOf(PAN, PAN)).toEqual(['PanTilt', 'PanTilt']);
    // What has moved is told to stand, once.
    expect(await axesOf(zoom, zoom, PAN, PAN)).toEqual(['PanTilt+Zoom', 'Zoom', 'PanTilt+Zoom', 'PanTilt']);
    await driver.stop();
    expect(await axesOf(zoom)).toEqual(['Zoom']);
    await driver.close();
    rig.time.advance(500);
    expect(rig.server.camera.state().zoom.rate).toBe(0);
  });

  test.each(['velocity', 'absolute', 'relative'] as const)(
    '%s: an axis whose range is nothing is told 0',
    async (rung) => {
      const flat = (xml: string) =>
        xml.replace(/<tt:YRange>.*?<\/tt:YRange>/gs, '<tt:YRange><tt:Min>0</tt:Min><tt:Max>0</tt:Max></tt:YRange>');
      const level = (xml: string) => flat(xml).replace(/ y="[^"]*"/g, ' y="0"');
      await using odd = await OddCamera.start(changes(/^Get(ConfigurationOptions|Status)$/, level), { rungs: [rung] });
      const { driver, rig } = odd;
      expect((await driver.open()).verdict).toMatchObject({ rung, verified: true });
      const startDeg = rig.panDeg();
      for (let step = 0; step < 5; step++) {
        await driver.velocity({ pan: 0.5, tilt: 0.5, zoom: 0 }, 500);
        rig.time.advance(200);
      }
      expect(rig.panDeg()).toBeGreaterThan(startDeg + 2);
      const told = odd.requests.filter(({ operation }) => operation.endsWith('Move'));
      expect([...new Set(told.flatMap(({ xml }) => /<PanTilt [^>]*y="([^"]*)"/.exec(xml)?.[1] ?? []))]).toEqual(['0']);
      await driver.close();
    },
  );

  test('moves to a place name the zoom only while it moves', async () => {
    await using odd = await OddCamera.start({}, { rungs: ['absolute'] });
    const { driver, rig, requests } = odd;
    await driver.open();
    requests.length = 0;
    for (const zoom of [0, 0.5, 0, 0]) {
      await driver.velocity({ pan: 0.2, tilt: 0, zoom }, 500);
      rig.time.advance(100);
    }
    expect(odd.asked('AbsoluteMove').map((xml) => xml.includes('<Zoom'))).toEqual([false, true, true, false]);
    await driver.close();
  });

  test('a zoom that is refused while it follows costs the zoom alone', async () => {
    let isRefused = false;
    await using odd = await OddCamera.start({
      instead: (operation, xml) =>
        isRefused && operation.endsWith('Move') && xml.includes('<Zoom') ? fault() : undefined,
    });
    const { driver, rig } = odd;
    await driver.open();
    isRefused = true;
    await driver.velocity({ pan: 0.3, tilt: 0, zoom: 0.3 }, 800);
    rig.time.advance(400);
    expect(rig.panRate()).toBeGreaterThan(10);
    expect((await driver.status()).notes?.join()).toContain('only pan and tilt are moved');
    await driver.close();
  });
});

test('at an end of its range, offsets are tried, not for ever, and it never goes the other way round', async () => {
  await using odd = await OddCamera.start({}, { rungs: ['absolute'] });
  const { driver, rig } = odd;
  await driver.open();
  rig.server.camera.command({ kind: 'to', values: { pan: 180, tilt: 0 }, maxRates: {} });
  rig.time.advance(8000);
  for (let step = 0; step < 30; step++) {
    await driver.velocity({ pan: 0.3, tilt: 0.05, zoom: 0 }, 500);
    rig.time.advance(200);
    expect(rig.panDeg()).toBeGreaterThan(179);
  }
  expect(rig.server.camera.state().tilt.position).toBeGreaterThan(1);
  expect(odd.asked('RelativeMove').length).toBe(8);
  await driver.close();
});

test.each([
  { quirks: [], rung: 'velocity', stops: { timeout: 'works', stop: 'stop' } },
  { quirks: ['timeout-ignored'], rung: 'relative', stops: { timeout: 'ignored', stop: 'stop' } },
] as const)('positions that never change are not used ($quirks): MoveStatus tells', async ({ quirks, rung, stops }) => {
  const fixed = (xml: string) => xml.replace(/<tt:PanTilt x="[^"]*" y="[^"]*"/, '<tt:PanTilt x="0.5" y="-0.25"');
  await using odd = await OddCamera.start(changes('GetStatus', fixed), {}, [...quirks]);
  const { driver } = odd;
  expect((await driver.open()).verdict).toMatchObject({ rung, verified: true, stops });
  expect(odd.asked('AbsoluteMove')).toEqual([]);
  expect(await driver.status()).toMatchObject({ pan: null, tilt: null, zoom: 0 });
  await driver.close();
});

describe('a Stop without an answer', () => {
  test('where Stop works, is sent again; a velocity of zero goes out meanwhile', async () => {
    let isSilent = false;
    await using odd = await OddCamera.start({
      instead: (operation) => (isSilent && operation === 'Stop' ? 'silence' : undefined),
    });
    const { driver, rig, requests } = odd;
    await driver.open();
    await driver.velocity(PAN, 1000);
    rig.time.advance(200);
    isSilent = true;
    requests.length = 0;
    await expect(driver.stop()).rejects.toMatchObject({ code: 'ptz_stop_failed' });
    expect(requests.map(({ operation }) => operation).slice(0, 4)).toEqual([
      'Stop',
      'ContinuousMove',
      'Stop',
      'ContinuousMove',
    ]);
    rig.time.advance(500);
    expect(rig.panRate()).toBe(0);
    isSilent = false;
    await driver.close();
  });
});

describe('what cannot be gone on with', () => {
  test.each(Object.entries(ANYTHING))('GetProfiles: %s', async (what, reply) => {
    await using odd = await OddCamera.start(answers({ GetProfiles: reply }));
    const code = what === 'silence' ? 'ptz_unreachable' : 'ptz_refused';
    await expect(odd.driver.open()).rejects.toMatchObject({ code });
  });

  test.each(Object.entries(ANYTHING))('GetServices and GetCapabilities: %s', async (_, reply) => {
    await using odd = await OddCamera.start(answers({ GetServices: reply, GetCapabilities: reply }));
    await expect(odd.driver.open()).rejects.toMatchObject({ code: 'ptz_refused' });
  });

  test('a camera without PTZ says so', async () => {
    const withoutPtz = (xml: string) =>
      xml.replace(/<tds:Service>(?:(?!<tds:Service>).)*ptz\/wsdl.*?<\/tds:Service>|<tt:PTZ>.*?<\/tt:PTZ>/gs, '');
    await using odd = await OddCamera.start(changes(/^Get(Services|Capabilities)$/, withoutPtz));
    await expect(odd.driver.open()).rejects.toMatchObject({ code: 'ptz_unsupported' });
  });

  test.each([
    ['200', () => fault('ter:NotAuthorized', 200)],
    ['500, in words of WS-Security', () => fault('wsse:FailedAuthentication', 500)],
  ])('a login that is refused under %s counts: no account is locked', async (_, refusal) => {
    await using odd = await OddCamera.start(answers({ GetProfiles: refusal }));
    await expect(odd.driver.open()).rejects.toMatchObject({ code: 'ptz_login' });
    const { length } = odd.asked('GetProfiles');
    expect(length).toBeLessThanOrEqual(3);
    await expect(odd.driver.open()).rejects.toMatchObject({ code: 'ptz_login' });
    expect(odd.asked('GetProfiles').length).toBe(length);
  });
});
