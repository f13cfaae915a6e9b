/** `bun run token`: makes, lists and revokes the tokens that a server checks. */
import { ROLES } from '../access/caller.ts';
import { createToken, readTokens, revokeToken, type TokenRecord } from '../access/tokens.ts';
import { WindhoverError } from '../errors.ts';
import { suggestion } from '../nearest.ts';
import { textTable } from '../text-table.ts';
import { accessFolder, parseCommandLine, type Surroundings, stateFolder } from './command.ts';

const USAGE = `bun run token create NAME --role ${ROLES.join('|')} [--camera ID]… [--expires 30d]
       bun run token list [--json]
       bun run token revoke NAME
       [--state DIR]: the state folder of the server`;
const OPTIONS = {
  role: { type: 'string' },
  camera: { type: 'string', multiple: true },
  expires: { type: 'string' },
  json: { type: 'boolean', default: false },
  state: { type: 'string' },
} as const;
const ACTIONS = ['create', 'list', 'revoke'];
const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

interface Values {
  readonly role?: string;
  readonly camera?: string[];
  readonly expires?: string;
}

export async function tokenCommand(args: string[], surroundings: Surroundings): Promise<number> {
  const { values, positionals } = parseCommandLine(args, OPTIONS, USAGE);
  const [action = '', name = '', ...more] = positionals;
  const folder = accessFolder(stateFolder(values.state, surroundings));
  const { stdout, stderr } = surroundings;
  if (action === 'create' && name !== '' && more.length === 0) {
    stdout.write(`${create(folder, name, values)}\n`);
    stderr.write('this is shown only once\n');
  } else if (action === 'list' && name === '') {
    const { tokens, faults } = readTokens(folder);
    for (const fault of faults) stderr.write(`not a token: ${fault}\n`);
    stdout.write(values.json ? `${JSON.stringify(tokens.map(shown), null, 2)}\n` : table(tokens));
  } else if (action === 'revoke' && name !== '' && more.length === 0) {
    revokeToken(folder, name);
    stdout.write(`revoked ${name}\n`);
  } else {
    const what = ACTIONS.includes(action)
      ? `${action}: ${action === 'list' ? 'takes no further words' : 'name one token'}`
      : `'${action}' is nothing to do with tokens${suggestion(action, ACTIONS, 'actions')}`;
    throw new WindhoverError('usage', `${what}\nusage: ${USAGE}`);
  }
  return 0;
}

function create(folder: string, name: string, { role, camera, expires }: Values): string {
  const known = ROLES.find((each) => each === role);
  if (!known) throw new WindhoverError('usage', '--role', { expected: ROLES.join(', '), got: role ?? 'none' });
  const cameras = (camera ?? []).flatMap((list) => list.split(',')).filter((id) => id !== '');
  if (camera && cameras.length === 0) throw new WindhoverError('usage', '--camera', { expected: 'camera ids' });
  const now = Date.now();
  return createToken(folder, {
    name,
    role: known,
    cameras: cameras.length > 0 ? [...new Set(cameras)] : null,
    created_unix_ms: now,
    expires_unix_ms: expires === undefined ? null : now + durationMs(expires),
  });
}

/** @throws WindhoverError `usage` */
function durationMs(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = Number(count) * (UNITS_MS[unit] ?? 0);
  if (ms > 0) return ms;
  throw new WindhoverError('usage', '--expires', { expected: 'a time like 30d, 12h, 15m or 90s', got: text });
}

function table(tokens: readonly TokenRecord[]): string {
  if (tokens.length === 0) return 'no tokens\n';
  const rows = tokens.map(({ name, role, cameras, created_unix_ms, expires_unix_ms }) => {
    const isOver = expires_unix_ms !== null && expires_unix_ms <= Date.now();
    const until = expires_unix_ms === null ? 'never' : `${isOver ? 'expired ' : ''}${time(expires_unix_ms)}`;
    return [name, role, cameras?.join(', ') ?? 'all', time(created_unix_ms), until];
  });
  return textTable([['name', 'role', 'cameras', 'made', 'expires'], ...rows]);
}

function time(unixMs: number): string {
  return new Date(unixMs).toISOString().slice(0, 16).replace('T', ' ');
}

/** The hash is of no use to anybody. */
function shown({ sha256: _hash, ...token }: TokenRecord): Omit<TokenRecord, 'sha256'> {
  return token;
}
