/** Forms of a login: WS-Security UsernameToken, or HTTP digest. */
import { createHash, randomBytes } from 'node:crypto';
import { escapeXml } from './xml.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

const OASIS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss';

/**
 * A header that is good once, for some minutes (OASIS UsernameToken Profile 1.0, as ONVIF Core, "Authentication" asks).
 * @param cameraUnixMs now, on the camera's clock
 */
export function usernameToken({ username, password }: Credentials, cameraUnixMs: number): string {
  const nonce = randomBytes(16);
  const created = new Date(cameraUnixMs).toISOString();
  const digest = createHash('sha1').update(nonce).update(created).update(password).digest('base64');
  return (
    `<Security s:mustUnderstand="1" xmlns="${OASIS}-wssecurity-secext-1.0.xsd"><UsernameToken>` +
    `<Username>${escapeXml(username)}</Username>` +
    `<Password Type="${OASIS}-username-token-profile-1.0#PasswordDigest">${digest}</Password>` +
    `<Nonce EncodingType="${OASIS}-soap-message-security-1.0#Base64Binary">${nonce.toString('base64')}</Nonce>` +
    `<Created xmlns="${OASIS}-wssecurity-utility-1.0.xsd">${created}</Created></UsernameToken></Security>`
  );
}

const HASHES = { 'sha-256': 'sha256', md5: 'md5' } as const;
type HashName = keyof typeof HASHES;

/** One challenge of a camera, used for many requests: each counts (RFC 7616, nc), none costs a round trip more. */
export class DigestChallenge {
  readonly #fields: ReadonlyMap<string, string>;
  readonly #hash: HashName;
  #count = 0;

  private constructor(fields: ReadonlyMap<string, string>, hash: HashName) {
    this.#fields = fields;
    this.#hash = hash;
  }

  /**
   * The strongest challenge that we can answer.
   * @param header the `WWW-Authenticate` headers, joined by commas
   */
  static from(header: string | null): DigestChallenge | null {
    const found = (header ?? '').split(/,\s*(?=Digest\s)/i).flatMap((text) => {
      if (!/^\s*Digest\s/i.test(text)) return [];
      const pairs = text.replace(/^\s*Digest\s+/i, '').matchAll(/([\w-]+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))/g);
      const fields = new Map(
        [...pairs].map(([, name = '', quoted, plain]) => [name.toLowerCase(), quoted ?? plain ?? '']),
      );
      const hash = (fields.get('algorithm') ?? 'MD5').toLowerCase();
      const qops = fields
        .get('qop')
        ?.split(',')
        .map((qop) => qop.trim());
      const known = hash === 'md5' || hash === 'sha-256';
      return known && fields.has('nonce') && (!qops || qops.includes('auth'))
        ? [{ fields, hash: hash as HashName }]
        : [];
    });
    const best = found.find(({ hash }) => hash === 'sha-256') ?? found[0];
    return best ? new DigestChallenge(best.fields, best.hash) : null;
  }

  /** The refused request's nonce was too old; the password may well be right. */
  get isStale(): boolean {
    return this.#fields.get('stale')?.toLowerCase() === 'true';
  }

  /** @param target path and query of the request. @returns an `Authorization` header */
  answer({ username, password }: Credentials, method: string, target: string): string {
    const value = (name: string) => this.#fields.get(name) ?? '';
    const hash = (text: string) => createHash(HASHES[this.#hash]).update(text).digest('hex');
    const a1 = hash(`${username}:${value('realm')}:${password}`);
    const a2 = hash(`${method}:${target}`);
    const quoted = (text: string) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
    const parts = [
      `username=${quoted(username)}`,
      `realm=${quoted(value('realm'))}`,
      `nonce=${quoted(value('nonce'))}`,
      `uri=${quoted(target)}`,
    ];
    if (this.#fields.has('algorithm')) parts.push(`algorithm=${value('algorithm')}`);
    if (this.#fields.has('opaque')) parts.push(`opaque=${quoted(value('opaque'))}`);
    if (!this.#fields.has('qop'))
      return `Digest ${[...parts, `response="${hash(`${a1}:${value('nonce')}:${a2}`)}"`].join(', ')}`;
    const nc = (++this.#count).toString(16).padStart(8, '0');
    const cnonce = randomBytes(8).toString('hex');
    const response = hash([a1, value('nonce'), nc, cnonce, 'auth', a2].join(':'));
    return `Digest ${[...parts, 'qop=auth', `nc=${nc}`, `cnonce="${cnonce}"`, `response="${response}"`].join(', ')}`;
  }
}
