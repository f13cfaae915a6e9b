/**
 * Who may use a server: checks tokens against those on the disk, and ends what was allowed as soon as its token is revoked
 * or expires. Without a token on the disk, a server that may be open lets everybody do everything; once it has seen one,
 * it never goes back to that.
 */
import type { Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../node.ts';
import { ANYBODY, type Caller, type Role } from './caller.ts';
import type { Credentials } from './credentials.ts';
import { GivenBack } from './given-back.ts';
import { type Purpose, type Signed, Signer } from './signed.ts';
import { hashOf, isSecret, readTokens, type TokenRecord, tokensMark } from './tokens.ts';

export interface AccessOptions {
  /** Where tokens and the key are. */
  readonly folder: string;
  /** Without tokens, everybody may do everything. */
  readonly mayBeOpen: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What was allowed, until its token ends. */
interface Grant {
  readonly caller: Caller;
  readonly end: AbortController;
}

const LOOK_EVERY_MS = 250;
/** Short-lived tokens of one stored token that are in use at once; as many as there may be clients. */
const MOST_SIGNED = 2000;
const NOBODY = 'nobody';

export class Access {
  readonly #options: AccessOptions;
  readonly #signer: Signer;
  readonly #grants = new Map<string, Grant>();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #givenBack: GivenBack;
  #mark = '';
  #byHash = new Map<string, TokenRecord>();
  #byId = new Map<string, TokenRecord>();
  #isChecked: boolean;

  /** @throws when the folder is there and can't be read */
  constructor(options: AccessOptions) {
    this.#options = options;
    this.#signer = new Signer(options.folder);
    this.#givenBack = new GivenBack(options.folder);
    this.#isChecked = !options.mayBeOpen;
    this.#read();
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** False: everybody may do everything. */
  get isChecked(): boolean {
    return this.#isChecked;
  }

  /** False: nobody can do anything, for want of a token. */
  get hasTokens(): boolean {
    return this.#byId.size > 0;
  }

  /** Null: the credentials are not valid, or there are none and some are needed. */
  async callerOf(credentials: Credentials | null): Promise<Caller | null> {
    // The first token counts from the next request on.
    if (!this.#isChecked) this.look();
    if (!this.#isChecked) return this.#grant(NOBODY, ANYBODY);
    if (!credentials) return null;
    const { by, token } = credentials;
    if (by === 'bearer' && isSecret(token)) {
      const hash = hashOf(token);
      // It may have been made since the last look.
      if (!this.#byHash.has(hash)) this.look();
      const record = this.#byHash.get(hash);
      if (!record || this.#isOver(record.expires_unix_ms)) return null;
      const { id, name, role, cameras, expires_unix_ms } = record;
      return this.#grant(id, { name, role, cameras, tokenId: id, expiresUnixMs: expires_unix_ms });
    }
    const signed = await this.#signer.verify(token, by === 'cookie' ? 'page' : 'session', this.#nowUnixMs);
    return signed && this.#ofSigned(signed);
  }

  /**
   * A short-lived token for what the caller may do, or less. The caller's own end is its end, too.
   * @returns when it expires, which may be sooner than asked for
   */
  async sign(
    caller: Caller,
    purpose: Purpose,
    { role, cameras, forMs }: { role: Role; cameras: readonly string[] | null; forMs: number },
  ): Promise<{ token: string; expiresUnixMs: number }> {
    const { tokenId } = caller;
    // JWT counts whole seconds.
    const askedUnixMs = Math.floor((this.#nowUnixMs + forMs) / 1000) * 1000;
    const expiresUnixMs = Math.min(askedUnixMs, caller.expiresUnixMs ?? Number.POSITIVE_INFINITY);
    const signed = { id: crypto.randomUUID(), tokenId, role, cameras, expiresUnixMs };
    return { token: await this.#signer.sign(signed, purpose), expiresUnixMs };
  }

  /** Ends a short-lived token before its time, for good; nothing when it is not valid. */
  async giveBack({ by, token }: Credentials): Promise<void> {
    const signed = await this.#signer.verify(token, by === 'cookie' ? 'page' : 'session', this.#nowUnixMs);
    if (!signed) return;
    this.#end(signed.id, 'logged out');
    this.#onDisk('a log-out holds until a restart only', () => this.#givenBack.add(signed.id, signed.expiresUnixMs));
  }

  /** Ends what is over. Called at a steady rate. */
  look(): void {
    try {
      this.#read();
    } catch (error) {
      this.#isChecked = true;
      this.#byHash = new Map();
      this.#byId = new Map();
      const isNew = this.#mark !== 'unreadable';
      this.#mark = 'unreadable';
      if (isNew) this.#options.log.error(`tokens cannot be read, nobody gets in: ${errorMessage(error)}`, {});
    }
    for (const [id, { caller }] of this.#grants) {
      const isGone = caller.tokenId === null ? this.#isChecked : !this.#byId.has(caller.tokenId);
      if (isGone) this.#end(id, caller.tokenId === null ? 'a token is needed' : 'token revoked');
      else if (this.#isOver(caller.expiresUnixMs)) this.#end(id, 'token expired');
    }
    this.#onDisk('a file of an expired log-out stays', () => this.#givenBack.forgetExpired(this.#nowUnixMs));
  }

  close(): void {
    clearInterval(this.#timer);
  }

  get #nowUnixMs(): number {
    return this.#options.clock.unixMs();
  }

  #isOver(expiresUnixMs: number | null): boolean {
    return expiresUnixMs !== null && this.#nowUnixMs >= expiresUnixMs;
  }

  #ofSigned({ id, tokenId, role, cameras, expiresUnixMs }: Signed): Caller | null {
    const record = tokenId === null ? undefined : this.#byId.get(tokenId);
    if (!record || this.#givenBack.has(id) || this.#isOver(record.expires_unix_ms)) return null;
    return this.#grant(id, { name: record.name, role, cameras, tokenId, expiresUnixMs });
  }

  #grant(id: string, who: Omit<Caller, 'ended'>): Caller {
    const known = this.#grants.get(id);
    if (known) return known.caller;
    const end = new AbortController();
    const caller = { ...who, ended: end.signal };
    this.#grants.set(id, { caller, end });
    if (who.tokenId !== null && id !== who.tokenId) this.#bound(who.tokenId);
    return caller;
  }

  /** Short-lived tokens can be had at will, and each that is used takes room until it expires. */
  #bound(tokenId: string): void {
    const own = [...this.#grants].filter(([id, { caller }]) => caller.tokenId === tokenId && id !== tokenId);
    const [[oldest] = []] = own.length > MOST_SIGNED ? own : [];
    if (oldest !== undefined) this.#end(oldest, 'too many short-lived tokens');
  }

  #onDisk(otherwise: string, write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#options.log.error(`${otherwise}: ${errorMessage(error)}`, {});
    }
  }

  #end(id: string, why: string): void {
    this.#grants.get(id)?.end.abort(why);
    this.#grants.delete(id);
  }

  #read(): void {
    const mark = tokensMark(this.#options.folder);
    if (mark === this.#mark) return;
    const { tokens, faults } = readTokens(this.#options.folder);
    this.#mark = mark;
    this.#byHash = new Map(tokens.map((token) => [token.sha256, token]));
    this.#byId = new Map(tokens.map((token) => [token.id, token]));
    if (mark !== '') this.#isChecked = true;
    for (const fault of faults) this.#options.log.error(`a file of a token is ignored: ${fault}`, {});
  }
}
