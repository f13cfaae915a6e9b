/** Every quirk, seen by a client through HTTP. */
import { describe, expect, test } from 'bun:test';
import { QUIRKS, traitsOf } from '../../../sim/camera/quirks.ts';
import {
  all,
  digestHeader,
  FOV_SPACE,
  NOBODY,
  PASSWORD,
  PROFILE,
  Rig,
  reply,
  soapText,
  translation,
  USER,
  velocity,
} from './rig.ts';

const CONFIGURATION = '<tptz:ConfigurationToken>ptz_configuration</tptz:ConfigurationToken>';
const TARGET = '/onvif/device_service';
const tested = new Set<string>();

/** A test of one quirk; the last test looks that none was forgotten. */
function quirkTest(name: string, what: string, run: (rig: Rig) => Promise<void>): void {
  tested.add(name);
  test(`${name}: ${what}`, async () => {
    await using rig = await Rig.start({ quirks: [name] });
    await run(rig);
    expect(rig.failures).toEqual([]);
  });
}

async function spaces(rig: Rig): Promise<string[]> {
  const { body } = await rig.call('tptz', 'GetConfigurationOptions', CONFIGURATION);
  return all(body, 'URI').map(({ text }) => text);
}

async function isTurning(rig: Rig): Promise<boolean> {
  return (await rig.state()).moving.pan ?? false;
}

describe('what it can do', () => {
  quirkTest('no-relative-fov', 'not listed, refused; the generic space works', async (rig) => {
    expect(await spaces(rig)).not.toContain(FOV_SPACE);
    const refused = await rig.ptz('RelativeMove', translation(0.5, 0, FOV_SPACE));
    expect(refused.fault).toEqual(['ter:InvalidArgVal', 'ter:SpaceNotSupported']);
    expect((await rig.ptz('RelativeMove', translation(0.1, 0))).status).toBe(200);
  });

  quirkTest('fov-refused', 'listed, and refused all the same', async (rig) => {
    expect(await spaces(rig)).toContain(FOV_SPACE);
    const refused = await rig.ptz('RelativeMove', translation(0.5, 0, FOV_SPACE));
    expect(refused.fault).toEqual(['ter:InvalidArgVal', 'ter:SpaceNotSupported']);
    rig.advance(1);
    expect((await rig.state()).encoders.pan_deg).toBe(0);
  });

  quirkTest('zoom-half', 'positions end at 0.499, which is the tele end', async (rig) => {
    const { body } = await rig.call('tptz', 'GetConfigurationOptions', CONFIGURATION);
    const [zoom] = all(body, 'AbsoluteZoomPositionSpace');
    expect(zoom && all(zoom, 'Max').map(({ text }) => text)).toEqual(['0.499']);
    const to = (x: number) => rig.ptz('AbsoluteMove', `<tptz:Position><tt:Zoom x="${x}"/></tptz:Position>`);
    expect((await to(0.6)).fault).toEqual(['ter:InvalidArgVal', 'ter:InvalidPosition']);
    expect((await to(0.499)).status).toBe(200);
    rig.advance(10);
    expect((await rig.state()).pose.hfov_deg).toBeCloseTo(3, 6);
    const [at] = all((await rig.ptz('GetStatus')).body, 'Zoom');
    expect(at?.attributes.get('x')).toBe('0.499');
  });

  quirkTest('tilt-positions-down', 'positions grow downwards, velocities are up', async (rig) => {
    const to = (y: number) => rig.ptz('AbsoluteMove', `<tptz:Position><tt:PanTilt x="0" y="${y}"/></tptz:Position>`);
    await to(-0.5);
    rig.advance(4);
    // Three quarters of the way up from -20 to 90 degrees.
    expect((await rig.state()).encoders.tilt_deg).toBeCloseTo(62.5, 6);
    await rig.ptz('ContinuousMove', velocity(0, 0.1, 0, 'PT0.5S'));
    rig.advance(2);
    expect((await rig.state()).encoders.tilt_deg).toBeGreaterThan(64);
    const [at] = all((await rig.ptz('GetStatus')).body, 'PanTilt');
    expect(Number(at?.attributes.get('y'))).toBeLessThan(-0.52);
  });

  quirkTest('first-profile-without-ptz', 'a move with its token is refused', async (rig) => {
    const { body } = await rig.call('trt', 'GetProfiles');
    const withPtz = all(body, 'Profiles').map((profile) => all(profile, 'PTZConfiguration').length);
    expect(withPtz).toEqual([0, 1]);
    const refused = await rig.ptz('ContinuousMove', velocity(0.1), 'profile_main');
    expect(refused.fault).toEqual(['ter:InvalidArgVal', 'ter:NoPTZProfile']);
    expect((await rig.ptz('ContinuousMove', velocity(0.1))).status).toBe(200);
  });
});

describe('status', () => {
  quirkTest('always-moving', 'MOVING while it stands', async (rig) => {
    rig.advance(10);
    const { body } = await rig.ptz('GetStatus');
    expect(all(body, 'MoveStatus').flatMap(({ children }) => children.map(({ text }) => text))).toEqual([
      'MOVING',
      'MOVING',
    ]);
  });

  quirkTest('no-status', 'GetStatus is not implemented', async (rig) => {
    const answer = await rig.ptz('GetStatus');
    expect(answer).toMatchObject({ status: 500, fault: ['ter:ActionNotSupported'] });
  });

  quirkTest('nil-position', 'the position is nil', async (rig) => {
    const { xml, body } = await rig.ptz('GetStatus');
    expect(xml).toContain('<tt:Position xsi:nil="true"/>');
    expect(all(body, 'Position')[0]?.children).toEqual([]);
  });
});

describe('stopping', () => {
  quirkTest('timeout-ignored', 'the move goes on until Stop', async (rig) => {
    await rig.ptz('ContinuousMove', velocity(0.1, 0, 0, 'PT0.5S'));
    rig.advance(5);
    expect(await isTurning(rig)).toBe(true);
    await rig.ptz('Stop');
    rig.advance(1);
    expect(await isTurning(rig)).toBe(false);
  });

  quirkTest('timeout-refused', 'only without one, and then without an end', async (rig) => {
    const refused = await rig.ptz('ContinuousMove', velocity(0.1, 0, 0, 'PT0.5S'));
    expect(refused.fault).toEqual(['ter:InvalidArgVal', 'ter:TimeoutNotSupported']);
    await rig.ptz('ContinuousMove', velocity(0.1));
    rig.advance(15);
    expect(await isTurning(rig)).toBe(true);
  });

  quirkTest('stop-refused', 'a move at rate 0 stops it', async (rig) => {
    await rig.ptz('ContinuousMove', velocity(0.1));
    expect((await rig.ptz('Stop')).fault).toEqual(['ter:ActionNotSupported']);
    rig.advance(1);
    expect(await isTurning(rig)).toBe(true);
    await rig.ptz('ContinuousMove', velocity(0, 0, 0));
    rig.advance(1);
    expect(await isTurning(rig)).toBe(false);
  });
});

/** Hours by which the reported UTC time is ahead of the real one. */
async function reportedOffsetH(rig: Rig, login = NOBODY): Promise<number> {
  const { body } = await rig.call('tds', 'GetSystemDateAndTime', '', login);
  const [utc] = all(body, 'UTCDateTime');
  const read = (name: string) => Number(utc && all(utc, name)[0]?.text);
  const [year, month, day] = ['Year', 'Month', 'Day'].map(read);
  const [hour, minute, second] = ['Hour', 'Minute', 'Second'].map(read);
  const ms = Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute, second);
  return Math.round((ms - rig.clock.unixMs()) / 36_000) / 100;
}

describe('logins', () => {
  const createdAhead = (rig: Rig, createdOffsetS: number) =>
    rig.call('tds', 'GetDeviceInformation', '', { security: rig.security({ createdOffsetS }) });

  quirkTest('clock-hour-off', 'only logins by its own clock count', async (rig) => {
    expect(await reportedOffsetH(rig)).toBe(1);
    expect(await createdAhead(rig, 0)).toMatchObject({ status: 400, fault: ['ter:NotAuthorized'] });
    expect((await createdAhead(rig, 3600)).status).toBe(200);
  });

  quirkTest('local-time-as-utc', 'logins by what it reports do not count, by real time they do', async (rig) => {
    expect(await reportedOffsetH(rig)).toBe(2);
    expect(await createdAhead(rig, 2 * 3600)).toMatchObject({ status: 400, fault: ['ter:NotAuthorized'] });
    expect((await createdAhead(rig, 0)).status).toBe(200);
  });

  quirkTest('digest-only', 'WS-Security counts for nothing', async (rig) => {
    const answer = await rig.call('tds', 'GetDeviceInformation');
    expect(answer).toMatchObject({ status: 401, fault: ['ter:NotAuthorized'] });
    const authorization = digestHeader(answer.challenges[0] ?? '', TARGET);
    expect((await rig.call('tds', 'GetDeviceInformation', '', { ...NOBODY, authorization })).status).toBe(200);
  });

  quirkTest('auth-for-time', 'not even the time without a login', async (rig) => {
    expect((await rig.call('tds', 'GetSystemDateAndTime', '', NOBODY)).status).toBe(401);
    expect(await reportedOffsetH(rig, {})).toBe(0);
    const cam = await rig.connect();
    expect(cam.profiles).toHaveLength(2);
  });

  quirkTest('lockout', 'after three wrong logins the right one does not help, for 30 minutes', async (rig) => {
    const login = (password: string) =>
      rig.call('tds', 'GetDeviceInformation', '', { security: rig.security({ password }) });
    for (const _ of [1, 2]) await login('wrong');
    expect((await login(PASSWORD)).status).toBe(200);
    for (const _ of [1, 2, 3]) expect((await login('wrong')).status).toBe(400);
    expect(await login(PASSWORD)).toMatchObject({ status: 400, fault: ['ter:NotAuthorized'] });
    rig.advance(30 * 60 - 1);
    expect((await login(PASSWORD)).status).toBe(400);
    rig.advance(2);
    expect((await login(PASSWORD)).status).toBe(200);
  });
});

describe('Octagon API', () => {
  const ask = async (rig: Rig, path: string) => {
    const headers = { Authorization: `Basic ${btoa(`${USER}:${PASSWORD}`)}` };
    return await (await fetch(`${rig.server.origin}/api${path}`, { headers })).json();
  };

  quirkTest('octagon-busy', 'every fourth request finds its device busy, and has no effect', async (rig) => {
    const answers: unknown[] = [];
    for (let count = 0; count < 4; count++) answers.push(await ask(rig, '/devices/pantilt?command=move&direction=up'));
    expect(answers.slice(0, 3)).toEqual([{ success: true }, { success: true }, { success: true }]);
    expect(answers[3]).toMatchObject({ success: false, error: { code: 'DEVICE_BUSY' } });
    expect((await rig.state()).calls['octagon move']).toBe(3);
  });

  quirkTest('octagon-alt-names', 'the position goes by other names', async (rig) => {
    expect(await ask(rig, '/devices/pantilt/position')).toEqual({
      success: true,
      data: { panPosition: 0, tiltPosition: 12 },
    });
  });
});

describe('network', () => {
  quirkTest('wrong-xaddr', 'the services are said to be elsewhere', async (rig) => {
    const { body } = await rig.call('tds', 'GetServices', '<tds:IncludeCapability>false</tds:IncludeCapability>');
    for (const { text } of all(body, 'XAddr')) expect(text).toStartWith('http://192.0.2.64/onvif/');
    const cam = await rig.connect({ preserveAddress: true });
    expect(cam.profiles).toHaveLength(2);
  });

  for (const latencyMs of [300, 1000]) {
    quirkTest(`latency-${latencyMs}`, 'the answer and the effect come late', async (rig) => {
      const moved = rig.ptz('ContinuousMove', velocity(1));
      const slow = await rig.waiting();
      expect(slow.ms).toBe(latencyMs);
      expect((await rig.state()).last_move).toBeNull();
      slow.over();
      expect((await moved).status).toBe(200);
      expect((await rig.state()).last_move?.time_s).toBe(latencyMs / 1000);
    });
  }

  quirkTest('drop-tenth', 'no answer and no effect', async (rig) => {
    for (let request = 1; request < 10; request++) expect((await rig.ptz('GetPresets')).status).toBe(200);
    const giveUp = new AbortController();
    const token = `<tptz:ProfileToken>${PROFILE}</tptz:ProfileToken>`;
    const asked = rig.call('tptz', 'ContinuousMove', token + velocity(1), { signal: giveUp.signal });
    // What comes after it is answered; it itself is not.
    expect((await rig.ptz('GetPresets')).status).toBe(200);
    giveUp.abort();
    await expect(asked).rejects.toThrow('aborted');
    expect((await rig.state()).last_move).toBeNull();
  });

  quirkTest('reboot', 'gone after 100 requests, back at home', async (rig) => {
    await rig.ptz('SetPreset', '<tptz:PresetName>kept</tptz:PresetName>');
    await rig.ptz('AbsoluteMove', '<tptz:Position><tt:PanTilt x="0.5" y="0"/></tptz:Position>');
    rig.advance(10);
    await rig.ptz('ContinuousMove', velocity(-1, 0, 0, 'PT30S'));
    for (let request = 4; request < 100; request++) await rig.call('tds', 'GetHostname', '', NOBODY);
    await expect(rig.ptz('GetPresets')).rejects.toThrow();
    const away = await rig.waiting();
    expect(away.ms).toBe(8000);
    await expect(rig.ptz('GetPresets')).rejects.toThrow('Unable to connect');
    const isBack = rig.server.reboot();
    away.over();
    await isBack;
    expect((await rig.ptz('GetPresets')).xml).toContain('kept');
    rig.advance(10);
    expect((await rig.state()).encoders).toEqual({ pan_deg: 0, tilt_deg: 12, zoom: 0 });
  });
});

test('every quirk has its test', () => {
  expect([...tested].toSorted()).toEqual(QUIRKS.map(({ name }) => String(name)).toSorted());
});

test('the README says the same', async () => {
  const readme = await Bun.file(new URL('../../../sim/camera/README.md', import.meta.url)).text();
  const rows = [...readme.matchAll(/^\| `([a-z0-9-]+)` +\| (.+?) +\|$/gm)].map(([, name, says]) => [name, says]);
  expect(rows).toEqual(QUIRKS.map(({ name, description }) => [name, description]));
});

test('quirks can be combined; an unknown one is named with the nearest', async () => {
  await using rig = await Rig.start({ quirks: ['digest-only', 'stop-refused', 'nil-position'] });
  const url = `${rig.server.origin}${TARGET}`;
  const body = soapText('tptz', 'Stop', `<tptz:ProfileToken>${PROFILE}</tptz:ProfileToken>`, '');
  const first = await fetch(url, { method: 'POST', body });
  const [challenge = ''] = reply(401, await first.text(), first.headers.get('www-authenticate')).challenges;
  const second = await fetch(url, {
    method: 'POST',
    body,
    headers: { Authorization: digestHeader(challenge, TARGET) },
  });
  expect(reply(second.status, await second.text(), null).fault).toEqual(['ter:ActionNotSupported']);
  expect(() => traitsOf(['stop-refuse'])).toThrow("there is no quirk 'stop-refuse'; did you mean 'stop-refused'?");
});
