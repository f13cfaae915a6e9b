/**
 * The clients of fanout.ts, in a process of their own: `reading URL N` takes in every message, `silent URL N` makes the
 * handshake and never reads again. Prints a line when all are connected; silent clients leave when the server has closed
 * them all.
 */
import { connect } from 'node:net';

const [kind, url = '', count = '1'] = process.argv.slice(2);
const total = Number(count);
let connected = 0;
let closed = 0;

function opened(): void {
  connected += 1;
  if (connected === total) console.log('connected');
}

function reading(): void {
  const socket = new WebSocket(url);
  socket.onopen = opened;
  socket.onmessage = () => undefined;
}

/** Bun's sockets always read, so that the rest is done by hand: handshake, then pause for good. */
function silent(): void {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname, () => {
    const lines = [
      `GET ${pathname} HTTP/1.1`,
      `Host: ${hostname}:${port}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    socket.pause();
    opened();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed += 1;
    if (closed === total) process.exit(0);
  });
  // A paused socket is not told of its end; a write to a closed one fails, which is.
  setInterval(() => socket.write(pongFrame()), 1000);
}

/** An unasked-for pong of no bytes, masked with zeros: keeps nothing alive and says nothing. */
function pongFrame(): Uint8Array {
  return new Uint8Array([0x8a, 0x80, 0, 0, 0, 0]);
}

for (let i = 0; i < total; i++) kind === 'silent' ? silent() : reading();
setInterval(() => undefined, 1000);
