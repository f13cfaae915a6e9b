/** SOAP and its faults: what is refused, with which subcodes; bounds on what anybody may send. */
import { describe, expect, test } from 'bun:test';
import { connect } from 'node:net';
import fc from 'fast-check';
import { readXml } from '../../../sim/camera/soap/read-xml.ts';
import { el } from '../../../sim/camera/soap/write-xml.ts';
import { all, Rig, reply, soapText, translation, velocity } from './rig.ts';

async function post(rig: Rig, body: string) {
  const response = await fetch(rig.server.url, { method: 'POST', body });
  return { status: response.status, text: await response.text() };
}

describe('what is no request', () => {
  test.each([
    { why: 'no XML', body: 'hello', subcode: 'ter:WellFormed' },
    { why: 'nothing', body: '', subcode: 'ter:WellFormed' },
    {
      why: 'cut off',
      body: '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">',
      subcode: 'ter:WellFormed',
    },
    { why: 'an unknown prefix', body: '<s:Envelope/>', subcode: 'ter:WellFormed' },
    {
      why: 'a document type',
      body: '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
      subcode: 'ter:WellFormed',
    },
    { why: 'too deep', body: '<a>'.repeat(40) + '</a>'.repeat(40), subcode: 'ter:WellFormed' },
    { why: 'too many elements', body: `<a>${'<b/>'.repeat(2000)}</a>`, subcode: 'ter:WellFormed' },
    {
      why: 'an empty body',
      body: '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body/></s:Envelope>',
      subcode: 'ter:WellFormed',
    },
  ])('$why', async ({ body, subcode }) => {
    await using rig = await Rig.start();
    const { status, text } = await post(rig, body);
    expect({ status, fault: reply(status, text, null).fault }).toEqual({ status: 400, fault: [subcode] });
    expect(rig.failures).toEqual([]);
  });

  test('SOAP 1.1 is another version', async () => {
    await using rig = await Rig.start();
    const { status, text } = await post(
      rig,
      '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body/></Envelope>',
    );
    expect(status).toBe(500);
    expect(text).toContain('s:VersionMismatch');
  });

  test('a body beyond 64 KiB, other methods, other paths', async () => {
    await using rig = await Rig.start();
    expect((await post(rig, 'x'.repeat(70_000))).status).toBe(413);
    expect((await fetch(rig.server.url)).status).toBe(405);
    expect((await fetch(`${rig.server.origin}/`)).status).toBe(404);
  });
});

test('property: whatever is sent, it is answered', async () => {
  await using rig = await Rig.start();
  const call = { method: 'POST', target: '/', authorization: undefined, origin: rig.server.origin };
  const good = soapText('tptz', 'ContinuousMove', velocity(0.5), rig.security());
  const broken = fc
    .tuple(fc.nat(good.length), fc.nat(20), fc.string({ maxLength: 10 }))
    .map(([at, length, text]) => good.slice(0, at) + text + good.slice(at + length));
  fc.assert(
    fc.property(fc.oneof(fc.string(), broken), (text) => {
      expect([200, 400, 401, 500]).toContain(rig.server.device.answer({ ...call, text }).status);
    }),
    { numRuns: 500 },
  );
});

describe('faults', () => {
  const unknownSpace = translation(0, 0, 'http://www.onvif.org/ver10/tptz/PanTiltSpaces/Nowhere');
  test.each([
    ['Reverse', '', ['ter:ActionNotSupported']],
    ['ContinuousMove', velocity(2), ['ter:InvalidArgVal', 'ter:InvalidVelocity']],
    ['ContinuousMove', '', ['ter:InvalidArgVal', 'ter:InvalidVelocity']],
    ['ContinuousMove', velocity(Number.NaN), ['ter:InvalidArgVal', 'ter:InvalidArgs']],
    ['ContinuousMove', velocity(0.1, 0, 0, '1s'), ['ter:InvalidArgVal', 'ter:InvalidArgs']],
    ['ContinuousMove', velocity(0.1, 0, 0, 'PT5M'), ['ter:InvalidArgVal', 'ter:TimeoutNotSupported']],
    ['RelativeMove', translation(1.5, 0), ['ter:InvalidArgVal', 'ter:InvalidTranslation']],
    ['RelativeMove', unknownSpace, ['ter:InvalidArgVal', 'ter:SpaceNotSupported']],
    [
      'AbsoluteMove',
      '<tptz:Position><tt:PanTilt x="0" y="-1.2"/></tptz:Position>',
      ['ter:InvalidArgVal', 'ter:InvalidPosition'],
    ],
    ['GotoPreset', '<tptz:PresetToken>9</tptz:PresetToken>', ['ter:InvalidArgVal', 'ter:NoToken']],
    ['Stop', '<tptz:PanTilt>maybe</tptz:PanTilt>', ['ter:InvalidArgVal', 'ter:InvalidArgs']],
  ])('%s %s', async (operation, inside, fault) => {
    await using rig = await Rig.start();
    expect((await rig.ptz(operation, inside)).fault).toEqual(fault);
  });

  test('tokens that do not exist', async () => {
    await using rig = await Rig.start();
    expect((await rig.ptz('GetStatus', '', 'nobody')).fault).toEqual(['ter:InvalidArgVal', 'ter:NoProfile']);
    expect((await rig.call('tptz', 'GetNode', '<tptz:NodeToken>x</tptz:NodeToken>')).fault).toEqual([
      'ter:InvalidArgVal',
      'ter:NoEntity',
    ]);
    expect((await rig.call('tptz', 'GetConfigurationOptions')).fault).toEqual(['ter:InvalidArgVal', 'ter:NoConfig']);
    expect((await rig.call('trt', 'GetProfile')).fault).toEqual(['ter:InvalidArgVal', 'ter:NoProfile']);
  });

  test('presets: a name twice, and more than there is room for', async () => {
    await using rig = await Rig.start();
    const set = (name: string) => rig.ptz('SetPreset', `<tptz:PresetName>${name}</tptz:PresetName>`);
    for (let index = 0; index < 32; index++) expect((await set(`place ${index}`)).status).toBe(200);
    expect((await set('place 3')).fault).toEqual(['ter:InvalidArgVal', 'ter:PresetExist']);
    expect((await set('one more')).fault).toEqual(['ter:Action', 'ter:TooManyPresets']);
  });
});

describe('moves', () => {
  test('Timeout ends a continuous move; without one the default of ten seconds does', async () => {
    await using rig = await Rig.start();
    await rig.ptz('ContinuousMove', velocity(0.1, 0, 0, 'PT0.5S'));
    rig.advance(1);
    expect((await rig.state()).moving.pan).toBe(false);
    await rig.ptz('ContinuousMove', velocity(0.1));
    rig.advance(10);
    expect((await rig.state()).moving.pan).toBe(true);
    rig.advance(0.5);
    expect((await rig.state()).moving.pan).toBe(false);
  });

  test('what is not named goes on: zoom, while pan and tilt are stopped', async () => {
    await using rig = await Rig.start();
    await rig.ptz('ContinuousMove', velocity(0.1, 0.1, 0.1));
    await rig.ptz('Stop', '<tptz:PanTilt>true</tptz:PanTilt><tptz:Zoom>false</tptz:Zoom>');
    rig.advance(1);
    expect((await rig.state()).moving).toEqual({ pan: false, tilt: false, zoom: true });
  });

  test('a move in the field-of-view space brings what was at the edge to the centre, at any zoom', async () => {
    await using rig = await Rig.start();
    for (const zoom of [0, 0.7]) {
      await rig.ptz('AbsoluteMove', `<tptz:Position><tt:PanTilt x="0" y="0"/><tt:Zoom x="${zoom}"/></tptz:Position>`);
      rig.advance(10);
      const before = await rig.state();
      const space = 'http://www.onvif.org/ver10/tptz/PanTiltSpaces/TranslationSpaceFov';
      await rig.ptz('RelativeMove', translation(1, -1, space));
      rig.advance(10);
      const after = await rig.state();
      const { hfov_deg: hfovDeg } = before.pose;
      expect(after.encoders.pan_deg - before.encoders.pan_deg).toBeCloseTo(hfovDeg / 2, 4);
      expect(after.encoders.tilt_deg - before.encoders.tilt_deg).toBeCloseTo((-hfovDeg * 9) / 32, 4);
    }
  });

  test('Speed slows a move down', async () => {
    await using rig = await Rig.start();
    const to = '<tptz:Position><tt:PanTilt x="0.5" y="0"/></tptz:Position>';
    await rig.ptz('AbsoluteMove', `${to}<tptz:Speed><tt:PanTilt x="0.1" y="0.1"/></tptz:Speed>`);
    rig.advance(2);
    expect((await rig.state()).rates.pan_deg_s).toBeCloseTo(9, 6);
  });
});

test('XML is escaped on the way out and read back the same', () => {
  const nasty = `a<b>&"'\u00e9]]>`;
  const read = readXml(`<r xmlns:tt="x">${el('tt:Name', { token: nasty }, nasty).text}</r>`);
  expect(all(read, 'Name')[0]).toMatchObject({ text: nasty, attributes: new Map([['token', nasty]]) });
  expect(el('tt:Zoom', { x: 1e-7, y: -0.25, z: 2 / 3 }).text).toBe('<tt:Zoom x="0" y="-0.25" z="0.666667"/>');
});

test('service addresses are what the client called, but never markup', async () => {
  await using rig = await Rig.start();
  const asked = async (host: string) => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const body =
      '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>' +
      '<GetServices xmlns="http://www.onvif.org/ver10/device/wsdl"/></s:Body></s:Envelope>';
    let text = '';
    const socket = connect(rig.server.port, '127.0.0.1', () => {
      const head = `POST /onvif/device_service HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n`;
      socket.write(`${head}Content-Length: ${body.length}\r\n\r\n${body}`);
    });
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('close', () => resolve(text));
    return await promise;
  };
  expect(await asked('camera.lan:8081')).toContain('<tds:XAddr>http://camera.lan:8081/onvif/ptz_service<');
  expect(await asked('a"><x')).toContain(`<tds:XAddr>${rig.server.origin}/onvif/ptz_service<`);
});
