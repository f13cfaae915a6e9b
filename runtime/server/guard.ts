/**
 * Who may use which route: checked in one place, before the route is asked. A camera that does not exist for the caller
 * is answered like one that does not exist at all, and so is its session.
 */
import type { Elysia } from 'elysia';
import type { Access } from '../access/access.ts';
import { ANYBODY, type Caller, hasRole, seesCamera } from '../access/caller.ts';
import { credentialsOf } from '../access/credentials.ts';
import type { Clock } from '../clock.ts';
import { isLoopback } from '../loopback.ts';
import type { KeyedRateLimit } from '../rate-limit.ts';
import type { Sessions } from '../session/api.ts';
import { cut } from '../text.ts';
import { contextOf, type RequestContext } from './context.ts';
import { errorResponse, unknownCamera, unknownPath, unknownSession } from './errors.ts';
import { hostsOf, type OriginRules } from './origin.ts';
import type { RouteDetail } from './views.ts';

export interface GuardParts {
  /** Undefined: everybody may do everything. */
  readonly access: Access | undefined;
  readonly sessions: Sessions;
  readonly origins: OriginRules;
  readonly clock: Clock;
  readonly limits: ChangeLimits;
}

/** How much of it each caller may ask for. */
export interface ChangeLimits {
  /** What takes the role of a controller. */
  readonly commands: KeyedRateLimit;
  /** What takes that of an admin. */
  readonly writes: KeyedRateLimit;
}

type Params = Readonly<Record<string, string>>;

export function guardRoutes(app: Elysia, parts: GuardParts): void {
  const routes = new Routes(app);
  app.onBeforeHandle(async ({ request, route, params }) => {
    const detail = routes.find(request.method, route);
    const context = contextOf(request);
    // What is no UTF-8 after decoding comes as null: it names nothing.
    if (Object.values<string | null>(params ?? {}).includes(null)) throw unknownPath(request);
    const refusal = await identify(request, context, parts);
    if (detail['x-role'] === 'public') return refusal === 'foreign_page' ? foreignPage() : undefined;
    if (isChange(request, detail)) context.change = changeOf(route, params ?? {}, parts.sessions);
    if (refusal === 'foreign_page') return foreignPage();
    const { caller } = context;
    // Who it is, its socket asks (visitor.ts).
    if (refusal === 'no_token' && detail['x-first-message'] && isHandshake(request)) return undefined;
    if (!caller) return unauthorized(refusal);
    if (!hasRole(caller, detail['x-role'])) return forbidden(`it takes the role ${detail['x-role']}`);
    if (detail['x-cameras'] === 'all' && caller.cameras) return forbidden('it takes a token of all cameras');
    const { camera, session } = subject(route, params ?? {}, parts.sessions);
    if (caller.cameras !== null && session !== undefined && !(camera !== undefined && seesCamera(caller, camera))) {
      throw unknownSession();
    }
    if (camera !== undefined && !seesCamera(caller, camera)) throw unknownCamera(camera);
    return limited(request, context, detail, parts);
  });
}

/** Reads who it is. @returns why nobody, if so */
async function identify(
  request: Request,
  context: RequestContext,
  { access, origins }: GuardParts,
): Promise<'no_token' | 'bad_token' | 'foreign_page' | null> {
  if (!access) {
    context.caller = ANYBODY;
    return null;
  }
  const credentials = credentialsOf(request.headers);
  context.caller = await access.callerOf(credentials);
  // A browser sends the cookie by itself, whichever page makes it ask.
  const isByItself = credentials?.by === 'cookie' && !isSafe(request) && context.caller?.tokenId != null;
  if (isByItself && !isOwnPage(request, origins)) {
    context.caller = null;
    return 'foreign_page';
  }
  if (context.caller) return null;
  return credentials ? 'bad_token' : 'no_token';
}

/** Does a page of this server make the request? Browsers say so in headers that pages can't change. */
function isOwnPage(request: Request, origins: OriginRules): boolean {
  if (request.headers.get('sec-fetch-site') === 'same-origin') return true;
  const origin = request.headers.get('origin');
  return origin !== null && origins.isOwn(origin, hostsOf(request));
}

function onlyReads({ method }: Request): boolean {
  return ['GET', 'HEAD', 'OPTIONS'].includes(method);
}

/** It changes nothing, and a page of another origin can't read the answer. */
function isSafe(request: Request): boolean {
  return onlyReads(request) && !request.headers.has('upgrade');
}

export function isHandshake({ headers }: Request): boolean {
  return headers.get('upgrade')?.toLowerCase() === 'websocket';
}

function isChange(request: Request, { 'x-role': role }: RouteDetail): boolean {
  return !onlyReads(request) && (role === 'controller' || role === 'admin');
}

/** What a path is about: the camera of the session that it names, or the camera. */
function subject(route: string, { id, camera }: Params, sessions: Sessions) {
  if (!/^(\/ws)?\/sessions\/:id(\/|$)/.test(route) || id === undefined) return camera === undefined ? {} : { camera };
  const ofSession = sessions.get(id)?.camera_id;
  return ofSession === undefined ? { session: id } : { session: id, camera: ofSession };
}

function changeOf(route: string, params: Params, sessions: Sessions): NonNullable<RequestContext['change']> {
  const { id: _id, camera: _camera, ...others } = params;
  const details = Object.fromEntries(Object.entries(others).map(([name, text]) => [name, cut(text, MOST_CHARS)]));
  return { route, ...subject(route, params, sessions), details };
}

/** Of a name in a path, for the audit log. */
const MOST_CHARS = 200;

function limited(
  request: Request,
  { caller, address }: RequestContext,
  detail: RouteDetail,
  { clock, limits }: GuardParts,
): Response | undefined {
  const key = caller && limitKey(caller, address);
  if (onlyReads(request) || key === null) return undefined;
  const limit = detail['x-role'] === 'admin' ? limits.writes : limits.commands;
  const waitMs = limit.take(key, clock.monoMs());
  if (waitMs === 0) return undefined;
  return tooMany(waitMs);
}

/** Whose limits count: those of the token, else of the address. Null: programs on this machine have none. */
export function limitKey({ tokenId }: Caller, address: string | null): string | null {
  if (tokenId !== null) return tokenId;
  return address === null || isLoopback(address) ? null : address;
}

export function tooMany(waitMs: number): Response {
  const waitS = Math.ceil(waitMs / 1000);
  return errorResponse(429, `Too many requests; try again in ${waitS} s`, { 'retry-after': String(waitS) });
}

/** @param why of `bad_token`: one was shown, and it is not valid */
export function unauthorized(why: 'no_token' | 'bad_token' | null): Response {
  const isBad = why === 'bad_token';
  const challenge = isBad ? 'Bearer error="invalid_token"' : 'Bearer';
  const message = isBad ? 'The token is not valid' : 'A token is needed';
  return errorResponse(401, message, { 'www-authenticate': challenge });
}

function forbidden(why: string): Response {
  return errorResponse(403, `Forbidden: ${why}`);
}

function foreignPage(): Response {
  return errorResponse(403, 'Forbidden: the cookie is for pages of this server alone');
}

/** Finds what a route says of itself; routes may be added at any time. */
class Routes {
  readonly #app: Elysia;
  #details = new Map<string, RouteDetail>();
  #count = 0;

  constructor(app: Elysia) {
    this.#app = app;
  }

  find(method: string, route: string): RouteDetail {
    const { routes } = this.#app;
    if (routes.length !== this.#count) {
      this.#count = routes.length;
      const entries = routes.map((each) => [`${each.method} ${each.path}`, each.hooks.detail as RouteDetail] as const);
      this.#details = new Map(entries);
    }
    const detail = this.#details.get(`${method === 'HEAD' ? 'GET' : method} ${route}`);
    if (detail?.['x-role']) return detail;
    throw new Error(`the route ${method} ${route} does not say who may use it`);
  }
}
