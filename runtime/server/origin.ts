/**
 * Keeps foreign web pages out. A server on loopback is still within reach of every page that the user's browser shows:
 * by a plain cross-site request or WebSocket (named in `Origin`), or by a host name that an attacker lets point to
 * 127.0.0.1 (named in `Host`). Both must be loopback, or be allowed by name. Programs send no `Origin` and pass. Browsers
 * name the origin in every WebSocket handshake, whatever the host, so there the host says nothing more.
 */
import type { Elysia } from 'elysia';
import { WindhoverError } from '../errors.ts';
import { isLoopback } from '../loopback.ts';

/** @param allowed origins (`https://ops.example`) whose pages may use this server; their hosts may name it, too */
export function guardOrigin(app: Elysia, allowed: readonly string[]): void {
  const hosts = new Set(allowed.map((origin) => new URL(origin).hostname));
  const origins = new Set(allowed.map((origin) => new URL(origin).origin));
  app.onRequest(({ request, set }) => {
    const { hostname } = new URL(request.url);
    const isWebSocket = request.headers.get('upgrade')?.toLowerCase() === 'websocket';
    if (!isWebSocket && !isLoopback(hostname) && !hosts.has(hostname)) {
      throw new WindhoverError('origin_not_allowed', `Host not allowed: ${hostname}`);
    }
    const origin = request.headers.get('origin');
    if (origin === null) return undefined;
    if (!isLoopbackOrigin(origin) && !origins.has(origin)) {
      throw new WindhoverError('origin_not_allowed', `Origin not allowed: ${origin}`);
    }
    set.headers['access-control-allow-origin'] = origin;
    set.headers.vary = 'origin';
    return request.method === 'OPTIONS' ? preflight(origin) : undefined;
  });
}

/** @throws WindhoverError `usage` unless the text is an origin: scheme and host, maybe a port, and nothing more */
export function checkOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && url.origin !== 'null' && url.href === `${url.origin}/`) return url.origin;
  throw new WindhoverError('usage', '--allow-origin', { expected: 'an origin like https://ops.example', got: text });
}

function isLoopbackOrigin(origin: string): boolean {
  return URL.canParse(origin) && isLoopback(new URL(origin).hostname);
}

function preflight(origin: string): Response {
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, POST, PATCH, DELETE',
      'access-control-allow-headers': 'content-type, if-match',
      vary: 'origin',
    },
  });
}
