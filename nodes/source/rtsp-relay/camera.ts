/** The camera's address, and the connection to it: TCP, or TLS. */
import type { Socket } from 'bun';
import { errorCode, errorMessage, WindhoverError } from '../../../runtime/node.ts';
import { takeLogin } from '../address.ts';
import { namedError } from '../faults.ts';

const PORTS: Readonly<Record<string, number>> = { rtsp: 554, rtsps: 322 };

export interface CameraAddress {
  readonly isEncrypted: boolean;
  readonly host: string;
  readonly port: number;
  /** Scheme, host and port. */
  readonly base: string;
  /** Path and query. */
  readonly place: string;
  readonly login: readonly [username: string, password: string] | undefined;
}

/** What it does once it is connected. */
export interface CameraEvents {
  data(bytes: Buffer): void;
  /** It takes more. */
  drain(): void;
  close(): void;
}

export interface Limits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** @param address of RTSP, with the login in it. @throws WindhoverError `source_address` */
export function cameraOf(address: string): CameraAddress {
  const { url, login } = takeLogin(address);
  const [, name = '', host = '', ownPort, place = ''] =
    /^(rtsps?):\/\/(\[[^\]]*\]|[^/?#:]*)(?::(\d{1,5}))?(?=[/?#]|$)(.*)$/is.exec(url) ?? [];
  const scheme = name.toLowerCase();
  const port = Number(ownPort ?? PORTS[scheme]);
  if (host === '' || !(port > 0 && port < 65_536)) {
    throw new WindhoverError('source_address', 'the address is not valid', { expected: 'rtsp://HOST:PORT/PATH' });
  }
  const isEncrypted = scheme === 'rtsps';
  return { isEncrypted, host: host.replace(/^\[|\]$/g, ''), port, base: `${scheme}://${host}:${port}`, place, login };
}

/** @throws WindhoverError `source_refused`, `source_timeout`, `source_unreadable` */
export async function connectCamera(
  { host, port, isEncrypted }: CameraAddress,
  events: CameraEvents,
  { timeoutMs, signal }: Limits,
): Promise<Socket> {
  const ready = Promise.withResolvers<Socket>();
  let isAwaited = true;
  const failed = (cause: unknown) => ready.reject(unreachable(cause));
  const late = () => ready.reject(new WindhoverError('source_timeout', 'cannot be opened: no answer in time'));
  const timer = setTimeout(late, timeoutMs);
  signal.addEventListener('abort', late);
  if (signal.aborted) late();
  const socket = {
    open: (camera: Socket) => {
      if (!isAwaited) camera.end();
      else if (!isEncrypted) ready.resolve(camera);
    },
    handshake: (camera: Socket) => ready.resolve(camera),
    data: (_: Socket, bytes: Buffer) => events.data(bytes),
    drain: () => events.drain(),
    error: (_: Socket, error: Error) => failed(error),
    connectError: (_: Socket, error: Error) => failed(error),
    close: () => {
      failed('the server has closed the connection');
      events.close();
    },
  };
  // FFmpeg does not check the certificates of cameras either.
  const tls = isEncrypted ? { tls: { rejectUnauthorized: false, serverName: host } } : {};
  let camera: Socket | undefined;
  try {
    Bun.connect({ hostname: host, port, socket, ...tls }).then((connected) => {
      camera = connected;
    }, failed);
    return await ready.promise;
  } catch (error) {
    camera?.end();
    throw error;
  } finally {
    isAwaited = false;
    clearTimeout(timer);
    signal.removeEventListener('abort', late);
  }
}

function unreachable(cause: unknown): WindhoverError {
  const isRefused = /refused$/i.test(errorCode(cause) ?? '');
  return namedError(isRefused ? 'source_refused' : 'source_unreadable', 'cannot be opened', errorMessage(cause));
}
