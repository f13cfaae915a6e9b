/**
 * WS-Security logins (OASIS Web Services Security UsernameToken Profile 1.0, as ONVIF Core asks for it): the password
 * travels as Base64(SHA-1(nonce + created + password)), is good for a few minutes, and only once.
 */
import { createHash } from 'node:crypto';
import { NS } from '../soap/names.ts';
import { child, type XmlElement } from '../soap/read-xml.ts';
import { type Credentials, sameText } from './credentials.ts';

/** How far `Created` may be from the camera's clock, either way; the profile recommends five minutes. */
export const CREATED_WINDOW_MS = 5 * 60_000;
/** Nonces remembered at most; with more logins than this within the window, none gets in. */
const MAX_NONCES = 20_000;
const DIGEST_TYPE = /#PasswordDigest$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;

export class UsernameTokens {
  readonly #credentials: Credentials;
  /** Until when a nonce that was used is remembered, on the camera's clock. */
  readonly #used = new Map<string, number>();

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /** @returns null when the login is right, or why it is not */
  refusal(security: XmlElement, cameraUnixMs: number): string | null {
    const token = child(security, 'wsse:UsernameToken');
    const password = child(token, 'wsse:Password');
    const nonce = child(token, 'wsse:Nonce')?.text ?? '';
    // Some clients put Created into the wrong one of the two namespaces; it is the same thing.
    const created = (child(token, 'wsu:Created') ?? child(token, 'wsse:Created'))?.text ?? '';
    if (!token || !password || nonce === '' || !DATE_TIME.test(created)) return 'the UsernameToken is not complete';
    if (!DIGEST_TYPE.test(password.attributes.get('Type') ?? '')) return `only PasswordDigest is taken (${NS.wsse})`;
    const name = child(token, 'wsse:Username')?.text ?? '';
    const expected = passwordDigest(nonce, created, this.#credentials.password);
    if (!sameText(name, this.#credentials.user) || !sameText(password.text, expected)) return 'wrong user or password';
    if (!(Math.abs(Date.parse(created) - cameraUnixMs) <= CREATED_WINDOW_MS)) return 'Created is too far from now';
    return this.#use(nonce, cameraUnixMs) ? null : 'the nonce has been used before';
  }

  reset(): void {
    this.#used.clear();
  }

  #use(nonce: string, nowMs: number): boolean {
    if (this.#used.size >= MAX_NONCES) {
      for (const [old, untilMs] of this.#used) if (untilMs < nowMs) this.#used.delete(old);
    }
    if (this.#used.has(nonce) || this.#used.size >= MAX_NONCES) return false;
    this.#used.set(nonce, nowMs + 2 * CREATED_WINDOW_MS);
    return true;
  }
}

export function passwordDigest(nonceBase64: string, created: string, password: string): string {
  const hash = createHash('sha1').update(Buffer.from(nonceBase64, 'base64')).update(created).update(password);
  return hash.digest('base64');
}
