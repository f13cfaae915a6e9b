/** The port of a server, and why it cannot be opened. */
import { errorCode, errorMessage, WindhoverError } from './errors.ts';

/** `host:port` as it stands in URLs. */
export function authority(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Why a port could not be opened: `port_in_use`, `listen_failed`. */
export function listenError(host: string, port: number, cause: unknown): WindhoverError {
  const where = authority(host, port);
  if (errorCode(cause) === 'EADDRINUSE') {
    const hint = 'choose another port, 0 for a free one, or stop the program that has it';
    return new WindhoverError('port_in_use', `Port in use: ${where}`, { hint, cause, permanent: true });
  }
  return new WindhoverError('listen_failed', `Cannot listen on ${where}`, {
    got: errorMessage(cause),
    hint: 'check the host and the port',
    cause,
    permanent: true,
  });
}
