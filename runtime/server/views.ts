/** What the routes take and answer beside the views of sessions, and how that is written on the OpenAPI page. */
import { type TSchema, Type } from '@sinclair/typebox';
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

interface Answer {
  readonly says: string;
  readonly schema?: TSchema;
}

/** The OpenAPI entry of a route. Answers are documented, not checked at run time: they are typed already. */
export function describe(summary: string, answers: Readonly<Record<number, Answer>>, body?: TSchema) {
  const json = (schema: TSchema) => ({ 'application/json': { schema: { ...schema } } });
  const responses = Object.entries(answers).map(([status, { says, schema }]) => [
    status,
    { description: says, ...(schema ? { content: json(schema) } : {}) },
  ]);
  return {
    summary,
    responses: Object.fromEntries(responses),
    ...(body ? { requestBody: { required: false, content: json(body) } } : {}),
  };
}
