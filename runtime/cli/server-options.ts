/** The options of the server on the command line: what `graph` and `serve` have in common. */
import { WindhoverError } from '../errors.ts';
import { isLoopback } from '../loopback.ts';
import { checkOrigin } from '../server/origin.ts';
import { numberOption } from './command.ts';

export const SERVER_OPTIONS = {
  port: { type: 'string', default: '8080' },
  host: { type: 'string', default: '127.0.0.1' },
  'allow-origin': { type: 'string', multiple: true },
  state: { type: 'string' },
  'no-watch': { type: 'boolean' },
  config: { type: 'string' },
} as const;

export const SERVER_USAGE =
  '[--port 8080] [--host 127.0.0.1] [--allow-origin ORIGIN]… [--state DIR] [--no-watch] [--config server.yaml]';

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  /** Origins beside loopback whose web pages may use the server. */
  readonly allowedOrigins: readonly string[];
}

/** Reads --host, --port and --allow-origin. Other than loopback is refused: there is no access control yet. */
export function serverOptions(values: { port: string; host: string; 'allow-origin'?: string[] }): ServerOptions {
  const port = numberOption('port', values.port, { min: 0, max: 65_535 });
  if (!Number.isInteger(port))
    throw new WindhoverError('usage', '--port', { expected: 'a whole number', got: values.port });
  const allowedOrigins = (values['allow-origin'] ?? []).map(checkOrigin);
  if (isLoopback(values.host)) return { host: values.host, port, allowedOrigins };
  throw new WindhoverError('usage', `--host ${values.host}`, {
    expected: 'a loopback address (127.0.0.1, ::1, localhost)',
    hint: 'there is no access control yet; to serve other machines, put a proxy with a password in front',
  });
}
