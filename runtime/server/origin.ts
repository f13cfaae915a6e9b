/**
 * Keeps foreign web pages out. A server is within reach of every page that a browser near it shows: by a plain cross-site
 * request or WebSocket (named in `Origin`), or by a host name that an attacker lets point to it (named in `Host`). Both
 * must be this server's: loopback, the address that it listens on, or allowed by name. Programs send no `Origin` and pass.
 * Browsers name the origin in every WebSocket handshake, whatever the host, so there the host says nothing more.
 */
import { isIP } from 'node:net';
import type { Elysia } from 'elysia';
import { WindhoverError } from '../errors.ts';
import { isLoopback } from '../loopback.ts';
import { contextOf } from './context.ts';

export interface OriginOptions {
  /** Origins (`https://ops.example`) whose pages may use this server; their hosts may name it, too. */
  readonly allowedOrigins?: readonly string[];
  /** Host names that this server goes by, such as those of a proxy in front. */
  readonly allowedHosts?: readonly string[];
  /** It is for other machines, too. Nobody can let an address point elsewhere, so any may name it. */
  readonly isPublic?: boolean;
}

export class OriginRules {
  readonly #origins: ReadonlySet<string>;
  readonly #hosts: ReadonlySet<string>;
  readonly #isPublic: boolean;

  constructor({ allowedOrigins = [], allowedHosts = [], isPublic = false }: OriginOptions) {
    this.#origins = new Set(allowedOrigins.map((origin) => new URL(origin).origin));
    this.#hosts = new Set([...allowedHosts, ...allowedOrigins.map((origin) => new URL(origin).hostname)]);
    this.#isPublic = isPublic;
  }

  /** May the server be called that? */
  allowsHost(hostname: string): boolean {
    const isAddress = isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0;
    return isLoopback(hostname) || this.#hosts.has(hostname) || (this.#isPublic && isAddress);
  }

  /** May pages of that origin use it? @param hosts by which the request names the server */
  allowsOrigin(origin: string, hosts: readonly URL[]): boolean {
    const isOfLoopback = URL.canParse(origin) && isLoopback(new URL(origin).hostname);
    return isOfLoopback || this.isOwn(origin, hosts);
  }

  /** Are pages of that origin this server's own, or trusted by name? Other servers on loopback are not. */
  isOwn(origin: string, hosts: readonly URL[]): boolean {
    if (!URL.canParse(origin)) return false;
    const { host, hostname } = new URL(origin);
    if (this.#origins.has(origin) || this.#hosts.has(hostname)) return true;
    return hosts.some((each) => each.host === host) && this.allowsHost(hostname);
  }
}

export function guardOrigin(app: Elysia, rules: OriginRules): void {
  app.onRequest(({ request, set }) => {
    const isWebSocket = request.headers.get('upgrade')?.toLowerCase() === 'websocket';
    const hosts = hostsOf(request);
    const foreign = hosts.find(({ hostname }) => !rules.allowsHost(hostname));
    if (!isWebSocket && foreign) {
      const hint = `--allow-host ${foreign.hostname} allows it`;
      throw new WindhoverError('origin_not_allowed', `Host not allowed: ${foreign.hostname}`, { hint });
    }
    const origin = request.headers.get('origin');
    if (origin === null) return undefined;
    if (!rules.allowsOrigin(origin, hosts)) {
      const hint = `--allow-origin ${origin} allows it`;
      throw new WindhoverError('origin_not_allowed', `Origin not allowed: ${origin}`, { hint });
    }
    set.headers['access-control-allow-origin'] = origin;
    set.headers['access-control-expose-headers'] = 'etag, retry-after, x-request-id';
    set.headers.vary = 'origin';
    return request.method === 'OPTIONS' ? preflight(origin) : undefined;
  });
}

/**
 * How the request names this server. A page could send a proxy's header itself, so what it says comes beside
 * the `Host`, and never in its place. @throws WindhoverError `bad_host`
 */
export function hostsOf(request: Request): URL[] {
  const asked = new URL(request.url);
  const { forwardedHost } = contextOf(request);
  if (forwardedHost === null) return [asked];
  const url = `http://${forwardedHost}`;
  const isHost = URL.canParse(url) && new URL(url).href === `${url.toLowerCase()}/`;
  if (isHost) return [asked, new URL(url)];
  throw new WindhoverError('bad_host', 'Bad request: the X-Forwarded-Host header is malformed');
}

/** @throws WindhoverError `usage` unless the text is an origin: scheme and host, maybe a port, and nothing more */
export function checkOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && url.origin !== 'null' && url.href === `${url.origin}/`) return url.origin;
  throw new WindhoverError('usage', '--allow-origin', { expected: 'an origin like https://ops.example', got: text });
}

/** @throws WindhoverError `usage` unless the text is a host name or an address */
export function checkHost(text: string): string {
  const url = URL.canParse(`http://${text}`) ? new URL(`http://${text}`) : undefined;
  if (url && url.href === `http://${text.toLowerCase()}/` && url.port === '') return url.hostname;
  throw new WindhoverError('usage', '--allow-host', { expected: 'a host name like ops.example', got: text });
}

function preflight(origin: string): Response {
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers': 'authorization, content-type, if-match, x-request-id',
      vary: 'origin',
    },
  });
}
