/**
 * Tokens on the disk: one file each, which holds the hash of the secret and never the secret. A random 256-bit secret
 * can't be guessed, so one round of SHA-256 is enough. Making and revoking are one step of the file system each, so that
 * commands and running servers need no lock.
 */
import { createHash, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { closed, literals, nullable, unixMs } from '../../schemas/common.ts';
import { errorCode, errorMessage, WindhoverError } from '../errors.ts';
import { ROLES } from './caller.ts';

const RecordSchema = closed({
  id: Type.String({ minLength: 1, description: 'Of this token alone, also when another gets its name later' }),
  name: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }),
  role: literals(ROLES, 'What it may do'),
  cameras: nullable(Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }), 'The only ones it sees; null: all'),
  created_unix_ms: unixMs('When it was made'),
  expires_unix_ms: nullable(unixMs('Not valid from then on'), 'null: it does not expire'),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'Of the secret' }),
});

export type TokenRecord = Static<typeof RecordSchema>;

/** In the folder for access. */
const FOLDER = 'tokens';
const SUFFIX = '.json';
const PREFIX = 'wh_';

/** Has the text the form of a token's secret? */
export function isSecret(text: string): boolean {
  return /^wh_[\w-]{43}$/.test(text);
}

export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** @returns the secret, which is nowhere else @throws WindhoverError `bad_token`, `token_exists`, `write_failed` */
export function createToken(
  folder: string,
  wanted: Pick<TokenRecord, 'name' | 'role' | 'cameras' | 'created_unix_ms' | 'expires_unix_ms'>,
): string {
  const secret = PREFIX + randomBytes(32).toString('base64url');
  const record: TokenRecord = { id: crypto.randomUUID(), ...wanted, sha256: hashOf(secret) };
  if (!Value.Check(RecordSchema, record)) {
    throw new WindhoverError('bad_token', `Bad token: ${Value.Errors(RecordSchema, record).First()?.path.slice(1)}`, {
      expected: 'a name of up to 64 letters, digits, - and _',
      got: JSON.stringify(wanted.name),
    });
  }
  const [file, draft] = [fileOf(folder, record.name), join(folder, FOLDER, `.${record.id}.new`)];
  try {
    mkdirSync(join(folder, FOLDER), { recursive: true, mode: 0o700 });
    writeFileSync(draft, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600, flush: true });
    // Unlike a rename, it replaces nothing.
    linkSync(draft, file);
  } catch (cause) {
    if (errorCode(cause) === 'EEXIST') throw exists(record.name, cause);
    throw new WindhoverError('write_failed', 'The token cannot be written', { got: errorMessage(cause), cause });
  } finally {
    rmSync(draft, { force: true });
  }
  return secret;
}

function exists(name: string, cause: unknown): WindhoverError {
  const hint = `choose another name, or first: bun run token revoke ${name}`;
  return new WindhoverError('token_exists', `There is a token ${name}`, { hint, cause });
}

/** Running servers refuse it within a second. @throws WindhoverError `unknown_token` */
export function revokeToken(folder: string, name: string): void {
  const { tokens } = readTokens(folder);
  const isThere = tokens.some((token) => token.name === name);
  if (!isThere) {
    const known = tokens.map((token) => token.name);
    throw new WindhoverError('unknown_token', `Unknown token: ${name}`, { got: name, known });
  }
  rmSync(fileOf(folder, name));
}

export interface Tokens {
  readonly tokens: readonly TokenRecord[];
  /** Of files that are no tokens. */
  readonly faults: readonly string[];
}

/** @throws when the folder is there and can't be read */
export function readTokens(folder: string): Tokens {
  const tokens: TokenRecord[] = [];
  const faults: string[] = [];
  for (const name of namesIn(folder)) {
    try {
      tokens.push(parse(readFileSync(join(folder, FOLDER, name), 'utf8'), name));
    } catch (error) {
      // It was revoked meanwhile.
      if (errorCode(error) !== 'ENOENT') faults.push(`${name}: ${errorMessage(error)}`);
    }
  }
  return { tokens, faults };
}

/** Changes when a token is made or revoked. @throws when the folder is there and can't be read */
export function tokensMark(folder: string): string {
  const marks = namesIn(folder).map((name) => {
    const stat = statSync(join(folder, FOLDER, name), { throwIfNoEntry: false });
    return `${name} ${stat?.ino} ${stat?.ctimeMs}`;
  });
  return marks.join('\n');
}

function parse(text: string, file: string): TokenRecord {
  const record: unknown = JSON.parse(text);
  if (!Value.Check(RecordSchema, record)) {
    const { path = '', message = '' } = Value.Errors(RecordSchema, record).First() ?? {};
    throw new WindhoverError('bad_token', `${path.slice(1)}: ${message}`);
  }
  // A copy under another name would outlive the revocation of the first.
  if (`${record.name}${SUFFIX}` !== file) throw new WindhoverError('bad_token', `it is the token ${record.name}`);
  return record;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(join(folder, FOLDER))
      .filter((name) => name.endsWith(SUFFIX))
      .toSorted();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

function fileOf(folder: string, name: string): string {
  return join(folder, FOLDER, `${name}${SUFFIX}`);
}
