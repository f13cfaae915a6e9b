/** Why a value does not match a schema, in a few words. */
import type { TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { shownValue } from '../graph/tree.ts';

/** `tracks/0/id: expected integer, got '8'`; null when it is of the schema. */
export function mismatch(schema: TSchema, value: unknown): string | null {
  // The check alone is quicker than the search for the first error, and nearly always enough.
  if (Value.Check(schema, value)) return null;
  const wrong = Value.Errors(schema, value).First();
  if (!wrong) return 'not of its schema';
  const place = wrong.path === '' ? '' : `${wrong.path.slice(1)}: `;
  return `${place}${wrong.message.toLowerCase()}, got ${shownValue(wrong.value)}`;
}
