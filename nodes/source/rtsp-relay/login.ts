/**
 * The login of a camera by RTSP: Digest, else Basic. A wrong password is sent once for each connection: cameras lock an
 * account after a few.
 */
import { type Credentials, DigestChallenge } from '../../../ptz/index.ts';

export class RtspLogin {
  readonly #credentials: Credentials | undefined;
  /** How the camera wants it; undefined: it has not asked. */
  #scheme: DigestChallenge | 'basic' | undefined;
  #isAccepted = false;
  /** A challenge came in place of one that was too old, and no answer to it yet. */
  #isRenewed = false;
  #isRefused = false;

  /** @param login undefined: there is none */
  constructor(login: readonly [username: string, password: string] | undefined) {
    this.#credentials = login && { username: login[0], password: login[1] };
  }

  /** The header `Authorization` of the next request, as far as one is wanted. */
  authorization(method: string, url: string): string | undefined {
    if (!this.#credentials || this.#isRefused) return undefined;
    if (this.#scheme !== 'basic') return this.#scheme?.answer(this.#credentials, method, url);
    const { username, password } = this.#credentials;
    return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  }

  /** A request with the login in it went through. */
  accepted(): void {
    [this.#isAccepted, this.#isRenewed] = [true, false];
  }

  /**
   * A request was answered with 401.
   * @param challenges its headers `WWW-Authenticate`, @param hadLogin the request had the login in it
   * @returns true when it may be sent again, with what `authorization` says now
   */
  challenged(challenges: readonly string[], hadLogin: boolean): boolean {
    if (!this.#credentials || this.#isRefused) return false;
    const digest = DigestChallenge.from(digestsOf(challenges));
    // Some cameras do not say that a challenge has become too old. Of a second 401 in a row the password is to blame.
    const isTooOld = hadLogin && digest !== null && (digest.isStale || this.#isAccepted) && !this.#isRenewed;
    this.#isRefused = hadLogin && !isTooOld;
    this.#isRenewed ||= isTooOld;
    if (this.#isRefused) return false;
    this.#scheme = digest ?? (challenges.some((each) => /^\s*Basic\b/i.test(each)) ? 'basic' : undefined);
    return this.#scheme !== undefined;
  }
}

/** Those alone: what others are in the same line has fields of the same names. */
function digestsOf(challenges: readonly string[]): string {
  const single = challenges.flatMap((line) => line.split(/,\s*(?=(?:Digest|Basic|Bearer|Negotiate|NTLM)\s)/i));
  return single.filter((each) => /^\s*Digest\s/i.test(each)).join(', ');
}
