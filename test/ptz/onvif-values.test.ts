/** Values in a camera's answers as cameras spell them: numbers, durations, addresses, times. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { readClock } from '../../ptz/onvif/camera-clock.ts';
import { reachable } from '../../ptz/onvif/services.ts';
import { readAnswer } from '../../ptz/onvif/soap-answer.ts';
import { fromShare, readSpaces, scale, toShare } from '../../ptz/onvif/spaces.ts';
import { durationMsOf, numberOf } from '../../ptz/onvif/xml.ts';
import { readXml } from '../../runtime/xml.ts';
import { PROPERTY_LIMIT_MS } from '../support/patience.ts';

test.each([
  ['1', 1],
  [' 0,5 ', 0.5],
  ['-0.86', -0.86],
  ['1e-3', 0.001],
  ['+.5', 0.5],
  ['1.', 1],
  ['', null],
  ['NaN', null],
  ['nan', null],
  ['Infinity', null],
  ['1e999', null],
  ['0x10', null],
  ['1,234.5', null],
  ['1.2.3', null],
  [`${'1'.repeat(1024 * 1024)}x`, null],
])('the number %p is %p', (text, value) => {
  expect(numberOf(text)).toBe(value);
});

test.each([
  ['PT1S', 1000],
  ['PT1.5S', 1500],
  ['PT0,5S', 500],
  ['P0Y0M0DT0H0M2.000S', 2000],
  ['PT1M', 60_000],
  ['P1DT1H', 90_000_000],
  [' PT10S ', 10_000],
  ['P', null],
  ['PT', null],
  ['P1DT', null],
  ['-PT1S', null],
  ['1', null],
  ['PT1.S', null],
  ['', null],
])('the duration %p is %p ms', (text, ms) => {
  expect(durationMsOf(text)).toBe(ms);
});

describe('addresses', () => {
  const device = new URL('http://cam.example:8080/onvif/device_service');
  test.each([
    ['http://cam.example:8080/onvif/ptz', 'http://cam.example:8080/onvif/ptz'],
    ['http://cam.example/onvif/ptz', 'http://cam.example/onvif/ptz'],
    ['http://192.168.1.64/onvif/ptz?x=1', 'http://cam.example:8080/onvif/ptz?x=1'],
    ['https://cam.example/onvif/ptz', 'http://cam.example:8080/onvif/ptz'],
    ['http:///onvif/ptz', 'http://cam.example:8080/onvif/ptz'],
    ['http://:80/onvif/ptz', 'http://cam.example:8080/onvif/ptz'],
    ['/onvif/ptz', 'http://cam.example:8080/onvif/ptz'],
    ['onvif/ptz', 'http://cam.example:8080/onvif/ptz'],
    ['ptz_service', 'http://cam.example:8080/onvif/ptz_service'],
    ['192.168.1.64:80/onvif/ptz', 'http://cam.example:8080/onvif/ptz'],
    ['http://[fe80::1]/onvif/ptz http://cam.example:8080/onvif/ptz', 'http://cam.example:8080/onvif/ptz'],
    ['http://10.0.0.1/a\n\thttp://10.0.0.2/b', 'http://cam.example:8080/a'],
    ['http://[fe80::1%eth0]/onvif/ptz', 'http://cam.example:8080/onvif/ptz'],
    ['http:////evil/onvif/ptz', 'http://cam.example:8080/evil/onvif/ptz'],
    ['//evil.example/onvif/ptz', 'http://cam.example:8080/onvif/ptz'],
    ['http://a:b@cam.example:8080/onvif/ptz', 'http://cam.example:8080/onvif/ptz'],
    ['file:///etc/passwd', 'http://cam.example:8080/file:///etc/passwd'],
    ['', 'http://cam.example:8080/onvif/device_service'],
  ])('%p → %s', (xaddr, url) => {
    expect(reachable(xaddr, device, []).href).toBe(url);
  });

  test('no address leads to another host', () => {
    const property = fc.property(
      fc.oneof(
        fc.string(),
        fc.webUrl(),
        fc
          .array(fc.constantFrom('/', ':', '@', 'http', 'a', '.', '?', '[', ']', '\\', ' '), { maxLength: 20 })
          .map((parts) => parts.join('')),
      ),
      (xaddr) => {
        const url = reachable(xaddr, device, []);
        expect([url.protocol, url.hostname, url.username]).toEqual(['http:', 'cam.example', '']);
      },
    );
    fc.assert(property, { numRuns: 1000, interruptAfterTimeLimit: PROPERTY_LIMIT_MS });
  });
});

describe('the clock', () => {
  const at = (name: string, [year, month, day, hour, minute, second]: readonly number[]) =>
    `<${name}><Time><Hour>${hour}</Hour><Minute>${minute}</Minute><Second>${second}</Second></Time><Date><Year>${year}</Year><Month>${month}</Month><Day>${day}</Day></Date></${name}>`;
  const noon = [2026, 7, 1, 12, 0, 0];
  const zone = (tz: string, isSummer: boolean) =>
    `<DaylightSavings>${isSummer}</DaylightSavings><TimeZone><TZ>${tz}</TZ></TimeZone>`;
  const none = at('UTCDateTime', [0, 0, 0, 0, 0, 0]);
  test.each<[string, string, string | null]>([
    ['UTC', at('UTCDateTime', noon) + at('LocalDateTime', [2026, 7, 1, 20, 0, 0]), '2026-07-01T12:00:00Z'],
    ['local time east', zone('CST-8', false) + at('LocalDateTime', noon), '2026-07-01T04:00:00Z'],
    [
      'local time in summer',
      zone('CET-1CEST,M3.5.0,M10.5.0/3', true) + at('LocalDateTime', noon),
      '2026-07-01T10:00:00Z',
    ],
    [
      'local time in winter',
      zone('CET-1CEST,M3.5.0,M10.5.0/3', false) + at('LocalDateTime', noon),
      '2026-07-01T11:00:00Z',
    ],
    ['local time west', zone('EST5EDT', true) + at('LocalDateTime', noon), '2026-07-01T16:00:00Z'],
    ['summer of its own', zone('IST-5:30XST-7', true) + at('LocalDateTime', noon), '2026-07-01T05:00:00Z'],
    ['minutes and seconds', zone('&lt;+0545&gt;-5:45:30', false) + at('LocalDateTime', noon), '2026-07-01T06:14:30Z'],
    [
      'local time with no UTC in UTC',
      none + zone('CST-8:00:00', false) + at('LocalDateTime', noon),
      '2026-07-01T04:00:00Z',
    ],
    ['an unknown zone', zone('(GMT+08:00) Beijing', false) + at('LocalDateTime', noon), '2026-07-01T12:00:00Z'],
    ['local time without a zone', at('LocalDateTime', noon), '2026-07-01T12:00:00Z'],
    ['a clock that starts in 1970', at('UTCDateTime', [1970, 1, 1, 0, 5, 0]), '1970-01-01T00:05:00Z'],
    ['no date', none, null],
    ['month 0', at('UTCDateTime', [2026, 0, 1, 0, 0, 0]), null],
    ['nothing', '', null],
    ['empty elements', '<UTCDateTime><Time/><Date/></UTCDateTime>', null],
  ])('%s', (_, inside, iso) => {
    const response = `<GetSystemDateAndTimeResponse>${inside}</GetSystemDateAndTimeResponse>`;
    const text = `<s:Envelope><s:Body>${response}</s:Body></s:Envelope>`;
    const answer = readAnswer('GetSystemDateAndTime', { status: 200, text, challenges: null });
    expect(answer.refusal).toBeNull();
    const unixMs = answer.refusal === null ? readClock(answer.body) : null;
    expect(unixMs).toBe(iso === null ? null : Date.parse(iso));
  });
});

test('whatever ranges a camera lists, it is told numbers within them, and the right way', () => {
  const number = fc.oneof(
    fc.double({ noNaN: true }).map(String),
    fc.constantFrom('0', '1', '-1', '0,499', '-100', '1e308', '', 'NaN', '-Infinity', 'x'),
  );
  const range = fc.tuple(number, number);
  const xml = (name: string, [min, max]: readonly string[]) => `<${name}><Min>${min}</Min><Max>${max}</Max></${name}>`;
  const property = fc.property(range, range, fc.double({ min: -1, max: 1, noNaN: true }), (x, y, value) => {
    const space = `<URI>u</URI>${xml('XRange', x)}${xml('YRange', y)}`;
    const lists = ['ContinuousPanTiltVelocitySpace', 'AbsolutePanTiltPositionSpace', 'AbsoluteZoomPositionSpace'];
    const text = `<O>${lists.map((name) => `<${name}>${space}</${name}>`).join('')}</O>`;
    const element = readXml(text, { lenientRoot: 'O', maxDepth: 9, maxElements: 99 });
    const { velocity, positions, zoomPosition } = readSpaces(element, element);
    for (const axis of [velocity?.x, velocity?.y]) {
      const told = axis ? scale(value, axis) : Number.NaN;
      expect(Math.abs(told)).toBeLessThanOrEqual(1e6);
      expect(told * value).toBeGreaterThanOrEqual(0);
    }
    const places = [positions[0]?.x, positions[0]?.y, zoomPosition?.x].filter((axis) => axis !== undefined);
    for (const axis of places) {
      const share = toShare(fromShare(Math.abs(value), axis), axis);
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(1);
    }
  });
  fc.assert(property, { numRuns: 1000, interruptAfterTimeLimit: PROPERTY_LIMIT_MS });
});
