import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { accountOf, addressOf, checkTimes, checkView, deviceOf, takeLogin } from '../../../nodes/source/address.ts';
import { SourceOptions } from '../../../nodes/source/options.ts';
import { openNode } from '../../node-runner.ts';

const optionsOf = (params: Partial<SourceOptions> & { url: string }) =>
  Value.Decode(SourceOptions, Value.Default(SourceOptions, params));
const of = (params: Partial<SourceOptions> & { url: string }) => addressOf(optionsOf(params));

describe('what a URL is', () => {
  test.each([
    ['/a/b.mp4', 'file'],
    ['file:///a/b.mp4', 'file'],
    ['https://cam/x', 'web'],
    ['rtsp://cam/x', 'live'],
    ['rtmp://cam/x', 'live'],
    ['udp://0.0.0.0:5000', 'live'],
    ['v4l2:/dev/video0', 'live'],
    ['pipe:', 'pipe'],
    ['/a/b*.jpg', 'file'],
  ] as const)('%s: %s', (url, kind) => expect(of({ url }).kind).toBe(kind));
});

describe('an address of WHEP', () => {
  test.each([
    ['whep://cam/x', 'http://cam/x'],
    ['wheps://cam:8889/x', 'https://cam:8889/x'],
    ['whep:https://cam/x', 'https://cam/x'],
    ['webrtc:http://cam/api?src=a', 'http://cam/api?src=a'],
    ['whep:http://admin:p%23@cam/x', 'http://admin:p%23@cam/x'],
  ])('%s', (url, plain) => expect(of({ url })).toMatchObject({ kind: 'whep', url: plain }));

  test.each(['whep:', 'whep:cam/x', 'whep:rtsp://cam/x', 'whep://', 'whep:http://cam:port/x'])('%s is none', (url) => {
    expect(() => of({ url })).toThrow('the address is not valid');
  });

  test('is shown without what is secret in it', () => {
    const { name } = of({ url: 'whep:http://admin:pass%20word@cam/x?token=sesame' });
    expect(name).toBe('whep:***@cam/x?token=***');
    expect(() => of({ url: 'whep:http://admin:pa#ss@cam/x' })).toThrow('holds a raw #');
    const { url } = of({ url: 'whep://cam/x', username: 'a', password: 'b"\\ü@:' });
    expect(takeLogin(url)).toEqual({ url: 'http://cam/x', login: ['a', 'b"\\ü@:'] });
  });
});

describe('a login', () => {
  test('is put into the URL, with every character that could end it encoded', () => {
    const address = of({ url: 'rtsp://cam:554/a?b#c', username: 'a:b', password: 'p@s/s#?%' });
    expect(address.url).toBe('rtsp://a%3Ab:p@s%2Fs%23%3F%25@cam:554/a?b#c');
    expect(address.name).toBe('rtsp://cam:554/a?b#c');
  });

  const LONG = 'aB3$/?#@'.repeat(8);

  test('that fits only when no more of it is encoded than must be', () => {
    const whole = `rtsp://admin:${'aB3$%2F%3F%23@'.repeat(8)}@cam/x`;
    expect(of({ url: 'rtsp://cam/x', username: 'admin', password: LONG }).url).toBe(whole);
    expect(of({ url: `rtsp://admin:${encodeURIComponent(LONG)}@cam/x` }).url).toBe(whole);
  });

  test('that FFmpeg would cut off is not sent', () => {
    const password = 'ü'.repeat(64);
    expect(() => of({ url: 'rtsp://cam/x', username: 'admin', password })).toThrow('too long for RTSP');
    expect(() => of({ url: `rtsp://admin:${password}@cam/x` })).toThrow('too long for RTSP');
    expect(of({ url: 'http://cam/x', username: 'admin', password }).url).toContain(password);
  });

  test.each([
    { url: 'onvif://cam', is: ['http://cam', '', ''] },
    {
      url: 'onvif://cam:8000/onvif/other',
      username: 'a',
      password: 'b',
      is: ['http://cam:8000/onvif/other', 'a', 'b'],
    },
    { url: 'onvifs://a%40:p@s:s%2F@[::1]:8443', is: ['https://[::1]:8443', 'a@', 'p@s:s/'] },
  ])('of the camera $url', ({ is, ...params }) => {
    const { url, username, password } = deviceOf(optionsOf(params)) ?? {};
    expect([url, username, password]).toEqual([...is]);
  });

  test.each(['onvif:', 'onvif://', 'onvif:cam', 'onvif://a:b@', 'onvif://cam:x'])('%s is no address', (url) => {
    expect(() => deviceOf(optionsOf({ url }))).toThrow('the address of the camera is not valid');
  });

  test.each([
    { url: 'rtsp://admin:pa#ss@cam/x', says: 'holds a raw #' },
    { url: 'rtsp://admin:pa/ss@cam/x', says: 'holds a raw /' },
    { url: 'http://admin:p?ss@cam/x', says: 'holds a raw ?' },
    { url: 'rtsp://a:b@cam/x', username: 'a', says: 'two logins' },
    { url: '/a/b.mp4', username: 'a', says: 'needs a URL' },
  ])('$url: $says', ({ says, ...params }) => expect(() => of(params)).toThrow(says));

  test.each([
    'rtsp://cam:554/x@y',
    'rtsp://[::1]:554/x@y',
    'http://cam/a:b@c',
    'rtsp://admin:p%23@cam/x',
    'rtsp://cam/#@',
  ])('%s is fine', (url) => expect(of({ url }).url).toBe(url));
});

test("options of FFmpeg's are known by name; others are faults of the graph", async () => {
  expect(of({ url: 'rtsp://cam/x', options: { max_delay: 500_000 } }).options).toEqual({
    rtsp_transport: 'tcp',
    max_delay: '500000',
  });
  expect(of({ url: 'rtsp://cam/x', transport: 'auto' }).options).toEqual({ rtsp_flags: 'prefer_tcp' });
  const params = { url: 'rtsp://cam/x', options: { protocol_whitelist: 'file' } };
  expect(openNode('source', { params })).rejects.toThrow('protocol_whitelist');
});

test.each([
  'rtsp://a:b%2F@cam:554/x',
  'onvif://a:b%2F@cam:554',
  'whep:http://a:b%2F@cam:554/x',
  'whep://a:b%2F@cam:554/x',
])('the account of %s', (url) =>
  expect(accountOf(optionsOf({ url }))).toEqual({ host: 'cam:554', username: 'a', password: 'b/' }),
);

describe('times that ONVIF writes into packets', () => {
  test.each([
    { url: 'rtsp://cam/x', isRelayed: true },
    { url: 'RTSPS://cam/x', transport: 'auto' as const, isRelayed: true },
    { url: 'onvif://cam', isRelayed: false },
  ])('of $url', ({ isRelayed, ...params }) => {
    const options = { ...params, onvif_times: true };
    expect(() => checkTimes(optionsOf(options))).not.toThrow();
    expect(of(options).isRelayed).toBe(isRelayed);
    if (isRelayed) expect(of(options).options).toEqual({ rtsp_transport: 'tcp' });
    expect(of(params).isRelayed).toBe(false);
  });

  test.each([
    { url: 'rtsp://cam/x', transport: 'udp' as const, says: 'over TCP alone' },
    { url: 'http://cam/x', says: 'of RTSP alone' },
    { url: 'whep:http://cam/x', says: 'of RTSP alone' },
    { url: '/a/b.mp4', says: 'of RTSP alone' },
  ])('are not of $url, $transport', ({ says, ...params }) => {
    expect(() => checkTimes(optionsOf({ ...params, onvif_times: true }))).toThrow(says);
    expect(() => checkTimes(optionsOf(params))).not.toThrow();
    expect(openNode('source', { params: { ...params, onvif_times: true } })).rejects.toThrow(says);
  });
});

describe('where browsers play it', () => {
  test.each([
    'http://media:8889/gate/whep',
    'https://u:p@media/live.m3u8?token=x',
    'rtsp://media/gate',
    'wss://media/x',
  ])('%s is fine', (view) => expect(() => checkView(optionsOf({ url: '/a', view }))).not.toThrow());

  test.each([
    '/gate/whep',
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'http://',
    'http://u:pa#ss@media/x',
  ])('%s is refused', (view) => {
    expect(() => checkView(optionsOf({ url: '/a', view }))).toThrow();
  });
});
