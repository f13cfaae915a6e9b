/**
 * Logging of the whole system: pino, one line of JSON per entry; on a terminal a short readable form instead. Secrets
 * are replaced in every line, whatever field they are in.
 */
import pino from 'pino';
import type { Logger } from './node.ts';
import { requestScope } from './request-scope.ts';
import { HIDDEN, Secrets } from './secrets.ts';
import { cut, printable } from './text.ts';

/** Where finished lines go. A status line takes the place of the plain terminal writer. */
export type LineWriter = (line: string) => void;

const MOST_TEXT_CHARS = 10_000;

export type LogFields = Record<string, unknown>;

export interface Log extends Logger {
  /** The same log with these fields in every entry. */
  with(fields: LogFields): Log;
  /** Replaces this text in all lines from now on. */
  hide(secret: string): void;
  /** The text without secrets, and not too long: for answers and messages, which do not go through the log. */
  redact(text: string): string;
}

export interface LogOptions {
  readonly write: LineWriter;
  /** Readable lines instead of JSON. */
  readonly pretty: boolean;
  readonly level?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

export function createLog(options: LogOptions): Log {
  const secrets = new Secrets();
  const redact = (text: string) => cut(secrets.redact(text), MOST_TEXT_CHARS);
  const write = (line: string) => {
    // Value by value: replacing a secret such as `1000` inside of a number would break the JSON.
    const entry: Record<string, unknown> = JSON.parse(line, (_key, value: unknown) => redactValue(value, redact));
    options.write(options.pretty ? prettyLine(entry) : JSON.stringify(entry));
  };
  const root = pino(
    {
      level: options.level ?? 'info',
      base: null,
      formatters: { level: (level) => ({ level }) },
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: () => ({ ...requestScope.getStore() }),
    },
    { write },
  );
  return wrap(root, { hide: (secret) => secrets.add(secret), redact });
}

function redactValue(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (typeof value !== 'number') return value;
  return redact(String(value)) === HIDDEN ? HIDDEN : value;
}

function wrap(log: pino.Logger, secrets: Pick<Log, 'hide' | 'redact'>): Log {
  return {
    debug: (message, fields = {}) => log.debug(fields, message),
    info: (message, fields = {}) => log.info(fields, message),
    warn: (message, fields = {}) => log.warn(fields, message),
    error: (message, fields = {}) => log.error(fields, message),
    with: (fields) => wrap(log.child(fields), secrets),
    ...secrets,
  };
}

const COLOURS: Record<string, string> = { debug: '\x1b[2m', info: '\x1b[36m', warn: '\x1b[33m', error: '\x1b[31m' };

/** `12:03:11 warn cam01 decode: damaged video (frame_index=12)` */
function prettyLine(entry: Record<string, unknown>): string {
  const { level, time, message, camera, node, session: _session, graph, stack, ...others } = entry;
  const label = String(level);
  // Only errors name the graph file: the user has to open it. In other lines it is noise.
  const fields = label === 'error' && graph !== undefined ? { graph, ...others } : others;
  const where = [camera, node].filter((part) => typeof part === 'string').join(' ');
  const rest = Object.entries(fields).map(
    ([key, value]) => `${key}=${printable(typeof value === 'string' ? value : JSON.stringify(value))}`,
  );
  const tail = rest.length > 0 ? ` \x1b[2m(${rest.join(' ')})\x1b[0m` : '';
  const at = String(time).slice(11, 19);
  const lines = typeof stack === 'string' ? stack.split('\n').map(printable).join('\n') : '';
  const trace = lines === '' ? '' : `\n\x1b[2m${lines}\x1b[0m`;
  return `\x1b[2m${at}\x1b[0m ${COLOURS[label] ?? ''}${label}\x1b[0m ${where ? `${where}: ` : ''}${printable(String(message))}${tail}${trace}`;
}
