/** What the routes take and answer beside the views of sessions, and how that is written on the OpenAPI page. */
import { type TSchema, Type } from '@sinclair/typebox';
import type { Role } from '../access/caller.ts';
import { SessionViewSchema } from '../session/views.ts';

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

/** What a route says of itself, as it stands in the OpenAPI document. */
export interface RouteDetail {
  readonly summary: string;
  readonly 'x-role': Role | 'public';
  readonly 'x-cameras'?: 'all';
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
}

type Content = Readonly<Record<'application/json', { readonly schema: object }>>;

interface Answer {
  readonly says: string;
  readonly schema?: TSchema;
}

interface Access {
  /** The least role that may use the route; `public`: everybody, without a token. */
  readonly role: Role | 'public';
  /** The route concerns all cameras at once, so that a token of some cameras may not use it. */
  readonly cameras?: 'all';
  readonly body?: TSchema;
}

/** What every route that is not public may answer. */
const REFUSALS = {
  401: { says: 'A token is needed, or the one shown is not valid', schema: ErrorSchema },
  403: { says: "The token's role, or its list of cameras, does not allow it", schema: ErrorSchema },
  429: { says: 'Too many requests; Retry-After says when to try again', schema: ErrorSchema },
};

/**
 * The OpenAPI entry of a route, with who may use it: every route has one. Answers are documented, not checked at run
 * time: they are typed already.
 */
export function describe(
  summary: string,
  answers: Readonly<Record<number, Answer>>,
  { role, cameras, body }: Access,
): RouteDetail {
  const json = (schema: TSchema) => ({ 'application/json': { schema: { ...schema } } });
  const all = role === 'public' ? answers : { ...REFUSALS, ...answers };
  const responses = Object.entries(all).map(([status, { says, schema }]) => [
    status,
    { description: says, ...(schema ? { content: json(schema) } : {}) },
  ]);
  return {
    summary,
    'x-role': role,
    ...(cameras ? { 'x-cameras': cameras } : {}),
    responses: Object.fromEntries(responses),
    ...(body ? { requestBody: { required: false, content: json(body) } } : {}),
  };
}
