/** How events leave: over TCP or TLS to a TAK server, or as datagrams to a group. Bounded: what can't leave is dropped and counted. */
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls';
import { WindhoverError } from '../../errors.ts';
import type { CotOptions } from './options.ts';

export interface Transport {
  /** False: dropped. */
  send(event: string): boolean;
  /** Rejects when the connection is lost. */
  readonly failed: Promise<never>;
  /** What was sent before goes out first. */
  close(): Promise<void>;
}

const CONNECT_LIMIT_MS = 10_000;
/** A server that reads slower than that is sent nothing more until it has caught up. */
const MAX_UNSENT_BYTES = 1024 * 1024;

/** @throws WindhoverError `cot_unreachable`, `cot_url` */
export function openTransport(options: CotOptions): Promise<Transport> {
  const url = new URL(options.url);
  // A scheme that the URL parser does not know keeps the brackets of IPv6.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port);
  if (!(port > 0)) {
    throw new WindhoverError('cot_url', 'url of cot', { expected: 'a port', got: options.url, permanent: true });
  }
  return url.protocol === 'udp:'
    ? openUdp(host, port, options)
    : openStream(host, port, url.protocol === 'tls:', options);
}

async function openStream(host: string, port: number, isTls: boolean, options: CotOptions): Promise<Transport> {
  const socket = isTls ? connectTls({ host, port, ...tlsOptions(host, options) }) : connectTcp({ host, port });
  const failed = Promise.withResolvers<never>();
  // Whoever is not listening yet, or not any more, is no unhandled rejection.
  failed.promise.catch(() => undefined);
  const lost = (why: string) => failed.reject(unreachable(options.url, why));
  socket.on('error', (error) => lost(error.message));
  socket.on('close', () => lost('the connection was closed'));
  // What a server sends (pings, other events) is not read into memory.
  socket.resume();
  await Promise.race([opened(socket, isTls, options.url), failed.promise]).catch((error) => {
    socket.destroy();
    throw error;
  });
  return {
    failed: failed.promise,
    send: (event) => {
      if (socket.writableLength > MAX_UNSENT_BYTES || socket.destroyed) return false;
      socket.write(event);
      return true;
    },
    close: () => new Promise((resolve) => (socket.destroyed ? resolve() : socket.end(() => resolve()))),
  };
}

/** @throws the error of the file system: it is tried again, a certificate may be renewed meanwhile */
function tlsOptions(host: string, { ca, cert, key }: CotOptions): TlsOptions {
  return {
    ...(isIP(host) ? {} : { servername: host }),
    ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
    ...(cert === undefined ? {} : { cert: readFileSync(cert) }),
    ...(key === undefined ? {} : { key: readFileSync(key) }),
  };
}

function opened(socket: Socket, isTls: boolean, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(unreachable(url, `no answer in ${CONNECT_LIMIT_MS / 1000} s`)),
      CONNECT_LIMIT_MS,
    );
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.once('close', () => clearTimeout(timer));
  });
}

async function openUdp(host: string, port: number, { interface: address, ttl, url }: CotOptions): Promise<Transport> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  socket.on('error', (error) => failed.reject(unreachable(url, error.message)));
  await Promise.race([new Promise<void>((resolve) => socket.bind(0, resolve)), failed.promise]);
  socket.setMulticastTTL(ttl);
  if (address !== undefined) socket.setMulticastInterface(address);
  return {
    failed: failed.promise,
    send: (event) => {
      socket.send(event, port, host, (error) => {
        if (error) failed.reject(unreachable(url, error.message));
      });
      return true;
    },
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function unreachable(url: string, why: string): WindhoverError {
  return new WindhoverError('cot_unreachable', `${url} takes no events: ${why}`, {
    hint: 'is the TAK server running, and do its certificates fit?',
  });
}
