/** The relay on real sockets, between a client and a server that stand for FFmpeg and a camera. */
import { afterEach, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { cameraOf } from '../../../../nodes/source/rtsp-relay/camera.ts';
import { RtspRelay } from '../../../../nodes/source/rtsp-relay/relay.ts';
import { until } from '../../../support/patience.ts';
import { frame, packet, REPLAY_WORDS } from './packets.ts';

const PEM = readFileSync(join(import.meta.dir, '../../../ptz/self-signed.pem'));
const LIMITS = { timeoutMs: 10_000, signal: new AbortController().signal };
const OK = (text: string) => `RTSP/1.0 200 OK\r\nCSeq: ${/CSeq: *(\d+)/.exec(text)?.[1]}\r\n\r\n`;

/** One side of a connection, and what it got. */
class Side {
  readonly socket: Socket;
  readonly got: Buffer[] = [];
  isClosed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => this.got.push(bytes));
    socket.on('close', () => {
      this.isClosed = true;
    });
    socket.on('error', () => undefined);
  }

  get bytes(): number {
    return this.got.reduce((sum, { length }) => sum + length, 0);
  }

  get text(): string {
    return Buffer.concat(this.got).toString('latin1');
  }
}

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

async function camera({ isEncrypted = false } = {}) {
  const sides: Side[] = [];
  const taken = (socket: Socket) => void sides.push(new Side(socket));
  const server = isEncrypted ? createTlsServer({ key: PEM, cert: PEM }, taken) : createServer(taken);
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', () => listening.resolve());
  await listening.promise;
  open.push(() => {
    for (const { socket } of sides) socket.destroy();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { sides, url: `rtsp${isEncrypted ? 's' : ''}://admin:pass@127.0.0.1:${port}/live` };
}

async function client(relay: RtspRelay): Promise<Side> {
  const side = new Side(connect(Number(new URL(relay.url).port), '127.0.0.1'));
  open.push(() => side.socket.destroy());
  await until('connected or refused', () => side.socket.readyState === 'open' || side.isClosed);
  return side;
}

const describeRequest = (url: string, sequence = 1) => `DESCRIBE ${url} RTSP/1.0\r\nCSeq: ${sequence}\r\n\r\n`;

/** A relay with both sides connected, and the first answer given. */
async function opened(options: { readonly isEncrypted?: boolean } = {}) {
  const { sides, url } = await camera(options);
  const relay = await RtspRelay.open(url, LIMITS);
  open.push(() => void relay.close());
  const ffmpeg = await client(relay);
  ffmpeg.socket.write(describeRequest(relay.url));
  await until('the request', () => (sides[0]?.text ?? '').includes('\r\n\r\n'));
  const [server] = sides;
  if (!server) throw new Error('nobody came');
  server.socket.write(OK(server.text));
  await until('the answer', () => ffmpeg.text.includes('200 OK'));
  return { relay, ffmpeg, server, url };
}

describe.each([{ isEncrypted: false }, { isEncrypted: true }])('encrypted $isEncrypted', (options) => {
  test('requests and answers go through; the address tells no login', async () => {
    const { relay, server, url } = await opened(options);
    expect(server.text.split('\r\n')[0]).toBe(`DESCRIBE ${url.replace('admin:pass@', '')} RTSP/1.0`);
    expect(relay.url).toMatch(/^rtsp:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/live$/);
  });

  test('a client that does not read holds the camera back, and gets all in the end', async () => {
    const { ffmpeg, server } = await opened(options);
    ffmpeg.socket.pause();
    const before = ffmpeg.bytes;
    const picture = frame(0, packet({ words: REPLAY_WORDS, payload: Buffer.alloc(1400, 7) }));
    const block = Buffer.concat(Array<Buffer>(200).fill(picture));
    const [blocks, most] = [300, 48 * 1024 * 1024];
    let sent = 0;
    const more = () => {
      while (sent < blocks && server.socket.write(block, () => undefined)) sent += 1;
    };
    server.socket.on('drain', () => {
      sent += 1;
      more();
    });
    more();
    let [seen, looks] = [-1, 0];
    await until('no more is taken', () => {
      looks = sent === seen ? looks + 1 : 0;
      seen = sent;
      return looks >= 30;
    });
    const heldBack = sent * block.length;
    expect(heldBack).toBeLessThan(most);
    ffmpeg.socket.resume();
    await until('all is here', () => ffmpeg.bytes - before >= blocks * block.length);
    expect(ffmpeg.bytes - before).toBe(blocks * block.length);
  });

  test('what the client says last gets to the camera, and both are closed', async () => {
    const { relay, ffmpeg, server } = await opened(options);
    ffmpeg.socket.end(`TEARDOWN ${relay.url} RTSP/1.0\r\nCSeq: 2\r\n\r\n`);
    await relay.close();
    await until('closed', () => server.isClosed);
    expect(server.text).toContain('TEARDOWN rtsp');
  });

  test('a camera that ends ends the client', async () => {
    const { ffmpeg, server } = await opened(options);
    server.socket.end(frame(0, Buffer.from('last')));
    await until('closed', () => ffmpeg.isClosed);
    expect(ffmpeg.text).toEndWith('last');
  });
});

describe('others', () => {
  test.each([
    ['with another path', 'OPTIONS rtsp://127.0.0.1/live RTSP/1.0\r\nCSeq: 1\r\n\r\n'],
    ['without a path', 'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n'],
    ['that speak HTTP', 'GET / HTTP/1.1\r\n\r\n'],
    ['that send a frame', '$\x00\x00\x01x'],
  ])('%s are sent away; the one that is meant still gets through', async (_, text) => {
    const { sides, url } = await camera();
    const relay = await RtspRelay.open(url, LIMITS);
    open.push(() => void relay.close());
    const stranger = await client(relay);
    stranger.socket.write(text);
    await until('closed', () => stranger.isClosed);
    expect([sides[0]?.bytes, stranger.bytes, relay.fault]).toEqual([0, 0, undefined]);
    const ffmpeg = await client(relay);
    ffmpeg.socket.write(describeRequest(relay.url));
    await until('the request', () => (sides[0]?.bytes ?? 0) > 0);
    expect(sides).toHaveLength(1);
  });

  test('do not get in once it is taken', async () => {
    const { relay } = await opened();
    const late = await client(relay);
    expect(late.isClosed).toBe(true);
  });
});

describe('a fault', () => {
  test('what is no RTSP ends it, and says so', async () => {
    const { relay, ffmpeg, server } = await opened();
    server.socket.write('<html>');
    await until('closed', () => ffmpeg.isClosed && server.isClosed);
    expect(relay.fault).toMatchObject({ code: 'source_unreadable' });
  });

  test('nothing listens', async () => {
    const { url } = await camera();
    for (const close of open.splice(0)) close();
    await expect(RtspRelay.open(url, LIMITS)).rejects.toMatchObject({ code: 'source_refused' });
  });

  test.each([
    ['no TLS there', async (): Promise<string> => (await camera()).url.replace('rtsp:', 'rtsps:'), 'source_timeout'],
    ['no such host', async (): Promise<string> => 'rtsp://no-such-host.invalid/live', 'source_unreadable'],
  ] as const)('%s', async (_, url, code) => {
    const opening = RtspRelay.open(await url(), { ...LIMITS, timeoutMs: code === 'source_timeout' ? 300 : 60_000 });
    await expect(opening).rejects.toMatchObject({ code });
  });

  test('given up', async () => {
    const { url } = await camera();
    const opening = RtspRelay.open(url.replace('rtsp:', 'rtsps:'), { ...LIMITS, signal: AbortSignal.timeout(50) });
    await expect(opening).rejects.toMatchObject({ code: 'source_timeout' });
  });
});

describe('the address of a camera', () => {
  test.each([
    [
      'rtsp://cam/live?x=1#y',
      { host: 'cam', port: 554, base: 'rtsp://cam:554', place: '/live?x=1#y', isEncrypted: false },
    ],
    ['RTSPS://a:b%2F@cam', { host: 'cam', port: 322, base: 'rtsps://cam:322', place: '', login: ['a', 'b/'] }],
    ['rtsp://[::1]:8554?x', { host: '::1', port: 8554, base: 'rtsp://[::1]:8554', place: '?x' }],
  ])('%s', (url, expected) => expect(cameraOf(url)).toMatchObject(expected));

  test.each(['rtsp://', 'rtsp:///live', 'rtsp://cam:0/', 'rtsp://cam:99999/', 'rtsp://cam:port/', 'http://cam/'])(
    '%s is none',
    (url) => expect(() => cameraOf(url)).toThrow('the address is not valid'),
  );
});
