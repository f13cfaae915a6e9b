import { describe, expect, test } from 'bun:test';
import { addressOf } from '../../../nodes/source/address.ts';
import type { SourceOptions } from '../../../nodes/source/options.ts';
import { openNode } from '../../node-runner.ts';

const BASE = { pace: 'realtime', loop: false, start_s: 0, open_timeout_s: 10, transport: 'tcp' } as const;
const of = (params: Partial<SourceOptions> & { url: string }) => addressOf({ ...BASE, ...params });

describe('what a URL is', () => {
  test.each([
    ['/a/b.mp4', 'file'],
    ['file:///a/b.mp4', 'file'],
    ['https://cam/x', 'web'],
    ['rtsp://cam/x', 'live'],
    ['rtmp://cam/x', 'live'],
    ['udp://0.0.0.0:5000', 'live'],
  ] as const)('%s: %s', (url, kind) => expect(of({ url }).kind).toBe(kind));
});

describe('a login', () => {
  test('is put into the URL, with every character that could end it encoded', () => {
    const address = of({ url: 'rtsp://cam:554/a?b#c', username: 'a:b', password: 'p@s/s#?%' });
    expect(address.url).toBe('rtsp://a%3Ab:p%40s%2Fs%23%3F%25@cam:554/a?b#c');
    expect(address.name).toBe('rtsp://cam:554/a?b#c');
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
