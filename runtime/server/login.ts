/**
 * GET and POST /login, POST /logout, GET /whoami: the page's way in, a cookie in exchange for a token. POST /sessions/{id}/token:
 * a short-lived token for a browser that is to see one session.
 */
import { Type } from '@sinclair/typebox';
import type { Elysia } from 'elysia';
import { literals, nullable } from '../../schemas/common.ts';
import type { Access } from '../access/access.ts';
import { type Caller, hasRole, ROLES } from '../access/caller.ts';
import { COOKIE, credentialsOf } from '../access/credentials.ts';
import type { Clock } from '../clock.ts';
import { WindhoverError } from '../errors.ts';
import { KeyedRateLimit } from '../rate-limit.ts';
import type { Sessions } from '../session/api.ts';
import { readJson } from './body.ts';
import { callerOf, contextOf } from './context.ts';
import { unknownSession } from './errors.ts';
import { tooMany, unauthorized } from './guard.ts';
import type { ServerLimits } from './limits.ts';
import { describe, ErrorSchema } from './views.ts';

const LoginSchema = Type.Object(
  { token: Type.String({ minLength: 1, maxLength: 4096, description: 'As `bun run token create` has printed it' }) },
  { additionalProperties: false },
);
const WhoSchema = Type.Object({
  name: Type.String({ description: 'Of the token' }),
  role: literals(ROLES, 'What it may do'),
  cameras: nullable(Type.Array(Type.String()), 'The only ones it sees; null: all'),
  login: Type.Boolean({ description: 'Tokens are checked; false: everybody may do everything' }),
});
const LoggedInSchema = Type.Object({ who: nullable(WhoSchema, 'null: nobody, and a token is needed') });
const EXPIRES = { minimum: 10, maximum: 24 * 3600, default: 3600 };
const WantedSchema = Type.Object(
  {
    role: Type.Optional(literals(ROLES, "What it may do, at most what the caller's own may; viewer when absent")),
    expires_in_s: Type.Optional(Type.Integer({ ...EXPIRES, description: 'How long it is valid, in seconds' })),
  },
  { additionalProperties: false },
);
const TokenSchema = Type.Object({
  token: Type.String({ description: 'For `Authorization: Bearer` or the subprotocol `bearer.<token>`; not for a URL' }),
  role: WhoSchema.properties.role,
  camera_id: Type.String({ description: 'The only one it sees' }),
  expires_unix_ms: Type.Integer({ description: 'Unix time in milliseconds' }),
});

const LOGIN_MS = 12 * 3600 * 1000;
const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Strict';
const BAD_BODY = { says: 'Bad body', schema: ErrorSchema };

export interface LoginParts {
  readonly access: Access | undefined;
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly limits: ServerLimits;
  /** Log-ins of a token count as commands of it. */
  readonly commands: KeyedRateLimit;
}

export function addLogin(app: Elysia, parts: LoginParts): void {
  addLoginItself(app, parts);
  const isChecked = () => parts.access?.isChecked ?? false;
  app.get(
    '/login',
    ({ request }) => {
      const { caller } = contextOf(request);
      return { who: caller ? who(caller, isChecked()) : null };
    },
    {
      detail: describe(
        'Who is logged in, for a page that does not know yet whether a log-in is needed',
        { 200: { says: 'null: nobody; POST /login first', schema: LoggedInSchema } },
        { role: 'public' },
      ),
    },
  );
  app.get('/whoami', ({ request }) => who(callerOf(request), isChecked()), {
    detail: describe(
      'Who the caller is, and what it may do',
      { 200: { says: 'As the token says', schema: WhoSchema } },
      { role: 'viewer' },
    ),
  });
  if (parts.access) addSessionToken(app, parts, parts.access);
}

function addLoginItself(app: Elysia, { access, clock, limits, commands }: LoginParts): void {
  const failures = new KeyedRateLimit(limits.failedLoginsPerS, limits.failedLoginBurst);
  app.post(
    '/login',
    async ({ request, set }) => {
      const { token } = await readJson(request, LoginSchema, limits.maxBodyBytes);
      const context = contextOf(request);
      context.change = { route: '/login' };
      context.caller = access ? await access.callerOf({ by: 'bearer', token }) : context.caller;
      if (!context.caller) {
        const waitMs = failures.take(context.address ?? '', clock.monoMs());
        return waitMs > 0 ? tooMany(waitMs) : unauthorized('bad_token');
      }
      if (access?.isChecked) {
        const { role, cameras, tokenId } = context.caller;
        const waitMs = tokenId === null ? 0 : commands.take(tokenId, clock.monoMs());
        if (waitMs > 0) return tooMany(waitMs);
        const signed = await access.sign(context.caller, 'page', { role, cameras, forMs: LOGIN_MS });
        const maxAgeS = Math.floor((signed.expiresUnixMs - clock.unixMs()) / 1000);
        const isSecure = context.isSecure || request.headers.get('origin')?.startsWith('https:');
        const attributes = `${ATTRIBUTES}; Max-Age=${maxAgeS}${isSecure ? '; Secure' : ''}`;
        set.headers['set-cookie'] = `${COOKIE}=${signed.token}; ${attributes}`;
      }
      return who(context.caller, access?.isChecked ?? false);
    },
    {
      parse: 'none',
      detail: describe(
        'Log in: a cookie in exchange for a token',
        {
          200: { says: 'Logged in; who it is', schema: WhoSchema },
          400: BAD_BODY,
          401: { says: 'The token is not valid', schema: ErrorSchema },
          429: { says: 'Too many failed attempts; Retry-After says when to try again', schema: ErrorSchema },
        },
        { role: 'public', body: LoginSchema },
      ),
    },
  );
  app.post(
    '/logout',
    async ({ request, set }) => {
      const credentials = credentialsOf(request.headers);
      contextOf(request).change = { route: '/logout' };
      if (credentials?.by === 'cookie') await access?.giveBack(credentials);
      set.headers['set-cookie'] = `${COOKIE}=; ${ATTRIBUTES}; Max-Age=0`;
      return { logged_out: true };
    },
    {
      detail: describe('Log out: the cookie is not valid any more', { 200: { says: 'Done' } }, { role: 'public' }),
    },
  );
}

function addSessionToken(app: Elysia, { sessions, limits }: LoginParts, access: Access): void {
  app.post(
    '/sessions/:id/token',
    async ({ request, params: { id } }) => {
      const wanted = await readJson(request, WantedSchema, limits.maxBodyBytes);
      const { role = 'viewer', expires_in_s = EXPIRES.default } = wanted;
      const camera = sessions.get(id)?.camera_id;
      if (camera === undefined) throw unknownSession();
      const caller = callerOf(request);
      contextOf(request).change = {
        route: '/sessions/:id/token',
        session: id,
        camera,
        details: { role, expires_in_s },
      };
      if (!hasRole(caller, role)) throw new WindhoverError('forbidden', `Forbidden: you are ${caller.role}`);
      const signed = await access.sign(caller, 'session', { role, cameras: [camera], forMs: expires_in_s * 1000 });
      return { token: signed.token, role, camera_id: camera, expires_unix_ms: Math.floor(signed.expiresUnixMs) };
    },
    {
      parse: 'none',
      detail: describe(
        'A short-lived token for a browser that is to see this session alone',
        {
          200: { says: 'Not stored anywhere', schema: TokenSchema },
          400: BAD_BODY,
          404: { says: 'Unknown session', schema: ErrorSchema },
        },
        { role: 'viewer', body: WantedSchema },
      ),
    },
  );
}

function who({ name, role, cameras }: Caller, login: boolean) {
  return { name, role, cameras, login };
}
