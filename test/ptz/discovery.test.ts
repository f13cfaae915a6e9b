/** WS-Discovery: what devices answer, and that others find the virtual camera. */
import { describe, expect, test } from 'bun:test';
import { networkInterfaces } from 'node:os';
import fc from 'fast-check';
import { Discovery } from 'onvif';
import { readMatches } from '../../ptz/onvif/discovery.ts';
import { answerProbes, probeMatches } from '../../sim/camera/discovery.ts';

const URL_OF_CAMERA = 'http://10.0.0.5:8000/onvif/device_service';

function answer(match: string): string {
  return `<?xml version="1.0"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope"><SOAP-ENV:Body><d:ProbeMatches>${match}</d:ProbeMatches></SOAP-ENV:Body></SOAP-ENV:Envelope>`;
}

function match({ xaddrs = URL_OF_CAMERA, types = 'dn:NetworkVideoTransmitter', scopes = '' }): string {
  return `<d:ProbeMatch><d:Types>${types}</d:Types><d:Scopes>${scopes}</d:Scopes><d:XAddrs>${xaddrs}</d:XAddrs></d:ProbeMatch>`;
}

const plain = { url: URL_OF_CAMERA, name: '', hardware: '', location: '' };

describe('an answer', () => {
  const scopes =
    'onvif://www.onvif.org/name/HIK%20DS-2DE onvif://www.onvif.org/hardware/DS onvif://www.onvif.org/location/city/%zz';

  test.each([
    {
      what: 'as it should be',
      match: match({ scopes }),
      found: [{ ...plain, name: 'HIK DS-2DE', hardware: 'DS', location: 'city/%zz' }],
    },
    {
      what: 'several addresses',
      match: match({ xaddrs: `http://[fe80::1]/x  ${URL_OF_CAMERA} http://192.168.1.2/x` }),
      found: [plain],
    },
    {
      what: 'an address that only the device knows',
      match: match({ xaddrs: 'http://192.168.1.64:8000/onvif/device_service' }),
      found: [plain],
    },
    {
      what: 'a name in place of an address',
      match: match({ xaddrs: 'http://cam.local:8000/onvif/device_service' }),
      found: [plain],
    },
    {
      what: 'two devices',
      match: match({}) + match({ xaddrs: 'http://10.0.0.5/2' }),
      found: [plain, { ...plain, url: 'http://10.0.0.5/2' }],
    },
    {
      what: 'no types, but scopes of ONVIF',
      match: match({ types: '', scopes, xaddrs: 'http://10.0.0.5/2' }),
      found: [expect.objectContaining({ url: 'http://10.0.0.5/2' })],
    },
    {
      what: 'a printer',
      match: match({ types: 'wsdp:Device wprt:PrintDeviceType', xaddrs: 'http://10.0.0.5:80/wsd' }),
      found: [],
    },
    { what: 'no address', match: match({ xaddrs: '' }), found: [] },
    { what: 'an address that is none', match: match({ xaddrs: 'http://:x onvif file:///etc/passwd' }), found: [] },
    { what: 'an empty match', match: '<d:ProbeMatch/>', found: [] },
    { what: 'a fault', match: '<Fault/>', found: [] },
  ])('$what', ({ match: inside, found }) => expect(readMatches(answer(inside), '10.0.0.5')).toEqual([...found]));

  test('cut off or turned around anywhere does no harm', () => {
    const whole = answer(match({ scopes }));
    const cut = fc.tuple(fc.nat(whole.length), fc.nat(whole.length), fc.string({ maxLength: 5 }));
    fc.assert(
      fc.property(cut, ([from, to, between]) => {
        for (const { url } of readMatches(whole.slice(0, from) + between + whole.slice(to), '10.0.0.5')) {
          expect(new URL(url).hostname).toBe('10.0.0.5');
        }
      }),
    );
  });
});

describe('the virtual camera', () => {
  const probe = (inside: string) =>
    `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"><s:Header><a:MessageID>uuid:7</a:MessageID></s:Header><s:Body><Probe xmlns="http://schemas.xmlsoap.org/ws/2005/04/discovery">${inside}</Probe></s:Body></s:Envelope>`;

  test.each([
    { inside: '', answers: true },
    { inside: '<Types>x:NetworkVideoTransmitter</Types>', answers: true },
    { inside: '<Types>x:Device x:NetworkVideoTransmitter</Types><Scopes/>', answers: true },
    { inside: '<Types>x:NetworkVideoDisplay</Types>', answers: false },
    { inside: '<Scopes>onvif://www.onvif.org/type/ptz</Scopes>', answers: true },
    { inside: '<Scopes>onvif://www.onvif.org/name/other</Scopes>', answers: false },
  ])('answers to $inside: $answers', ({ inside, answers }) => {
    const text = probeMatches(probe(inside), 'urn:uuid:1', URL_OF_CAMERA);
    expect(text !== null).toBe(answers);
    if (text === null) return;
    expect(text).toContain('<wsa:RelatesTo>uuid:7</wsa:RelatesTo>');
    expect(readMatches(text, '10.0.0.5')).toEqual([
      expect.objectContaining({ url: URL_OF_CAMERA, hardware: 'virtual' }),
    ]);
  });

  test.each(['', 'hello', '<a/>', '<s:Envelope/>', probe('').replace('Probe', 'Hello')])('not to %j', (text) => {
    expect(probeMatches(text, 'urn:uuid:1', URL_OF_CAMERA)).toBeNull();
  });

  const [loopback] = Object.entries(networkInterfaces()).find(([, all]) => all?.some(({ internal }) => internal)) ?? [];

  test.skipIf(loopback === undefined)('is found by the npm package onvif', async () => {
    using _probes = answerProbes({ host: '127.0.0.1', port: 4711, failed: (error) => expect(error).toBeUndefined() });
    const found: string[] = [];
    Discovery.on('device', (device: unknown) => void found.push(JSON.stringify(device)));
    await new Promise<void>((resolve) => {
      const options = { device: loopback ?? '', resolve: false, timeout: 500 };
      Discovery.probe(options, () => resolve());
    });
    expect(found.join()).toContain('http://127.0.0.1:4711/onvif/device_service');
  });
});
