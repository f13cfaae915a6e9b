/** An HTTP server that serves one file in the ways that servers of files fail: `/WAY/NAME`. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** `once`: so many answers break off half-way, the ones after that do not. */
const ONCE_BREAKS = 2;
const PIECE_BYTES = 8192;
const PIECE_MS = 20;
const STATUS: Readonly<Record<string, number>> = { '404': 404, '401': 401, '500': 500 };

export interface FaultyServer extends AsyncDisposable {
  readonly port: number;
}

export async function startFaulty(file: Uint8Array): Promise<FaultyServer> {
  let breaks = 0;
  const server = createServer((request, response) => {
    const [, way = '', name = ''] = (request.url ?? '').split('/');
    const status = STATUS[way];
    if (status) return void response.writeHead(status, { 'content-length': 0, 'www-authenticate': 'Basic' }).end();
    if (way === 'hang') return;
    if (way === 'redir') return void response.writeHead(302, { location: `/ok/${name}`, 'content-length': 0 }).end();
    const isCut = way === 'half' || way === 'stall' || (way === 'once' && breaks++ < ONCE_BREAKS);
    const part = begin(request, response, way, file);
    void send(response, isCut ? part.subarray(0, part.length / 2) : part, way).then(() => {
      if (way === 'stall') return;
      if (isCut) response.destroy();
      else response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Sends the head. @returns the part of the file that is asked for */
function begin(request: IncomingMessage, response: ServerResponse, way: string, file: Uint8Array): Uint8Array {
  const range = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '');
  const isRange = range !== null && !['noclen', 'chunk', 'slow'].includes(way);
  const [from, to] = isRange ? [Number(range[1]), range[2] ? Number(range[2]) + 1 : file.length] : [0, file.length];
  const headers: Record<string, string | number> = { 'accept-ranges': isRange ? 'bytes' : 'none' };
  if (isRange) headers['content-range'] = `bytes ${from}-${to - 1}/${file.length}`;
  if (way === 'noclen') {
    headers.connection = 'close';
    response.useChunkedEncodingByDefault = false;
  } else if (way !== 'chunk') headers['content-length'] = to - from;
  response.writeHead(isRange ? 206 : 200, headers);
  return file.subarray(from, to);
}

async function send(response: ServerResponse, part: Uint8Array, way: string): Promise<void> {
  for (let at = 0; at < part.length && !response.destroyed; at += PIECE_BYTES) {
    if (way === 'slow') await Bun.sleep(PIECE_MS);
    await new Promise((resolve) => response.write(part.subarray(at, at + PIECE_BYTES), resolve));
  }
}
