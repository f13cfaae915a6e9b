/** Every wire schema, in both forms (TypeBox and JSON Schema through ajv), against the contract's examples and mutants. */
import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import Ajv2020 from 'ajv/dist/2020';
import fc from 'fast-check';
import {
  AckSchema,
  CommandSchema,
  ErrorReplySchema,
  MetadataTickSchema,
  TrackEventSchema,
} from '../../schemas/index.ts';
import { wireSchemas } from '../../schemas/write.ts';
import { arbitrary, fieldPaths, type JsonSchema, mutants, openObjects } from './mutations.ts';

const FOLDER = join(import.meta.dir, '../../schemas');
const TYPEBOX: Record<string, TSchema> = {
  metadata_tick: MetadataTickSchema,
  track_event: TrackEventSchema,
  command: CommandSchema,
};
const read = (file: string): unknown => JSON.parse(readFileSync(join(FOLDER, file), 'utf8'));
const examples = (kind: string) => readdirSync(join(FOLDER, 'examples')).filter((f) => f.startsWith(`${kind}.`));

/** Asks both forms and insists that they agree. */
function verdicts(kind: string) {
  const schema = wireSchemas()[`${kind}.schema.json`] as JsonSchema;
  const typebox = TYPEBOX[kind] as TSchema;
  const compiled = new Map<JsonSchema, (value: unknown) => boolean>();
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  const check = (part: JsonSchema, value: unknown): boolean => {
    const validate = compiled.get(part) ?? ajv.compile(part);
    compiled.set(part, validate);
    return validate(value);
  };
  const accepts = (value: unknown): boolean => {
    const byAjv = check(schema, value);
    const byTypebox = Value.Check(typebox, value);
    if (byAjv !== byTypebox) throw new Error(`ajv ${byAjv}, TypeBox ${byTypebox}: ${JSON.stringify(value)}`);
    return byAjv;
  };
  return { schema, check, accepts };
}

for (const kind of Object.keys(TYPEBOX)) {
  describe(kind, () => {
    const { schema, check, accepts } = verdicts(kind);

    test('the file on disk is what the schemas say', () => {
      expect(read(`${kind}.schema.json`)).toEqual(wireSchemas()[`${kind}.schema.json`] ?? {});
    });

    test.each(examples(kind))('accepts %s', (file) => {
      expect(accepts(read(`examples/${file}`))).toBe(true);
    });

    test('every object at every level is closed', () => {
      expect(openObjects(schema)).toEqual([]);
    });

    test('every field is exercised, and each mutant refused', () => {
      const seen = new Set<string>();
      const samples = fc.sample(arbitrary(schema, true), { numRuns: 40, seed: 7 });
      for (const sample of samples) {
        expect(accepts(sample)).toBe(true);
        for (const mutant of mutants(schema, sample, check)) {
          seen.add(mutant.what.replace(/\[\d+\]/g, '[]').split(/ |=/)[0] ?? '');
          if (accepts(mutant.value)) throw new Error(`accepted ${mutant.what}`);
        }
      }
      expect([...fieldPaths(schema)].filter((path) => !seen.has(path))).toEqual([]);
    });

    test('property: accepts what it generates, refuses any mutant of it', () => {
      fc.assert(
        fc.property(arbitrary(schema), fc.nat(), (value, pick) => {
          expect(accepts(value)).toBe(true);
          const all = mutants(schema, value, check);
          const mutant = all[pick % all.length];
          if (mutant && accepts(mutant.value)) throw new Error(`accepted ${mutant.what}`);
        }),
        { numRuns: 60 },
      );
    });
  });
}

describe('rules of the contract that the types alone do not show', () => {
  const event = verdicts('track_event').accepts;
  const load = (name: string) =>
    read(`examples/track_event.${name}.example.json`) as Record<string, Record<string, unknown>>;

  test.each([
    ['new with a before', { ...load('new'), before: load('update').before }],
    ['new that has ended', { ...load('new'), after: load('end').after }],
    ['update that has ended', { ...load('update'), after: load('end').after }],
    ['end without an end time', { ...load('end'), after: load('update').after }],
    ['an unknown event', { ...load('new'), event: 'begin' }],
  ])('refuses %s', (_what, value) => {
    expect(event(value)).toBe(false);
  });

  test('optional fields of a summary may all be absent', () => {
    const { track_id, zones, best_bbox, ...after } = load('new').after ?? {};
    expect([track_id, zones, best_bbox]).not.toContain(undefined);
    expect(event({ ...load('new'), after })).toBe(true);
  });

  test.each([
    [AckSchema, { type: 'ack', command: 'set_target_id', target_id: 17 }, true],
    [AckSchema, { type: 'ack', command: 'clear_target' }, true],
    [AckSchema, { type: 'ack', command: 'clear_target', target_id: 1 }, false],
    [AckSchema, { type: 'ack', command: 'set_target_id' }, false],
    [ErrorReplySchema, { type: 'error', error: 'rate_limited' }, true],
    [ErrorReplySchema, { type: 'error', error: 'nope' }, false],
  ])('replies: %#', (schema, value, accepted) => {
    expect(Value.Check(schema, value)).toBe(accepted);
  });
});
