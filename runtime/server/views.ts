/** What the routes take and answer beside the views of sessions, and how that is written on the OpenAPI page. */
import { type TSchema, Type } from '@sinclair/typebox';
import type { Role } from '../access/caller.ts';
import { SessionViewSchema } from '../session/views.ts';
import { exampleOf } from './examples.ts';

export const CreatedSessionSchema = Type.Composite([
  SessionViewSchema,
  Type.Object({ created: Type.Boolean({ description: 'False when the session already ran' }) }),
]);

export const CreateSessionSchema = Type.Object(
  {
    camera_id: Type.Optional(Type.String({ minLength: 1, description: 'Camera to start; the first one when absent' })),
  },
  { additionalProperties: false },
);

export const ErrorSchema = Type.Object({ error: Type.String() });

const JSON_TYPE = 'application/json';

/** What a route says of itself, as it stands in the OpenAPI document. */
export interface RouteDetail {
  readonly summary: string;
  readonly 'x-role': Role | 'public';
  readonly 'x-cameras'?: 'all';
  readonly 'x-first-message'?: 'auth';
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
}

export type Content = Readonly<Record<string, { readonly schema: object; readonly example?: unknown }>>;

interface Answer {
  readonly says: string;
  readonly schema?: TSchema;
  /** Of a text that is no JSON. */
  readonly type?: string;
}

interface Access {
  /** The least role that may use the route; `public`: everybody, without a token. */
  readonly role: Role | 'public';
  /** The route concerns all cameras at once, so that a token of some cameras may not use it. */
  readonly cameras?: 'all';
  /** A WebSocket: the token may come as its first message. */
  readonly isSocket?: boolean;
  readonly body?: TSchema;
  /** JSON when absent. */
  readonly bodyType?: string;
}

/** What every route that is not public may answer. */
const REFUSALS = {
  401: { says: 'A token is needed, or the one shown is not valid', schema: ErrorSchema },
  403: { says: "The token's role, or its list of cameras, does not allow it", schema: ErrorSchema },
  429: { says: 'Too many requests; Retry-After says when to try again', schema: ErrorSchema },
};

/** What every route that reads a body may answer. */
const BODY_REFUSALS = {
  400: { says: 'The body is not what is expected', schema: ErrorSchema },
  408: { says: 'The body came too slowly', schema: ErrorSchema },
  413: { says: 'The body is too large', schema: ErrorSchema },
};

/**
 * The OpenAPI entry of a route, with who may use it: every route has one. Answers are documented, not checked at run
 * time: they are typed already.
 */
export function describe(
  summary: string,
  answers: Readonly<Record<number, Answer>>,
  { role, cameras, isSocket = false, body, bodyType = JSON_TYPE }: Access,
): RouteDetail {
  const all: Readonly<Record<number, Answer>> = {
    ...(role === 'public' ? {} : REFUSALS),
    ...(body ? BODY_REFUSALS : {}),
    ...answers,
  };
  const content = (type: string, schema: TSchema, says: string) => {
    const example = type === JSON_TYPE ? { example: exampleOf(schema as object, says) } : {};
    return { [type]: { schema: { ...schema }, ...example } };
  };
  const responses = Object.entries(all).map(([status, { says, type = JSON_TYPE, schema }]) => {
    const shown = schema ?? (type === JSON_TYPE ? undefined : Type.String());
    return [status, { description: says, ...(shown ? { content: content(type, shown, says) } : {}) }];
  });
  return {
    summary,
    'x-role': role,
    ...(cameras ? { 'x-cameras': cameras } : {}),
    ...(isSocket ? { 'x-first-message': 'auth' as const } : {}),
    responses: Object.fromEntries(responses),
    ...(body ? { requestBody: { required: false, content: content(bodyType, body, summary) } } : {}),
  };
}
