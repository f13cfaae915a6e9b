/** Walks a JSON Schema: makes values that it accepts, and from a valid value every mutant that it must refuse. */
import fc from 'fast-check';

/** The part of JSON Schema that the wire contract uses; anything else makes the walk fail, so that nothing is missed. */
export interface JsonSchema {
  readonly type?: string;
  readonly const?: string;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly items?: JsonSchema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly pattern?: string;
}

export interface Mutant {
  /** Where and how it differs, for test names. */
  readonly what: string;
  readonly value: unknown;
}

const KNOWN_KEYS = new Set(
  '$schema $id title description type const anyOf properties required additionalProperties items minimum maximum minLength pattern'.split(
    ' ',
  ),
);
const WRONG: readonly unknown[] = [null, true, 'wrong', '', -7, 0.5, [], {}];

/** Values of the schema, with optional fields both there and absent. `full`: always there. */
export function arbitrary(schema: JsonSchema, full = false): fc.Arbitrary<unknown> {
  for (const key of Object.keys(schema)) if (!KNOWN_KEYS.has(key)) throw new Error(`unhandled keyword ${key}`);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((branch) => arbitrary(branch, full)));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.pattern) return fc.stringMatching(new RegExp(schema.pattern));
  switch (schema.type) {
    case 'object':
      return objects(schema, full);
    case 'array':
      return fc.array(arbitrary(schema.items ?? {}, full), { minLength: full ? 1 : 0, maxLength: 3 });
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -1000, max: Math.min(schema.maximum ?? 2 ** 31, 2 ** 31 - 1) });
    case 'number':
      return fc.double({ min: schema.minimum ?? -1e9, max: schema.maximum ?? 1e9, noNaN: true });
    case 'string':
      return fc.string({ minLength: schema.minLength ?? 0, maxLength: 12 });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      throw new Error(`unhandled schema ${JSON.stringify(schema)}`);
  }
}

function objects(schema: JsonSchema, full: boolean): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(Object.entries(schema.properties ?? {}).map(([k, s]) => [k, arbitrary(s, full)]));
  return fc.record(fields, { requiredKeys: full ? Object.keys(fields) : [...(schema.required ?? [])] });
}

/** Every refused neighbour of `value`. `check` says which branch of a union the value is of. */
export function mutants(schema: JsonSchema, value: unknown, check: (s: JsonSchema, v: unknown) => boolean): Mutant[] {
  const refused: Mutant[] = WRONG.filter((wrong) => !check(schema, wrong)).map((wrong) => ({
    what: `= ${JSON.stringify(wrong)}`,
    value: wrong,
  }));
  refused.push(...outOfRange(schema));
  for (const branch of schema.anyOf ?? []) {
    if (check(branch, value)) refused.push(...mutants(branch, value, check));
  }
  if (Array.isArray(value) && schema.items) {
    for (const [i, item] of value.entries()) {
      for (const m of mutants(schema.items, item, check)) refused.push(at(`[${i}]`, m, value.with(i, m.value)));
    }
  } else if (isObject(value) && schema.properties) refused.push(...objectMutants(schema, value, check));
  // A mutant of one branch may be right in another (`null` for an optional number).
  return refused.filter((m) => !check(schema, m.value));
}

function objectMutants(
  schema: JsonSchema,
  value: Record<string, unknown>,
  check: (s: JsonSchema, v: unknown) => boolean,
): Mutant[] {
  const made: Mutant[] = [{ what: ' with an extra field', value: { ...value, extra_field: 1 } }];
  for (const [key, field] of Object.entries(schema.properties ?? {})) {
    if (!(key in value)) continue;
    const { [key]: own, ...rest } = value;
    if (schema.required?.includes(key)) made.push({ what: ` without ${key}`, value: rest });
    for (const m of mutants(field, own, check)) made.push(at(`.${key}`, m, { ...value, [key]: m.value }));
  }
  return made;
}

function outOfRange(schema: JsonSchema): Mutant[] {
  const values: unknown[] = [];
  if (schema.minimum !== undefined) values.push(schema.minimum - (schema.type === 'integer' ? 1 : 1e-6));
  if (schema.maximum !== undefined) values.push(schema.type === 'integer' ? schema.maximum * 2 : schema.maximum + 1e-6);
  if (schema.type === 'integer') values.push(1.5, '1', Number.NaN, Number.POSITIVE_INFINITY);
  if (schema.type === 'number') values.push('0.5', Number.NaN, Number.POSITIVE_INFINITY);
  if (schema.minLength) values.push('');
  if (schema.pattern) values.push('no-slash', 'cam_01/', '/1', 'cam_01/x');
  return values.map((value) => ({ what: `= ${String(value)}`, value }));
}

/** Names of all fields, `a.b[].c`, through unions. */
export function fieldPaths(schema: JsonSchema, path = ''): Set<string> {
  const paths = new Set<string>();
  const add = (more: Iterable<string>) => {
    for (const p of more) paths.add(p);
  };
  for (const branch of schema.anyOf ?? []) add(fieldPaths(branch, path));
  if (schema.items) add(fieldPaths(schema.items, `${path}[]`));
  for (const [key, field] of Object.entries(schema.properties ?? {})) {
    paths.add(`${path}.${key}`);
    add(fieldPaths(field, `${path}.${key}`));
  }
  return paths;
}

/** Object schemas that would let an unknown field pass. */
export function openObjects(schema: JsonSchema, path = '$'): string[] {
  const here = schema.type === 'object' && schema.additionalProperties !== false ? [path] : [];
  return [
    ...here,
    ...(schema.anyOf ?? []).flatMap((branch, i) => openObjects(branch, `${path}|${i}`)),
    ...(schema.items ? openObjects(schema.items, `${path}[]`) : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([key, field]) => openObjects(field, `${path}.${key}`)),
  ];
}

function at(where: string, mutant: Mutant, value: unknown): Mutant {
  return { what: `${where}${mutant.what}`, value };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
