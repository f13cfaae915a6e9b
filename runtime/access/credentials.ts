/** What a request shows of who makes it, as its headers say. Pure; nothing is checked here. */

export interface Credentials {
  /** `bearer`: as a header or as a subprotocol of a WebSocket. `cookie`: of the page, sent by the browser by itself. */
  readonly by: 'bearer' | 'cookie';
  readonly token: string;
}

/** Longer ones are none of ours. */
const MOST_CHARS = 4096;
const SUBPROTOCOL_PREFIX = 'bearer.';

export const COOKIE = 'windhover_login';

/**
 * In this order: `Authorization: Bearer`, the subprotocol `bearer.<token>`, the cookie. Other schemes are those of a proxy
 * in front and pass unseen.
 */
export function credentialsOf(headers: Headers): Credentials | null {
  const bearer = /^bearer(?: +(.*))?$/i.exec(headers.get('authorization')?.trim() ?? '');
  if (bearer) return { by: 'bearer', token: bounded(bearer[1]) };
  const offered = headers.get('sec-websocket-protocol')?.split(',') ?? [];
  const subprotocol = offered.map((name) => name.trim()).find((name) => name.startsWith(SUBPROTOCOL_PREFIX));
  if (subprotocol !== undefined) return { by: 'bearer', token: bounded(subprotocol.slice(SUBPROTOCOL_PREFIX.length)) };
  const pairs = headers.get('cookie')?.split(';') ?? [];
  const cookie = pairs.map((pair) => pair.trim()).find((pair) => pair.startsWith(`${COOKIE}=`));
  return cookie === undefined ? null : { by: 'cookie', token: bounded(cookie.slice(COOKIE.length + 1)) };
}

function bounded(token = ''): string {
  return token.length > MOST_CHARS ? '' : token;
}
