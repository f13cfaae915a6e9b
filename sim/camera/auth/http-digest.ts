/** HTTP digest logins (RFC 7616) with MD5 and SHA-256, quality of protection `auth`. */
import { createHash, randomBytes } from 'node:crypto';
import { type Credentials, sameText } from './credentials.ts';

/** In the order they are offered: MD5 first, because many clients take the first challenge and know no other. */
const ALGORITHMS = { MD5: 'md5', 'SHA-256': 'sha256' } as const;
type Algorithm = keyof typeof ALGORITHMS;

const REALM = 'windhover camera';
const NONCE_LIFE_MS = 5 * 60_000;
const MAX_NONCES = 1000;
const MAX_USES = 10_000;

interface Issued {
  readonly untilMs: number;
  /** Counters (nc) that were used with it; each counts once. */
  readonly used: Set<string>;
}

/** Result of a login: right, with an expired nonce (not the user's fault), or wrong. */
export type DigestVerdict = 'right' | 'stale' | 'wrong';

export class HttpDigest {
  readonly #credentials: Credentials;
  readonly #issued = new Map<string, Issued>();

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /** The values of the `WWW-Authenticate` headers, one for each algorithm. */
  challenges(nowMs: number, isStale: boolean): string[] {
    const nonce = randomBytes(16).toString('hex');
    const [oldest] = this.#issued.keys();
    if (this.#issued.size >= MAX_NONCES && oldest !== undefined) this.#issued.delete(oldest);
    this.#issued.set(nonce, { untilMs: nowMs + NONCE_LIFE_MS, used: new Set() });
    const stale = isStale ? ', stale=true' : '';
    return Object.keys(ALGORITHMS).map(
      (algorithm) => `Digest realm="${REALM}", qop="auth", nonce="${nonce}", algorithm=${algorithm}${stale}`,
    );
  }

  /**
   * @param header the `Authorization` header
   * @param target path and query as requested
   */
  verdict(header: string, method: string, target: string, nowMs: number): DigestVerdict {
    const given = parameters(header);
    const value = (name: string) => given.get(name) ?? '';
    const algorithm = value('algorithm') === '' ? 'MD5' : value('algorithm');
    if (!isAlgorithm(algorithm) || value('qop') !== 'auth' || !/^[0-9a-f]{8}$/i.test(value('nc'))) return 'wrong';
    const hash = (text: string) => createHash(ALGORITHMS[algorithm]).update(text).digest('hex');
    const { user, password } = this.#credentials;
    const isTarget = value('uri') === target;
    // RFC 7616, 3.4.1: response = H(H(A1):nonce:nc:cnonce:qop:H(A2)).
    const a1 = hash(`${user}:${REALM}:${password}`);
    const a2 = hash(`${method}:${value('uri')}`);
    const response = hash([a1, value('nonce'), value('nc'), value('cnonce'), 'auth', a2].join(':'));
    const isRight = sameText(value('response').toLowerCase(), response) && sameText(value('username'), user);
    if (!isRight || !isTarget || value('realm') !== REALM) return 'wrong';
    return this.#use(value('nonce'), value('nc'), nowMs) ? 'right' : 'stale';
  }

  reset(): void {
    this.#issued.clear();
  }

  #use(nonce: string, counter: string, nowMs: number): boolean {
    const issued = this.#issued.get(nonce);
    if (!issued || issued.untilMs < nowMs || issued.used.has(counter) || issued.used.size >= MAX_USES) return false;
    issued.used.add(counter);
    return true;
  }
}

function isAlgorithm(name: string): name is Algorithm {
  return Object.hasOwn(ALGORITHMS, name);
}

/** `Digest a="x", b=y` → a: x, b: y. Names in lower case. */
function parameters(header: string): Map<string, string> {
  const found = header.slice('Digest '.length).matchAll(/(\w+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))/g);
  return new Map([...found].map(([, name = '', quoted, plain]) => [name.toLowerCase(), quoted ?? plain ?? '']));
}
