/** Requests as no client library would send them: each is refused or answered, and none is an error of the server. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { startRig } from './clients.ts';

const rig = startRig();
beforeAll(() => expect(rig.id).toBe('s-cam_01'));
afterAll(() => rig[Symbol.asyncDispose]());

const HOST = 'Host: 127.0.0.1';
const HANDSHAKE = 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13';

/** Line and headers; `null`: closed without an answer. */
const requests: Readonly<Record<string, readonly [head: string, status: number | null, body?: string]>> = {
  'a plain one': [`GET /healthz HTTP/1.1\r\n${HOST}`, 200],
  'HTTP/1.0 without Host': ['GET /healthz HTTP/1.0', 200],
  'HTTP/1.0 with Host': [`GET /healthz HTTP/1.0\r\n${HOST}`, 200],
  'HTTP/1.0 to what is not there': ['GET /nope HTTP/1.0', 404],
  'HTTP/1.0 with a body': ['POST /sessions HTTP/1.0\r\nContent-Length: 2', 200, '{}'],
  'HTTP/1.0 from a foreign host': ['GET /healthz HTTP/1.0\r\nHost: evil.example', 403],
  'HTTP/1.1 without Host': ['GET /healthz HTTP/1.1', 400],
  'an empty Host': ['GET /healthz HTTP/1.1\r\nHost: ', 400],
  'a Host with a space': ['GET /healthz HTTP/1.1\r\nHost: a b', 400],
  'a Host with a path': ['GET /healthz HTTP/1.1\r\nHost: localhost/x', 400],
  'a Host with a user': ['GET /healthz HTTP/1.1\r\nHost: localhost@evil.example', 400],
  'a Host with a fragment': ['GET /healthz HTTP/1.1\r\nHost: localhost#.evil.example', 400],
  'a Host that is half an address': ['GET /healthz HTTP/1.1\r\nHost: [::1', 400],
  'a Host with no such port': ['GET /healthz HTTP/1.1\r\nHost: localhost:99999', 400],
  'a Host with a word as port': ['GET /healthz HTTP/1.1\r\nHost: localhost:abc', 400],
  'a Host of bytes': ['GET /healthz HTTP/1.1\r\nHost: \xff\xfe', 400],
  'a Host with a NUL': ['GET /healthz HTTP/1.1\r\nHost: a\0b', 400],
  'a Host of 5,000 letters': [`GET /healthz HTTP/1.1\r\nHost: ${'a'.repeat(5000)}`, 403],
  'a whole URL': [`GET http://127.0.0.1/healthz HTTP/1.1\r\n${HOST}`, 200],
  'an asterisk': [`OPTIONS * HTTP/1.1\r\n${HOST}`, 400],
  CONNECT: [`CONNECT evil.example:443 HTTP/1.1\r\n${HOST}`, 403],
  'a path without a slash': ['GET healthz HTTP/1.0', 400],
  'a path that names a host': ['GET //evil.example/healthz HTTP/1.0', 404],
  'a path that climbs': [`GET /../../etc/passwd HTTP/1.1\r\n${HOST}`, 404],
  'a path of bytes': [`GET /\xff\xfe HTTP/1.1\r\n${HOST}`, 404],
  'half a percent code': [`GET /sessions/%E0%A4%A HTTP/1.1\r\n${HOST}`, 404],
  'half a percent code in the query': [`GET /healthz?topics=%zz HTTP/1.1\r\n${HOST}`, 200],
  'a path of 30,000 letters': [`GET /${'a'.repeat(30_000)} HTTP/1.1\r\n${HOST}`, 431],
  'an unknown method': [`BREW /healthz HTTP/1.1\r\n${HOST}`, null],
  'no method': [` /healthz HTTP/1.1\r\n${HOST}`, 400],
  'a version that is none': [`GET /healthz HTTP/x\r\n${HOST}`, 505],
  'no version': ['GET /healthz', 505],
  'a header without a colon': [`GET /healthz HTTP/1.1\r\n${HOST}\r\nabc`, 400],
  '300 headers': [`GET /healthz HTTP/1.1\r\n${HOST}${'\r\nX: y'.repeat(300)}`, 431],
  'a negative length': [`POST /sessions HTTP/1.1\r\n${HOST}\r\nContent-Length: -1`, 400, '{}'],
  'two lengths': [`POST /sessions HTTP/1.1\r\n${HOST}\r\nContent-Length: 2\r\nContent-Length: 3`, 400, '{}'],
  'a length that is too large': [`POST /sessions HTTP/1.1\r\n${HOST}\r\nContent-Length: 999999999`, 413, '{}'],
  'a body in pieces': [`POST /sessions HTTP/1.1\r\n${HOST}\r\nTransfer-Encoding: chunked`, 200, '2\r\n{}\r\n0\r\n\r\n'],
  'a piece without a length': [`POST /sessions HTTP/1.1\r\n${HOST}\r\nTransfer-Encoding: chunked`, 400, 'zz\r\n{}\r\n'],
  'a body where none is read': [
    `DELETE /sessions/x HTTP/1.1\r\n${HOST}\r\nContent-Type: application/json\r\nContent-Length: 2`,
    404,
    '{a',
  ],
  'a WebSocket without a key': [`GET /ws/sessions/s-cam_01 HTTP/1.1\r\n${HOST}\r\n${HANDSHAKE}`, 426],
  'a WebSocket of HTTP/1.0': [`GET /ws/sessions/s-cam_01 HTTP/1.0\r\n${HANDSHAKE}\r\nSec-WebSocket-Key: x`, 426],
  'a WebSocket that is none': [`GET /healthz HTTP/1.1\r\n${HOST}\r\n${HANDSHAKE}`, 200],
  'an Origin that is none': [`GET /healthz HTTP/1.1\r\n${HOST}\r\nOrigin: :::`, 403],
  'two Origins': [`GET /healthz HTTP/1.1\r\n${HOST}\r\nOrigin: http://localhost\r\nOrigin: http://evil.example`, 403],
  TLS: ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc', 400],
};

test.each(Object.entries(requests))('%s', async (_what, [head, status, body = '']) => {
  const answer = await send(`${head}\r\n\r\n${body}`);
  expect(answer.slice(0, 12)).toBe(status === null ? '' : `HTTP/1.1 ${status}`);
  expect(rig.log.lines).toEqual([]);
});

test('a body that breaks off is no error of the server', async () => {
  const socket = connect(rig.server.port, '127.0.0.1');
  socket.write(`POST /sessions HTTP/1.1\r\n${HOST}\r\nContent-Length: 100\r\n\r\n{"camera`);
  await new Promise<void>((resolve) => socket.end(() => resolve()));
  expect(await send('GET /healthz HTTP/1.0\r\n\r\n')).toStartWith('HTTP/1.1 200');
  expect(rig.log.lines).toEqual([]);
});

/** What comes back first. */
function send(request: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(rig.server.port, '127.0.0.1', () => socket.write(Buffer.from(request, 'latin1')));
  socket
    .on('data', (data) => resolve(String(data)))
    .on('close', () => resolve(''))
    .on('error', reject);
  return promise.finally(() => socket.destroy());
}
