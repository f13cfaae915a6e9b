/**
 * Short-lived tokens, signed and not stored (JWT, HS256): for a browser that opens one session, and as the cookie of the
 * page. Each was made for the owner of a stored token and holds no longer than that one does.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { literals, nullable } from '../../schemas/common.ts';
import { errorCode } from '../errors.ts';
import { type Caller, ROLES } from './caller.ts';

/** What it was made for: it is taken for nothing else. */
export type Purpose = 'session' | 'page';

export interface Signed extends Pick<Caller, 'role' | 'cameras'> {
  /** Id of the stored token; null: it was made while no tokens were checked. */
  readonly tokenId: string | null;
  readonly id: string;
  readonly expiresUnixMs: number;
}

const ClaimsSchema = Type.Object({
  jti: Type.String(),
  exp: Type.Integer(),
  sub: Type.Optional(Type.String()),
  role: literals(ROLES, 'What it may do'),
  cameras: nullable(Type.Array(Type.String()), 'The only ones it sees; null: all'),
});

const ISSUER = 'windhover';
const FILE = 'key';
const KEY_BYTES = 32;

/** Signs with the key of the folder, which is made when it is first needed. */
export class Signer {
  readonly #folder: string;
  #key: Uint8Array | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async sign({ role, cameras, tokenId, id, expiresUnixMs }: Signed, purpose: Purpose): Promise<string> {
    this.#key ??= readKey(this.#folder) ?? makeKey(this.#folder);
    const { SignJWT } = await import('jose');
    const token = new SignJWT({ role, cameras })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(ISSUER)
      .setAudience(purpose)
      .setJti(id)
      .setExpirationTime(Math.floor(expiresUnixMs / 1000));
    return (tokenId === null ? token : token.setSubject(tokenId)).sign(this.#key);
  }

  /** Null: it is none of ours, for another purpose, or no longer valid. */
  async verify(text: string, purpose: Purpose, nowUnixMs: number): Promise<Signed | null> {
    this.#key ??= readKey(this.#folder);
    if (!this.#key) return null;
    const wanted = { issuer: ISSUER, audience: purpose, algorithms: ['HS256'], currentDate: new Date(nowUnixMs) };
    const { jwtVerify } = await import('jose');
    const claims = await jwtVerify(text, this.#key, wanted).then(
      ({ payload }): unknown => payload,
      () => null,
    );
    if (!Value.Check(ClaimsSchema, claims)) return null;
    const { jti, exp, sub, role, cameras } = claims;
    return { tokenId: sub ?? null, id: jti, role, cameras, expiresUnixMs: exp * 1000 };
  }
}

/** Undefined: there is none. */
function readKey(folder: string): Uint8Array | undefined {
  try {
    const key = readFileSync(join(folder, FILE));
    return key.length === KEY_BYTES ? key : undefined;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function makeKey(folder: string): Uint8Array {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, `.${crypto.randomUUID()}.new`);
  const key = randomBytes(KEY_BYTES);
  try {
    writeFileSync(draft, key, { mode: 0o600, flush: true });
    linkSync(draft, join(folder, FILE));
    return key;
  } catch (error) {
    // Another server of the same state folder was first.
    const other = errorCode(error) === 'EEXIST' ? readKey(folder) : undefined;
    if (other) return other;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}
