/** The options of the server on the command line: what `graph`, `serve` and `replay` have in common. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Access } from '../access/access.ts';
import { AuditLog } from '../access/audit.ts';
import type { Clock } from '../clock.ts';
import { errorMessage, WindhoverError } from '../errors.ts';
import type { Log } from '../log.ts';
import { isLoopback } from '../loopback.ts';
import type { AppOptions, ListenAt } from '../server/app.ts';
import { TrustedProxies } from '../server/forwarded.ts';
import { checkHost, checkOrigin } from '../server/origin.ts';
import { accessFolder, numberOption, type Surroundings } from './command.ts';

/** Where it listens, and who may use it. */
export const LISTEN_OPTIONS = {
  port: { type: 'string', default: '8080' },
  host: { type: 'string', default: '127.0.0.1' },
  'allow-origin': { type: 'string', multiple: true },
  'allow-host': { type: 'string', multiple: true },
  'trust-proxy': { type: 'string', multiple: true },
  insecure: { type: 'boolean', default: false },
  cert: { type: 'string' },
  key: { type: 'string' },
  state: { type: 'string' },
} as const;

export const SERVER_OPTIONS = {
  ...LISTEN_OPTIONS,
  'no-watch': { type: 'boolean' },
  config: { type: 'string' },
} as const;

export const LISTEN_USAGE = `[--port 8080] [--host 127.0.0.1] [--insecure] [--cert FILE --key FILE] [--state DIR]
       [--allow-origin ORIGIN]… [--allow-host NAME]… [--trust-proxy ADDRESS|NETWORK|loopback]…`;
export const SERVER_USAGE = `${LISTEN_USAGE}
       [--no-watch] [--config server.yaml]`;

export interface ServerOptions {
  readonly at: ListenAt;
  readonly app: Pick<AppOptions, 'allowedOrigins' | 'allowedHosts' | 'isPublic' | 'isTls' | 'trustedProxies'>;
  /** Without tokens, everybody may do everything. */
  readonly mayBeOpen: boolean;
}

interface Values {
  readonly port: string;
  readonly host: string;
  readonly 'allow-origin'?: string[];
  readonly 'allow-host'?: string[];
  readonly 'trust-proxy'?: string[];
  readonly insecure: boolean;
  readonly cert?: string;
  readonly key?: string;
}

/** @throws WindhoverError `usage` */
export function serverOptions(values: Values, { cwd }: Surroundings): ServerOptions {
  const port = numberOption('port', values.port, { min: 0, max: 65_535 });
  if (!Number.isInteger(port))
    throw new WindhoverError('usage', '--port', { expected: 'a whole number', got: values.port });
  const { host, insecure } = values;
  const isPublic = !isLoopback(host);
  const tls = readTls(values, cwd);
  const trustedProxies = values['trust-proxy'] ?? [];
  // It throws what is wrong with them.
  new TrustedProxies(trustedProxies);
  return {
    at: { host, port, ...(tls ? { tls } : {}) },
    app: {
      allowedOrigins: (values['allow-origin'] ?? []).map(checkOrigin),
      allowedHosts: [...(values['allow-host'] ?? []).map(checkHost), host.toLowerCase()],
      isPublic,
      isTls: tls !== undefined,
      trustedProxies,
    },
    mayBeOpen: !isPublic || insecure,
  };
}

/** Who may use the server, and the log of what they do. @throws WindhoverError `usage`: nobody could use it */
export function openAccess(
  { at, mayBeOpen }: ServerOptions,
  stateFolder: string,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): { access: Access; audit: AuditLog } {
  const access = new Access({ folder: accessFolder(stateFolder), mayBeOpen, clock, log });
  if (access.isChecked && !access.hasTokens && !mayBeOpen) {
    access.close();
    throw new WindhoverError(
      'usage',
      `--host ${at.host}: other machines could use this server, and there is no token`,
      {
        hint: 'make one: bun run token create admin --role admin; or open it to everybody by --insecure',
      },
    );
  }
  if (!access.isChecked && !isLoopback(at.host)) {
    log.warn('there is no token: everybody who reaches this server may do everything', { code: 'insecure' });
  }
  return { access, audit: new AuditLog({ file: join(stateFolder, 'audit.jsonl'), clock, log }) };
}

function readTls({ cert, key }: Values, cwd: string): ListenAt['tls'] {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new WindhoverError('usage', cert === undefined ? '--key' : '--cert', {
      expected: '--cert and --key together',
    });
  }
  const texts = { cert: readPem('cert', cert, cwd), key: readPem('key', key, cwd) };
  const certificate = parsed('cert', cert, 'a certificate in PEM', () => new X509Certificate(texts.cert));
  const privateKey = parsed('key', key, 'a private key in PEM, without a password', () => createPrivateKey(texts.key));
  if (certificate.checkPrivateKey(privateKey)) return texts;
  throw new WindhoverError('usage', `--key ${key}`, { expected: `the key of the certificate ${cert}`, got: 'another' });
}

function readPem(option: string, file: string, cwd: string): string {
  try {
    return readFileSync(resolve(cwd, file), 'utf8');
  } catch (cause) {
    throw new WindhoverError('usage', `--${option} ${file}: cannot be read`, { got: errorMessage(cause), cause });
  }
}

function parsed<T>(option: string, file: string, expected: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new WindhoverError('usage', `--${option} ${file}`, { expected, cause });
  }
}
