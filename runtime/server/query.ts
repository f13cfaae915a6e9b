/** Reads and checks what stands behind the `?` of a request. */
import type { Static, TObject } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { WindhoverError } from '../errors.ts';

/** Texts as the numbers and truths that the schema names. Unknown names are left out. @throws WindhoverError `bad_query` */
export function readQuery<S extends TObject>(schema: S, query: Readonly<Record<string, unknown>>): Static<S> {
  const known = Object.fromEntries(Object.entries(query).filter(([name]) => Object.hasOwn(schema.properties, name)));
  const value = Value.Convert(schema, known);
  if (Value.Check(schema, value)) return value;
  const first = Value.Errors(schema, value).First();
  throw new WindhoverError('bad_query', `Bad query: ${first?.path.slice(1)}: ${first?.message}`);
}

/** The same for the OpenAPI document. */
export function parametersOf(schema: TObject) {
  return Object.entries(schema.properties).map(([name, property]) => ({
    ...{ name, in: 'query' as const, required: schema.required?.includes(name) ?? false },
    schema: { ...property },
  }));
}

/** Unix milliseconds, or a time as text. @throws WindhoverError `bad_query` */
export function unixMsOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{1,15}$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isFinite(ms)) return ms;
  throw new WindhoverError('bad_query', `Bad query: ${name}`, {
    expected: 'Unix milliseconds, or a time such as 2026-11-29T12:03:00Z',
    got: JSON.stringify(text.slice(0, 100)),
  });
}
