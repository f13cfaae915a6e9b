/** TypeBox errors as sentences: what a value must be, and what it is. */
import type { TSchema } from '@sinclair/typebox';
import { Value, type ValueError, ValueErrorType } from '@sinclair/typebox/value';
import { suggestion } from '../nearest.ts';
import { isSecretName } from '../secrets.ts';
import { quote } from './faults.ts';
import { locate, shown, shownValue, shownWithType, type Tree } from './tree.ts';

export interface SchemaFault {
  /** Keys from the checked value down to the wrong one. */
  readonly keys: readonly string[];
  readonly code: 'unknown_key' | 'missing' | 'type' | 'range' | 'enum' | 'text' | 'length' | 'content';
  readonly message: string;
}

/**
 * All that is wrong with a value, at most one fault a place.
 * @param root what the value was made of, if that is known
 */
export function schemaFaults(schema: TSchema, value: unknown, root?: Tree): SchemaFault[] {
  return faultsOf([...Value.Errors(schema, value)], [], root);
}

function faultsOf(errors: readonly ValueError[], base: readonly string[], root: Tree | undefined): SchemaFault[] {
  const faults = new Map<string, SchemaFault[]>();
  for (const error of errors) {
    // The first error of a place says most: a missing value is also not a number.
    if (!faults.has(error.path)) faults.set(error.path, describe(error, [...base, ...pointer(error.path)], root));
  }
  return [...faults.values()].flat();
}

function describe(error: ValueError, keys: readonly string[], root: Tree | undefined): SchemaFault[] {
  const { schema, value } = error;
  const tree = root && locate(root, keys).tree;
  const got = found(error, keys, tree);
  const fault = (code: SchemaFault['code'], message: string): SchemaFault[] => [{ keys, code, message }];
  switch (error.type) {
    case ValueErrorType.ObjectAdditionalProperties: {
      const name = keys.at(-1) ?? '';
      const known = Object.keys(properties(schema));
      return fault('unknown_key', `unknown option ${quote(name)}${suggestion(name, known, 'options')}`);
    }
    case ValueErrorType.ObjectRequiredProperty:
      return fault('missing', `is required; ${expectation(schema)}`);
    case ValueErrorType.Union:
      return describeUnion(error, keys, root);
    case ValueErrorType.Literal:
      return fault('enum', `must be ${expectation(schema)}; got ${got}`);
    case ValueErrorType.StringMinLength:
    case ValueErrorType.StringMaxLength:
    case ValueErrorType.StringPattern:
    case ValueErrorType.StringFormat:
      return fault('text', `must ${textRule(schema, error.type)}, got ${got}`);
    case ValueErrorType.ArrayMinItems:
    case ValueErrorType.ArrayMaxItems:
    case ValueErrorType.TupleLength:
      return fault('length', `must have ${count(schema)}, got ${Array.isArray(value) ? value.length : got}`);
    case ValueErrorType.ArrayUniqueItems:
      return fault('length', 'must not hold the same item twice');
    case ValueErrorType.ObjectMinProperties:
    case ValueErrorType.ObjectMaxProperties:
      return fault('length', `must have ${count(schema)}, got ${Object.keys(Object(value)).length}`);
    default:
      return fault(...numberOrType(error, got, found(error, keys, tree, shownWithType), tree));
  }
}

/** What the user wrote, for `got …`; never a password. */
function found({ value }: ValueError, keys: readonly string[], tree: Tree | undefined, show = shown): string {
  if (keys.some(isSecretName) && (typeof value === 'string' || typeof value === 'number')) return 'a secret value';
  return tree === undefined ? shownValue(value) : show(tree);
}

function numberOrType(
  error: ValueError,
  got: string,
  gotWithType: string,
  tree: Tree | undefined,
): [SchemaFault['code'], string] {
  const { schema, value } = error;
  const isNumber = schema.type === 'number' || schema.type === 'integer';
  if (isNumber && typeof value === 'number') {
    if (!Number.isFinite(value)) return ['type', `must be a finite number, got ${got}`];
    if (schema.type === 'integer' && !Number.isInteger(value)) return ['type', `must be a whole number, got ${got}`];
    if (schema.multipleOf !== undefined && inRange(schema, value)) {
      return ['range', `must be a multiple of ${schema.multipleOf}, got ${got}`];
    }
    return ['range', `must be ${range(schema)}, got ${got}`];
  }
  return ['type', `must be ${expectation(schema)}, got ${gotWithType}${quotesHint(schema, tree)}`];
}

/** A quoted variable is a text even where a number is wanted. */
function quotesHint(schema: TSchema, tree: Tree | undefined): string {
  const isQuoted = tree?.type === 'scalar' && !tree.plain && tree.variables.length > 0;
  return isQuoted && schema.type !== 'string'
    ? ' (in quotes it is a text; unquoted, it must stand outside of { })'
    : '';
}

function describeUnion(error: ValueError, keys: readonly string[], root: Tree | undefined): SchemaFault[] {
  const variants = variantsOf(error.schema);
  const tree = root && locate(root, keys).tree;
  // A value of the right shape for only one variant is meant to be that one: the fault is inside of it.
  const alike = variants.filter((variant) => isAlike(variant, error.value));
  const meant = alike[0];
  if (meant !== undefined && alike.length === 1 && meant.const === undefined) {
    return faultsOf([...Value.Errors(meant, error.value)], keys, root);
  }
  const isEnum = variants.every((variant) => variant.const !== undefined);
  const got = found(error, keys, tree, isEnum ? shown : shownWithType);
  const message = `must be ${expectation(error.schema)}${isEnum ? ';' : ','} got ${got}`;
  return [{ keys, code: isEnum ? 'enum' : 'type', message }];
}

/** The same type and, for mappings, the same constants (`kind: file`). */
function isAlike(schema: TSchema, value: unknown): boolean {
  if (schema.const !== undefined) return schema.const === value;
  switch (schema.type) {
    case 'number':
    case 'integer':
      return typeof value === 'number';
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isMapping(value) && constants(schema).every(([key, constant]) => value[key] === constant);
    default:
      return schema.type === typeof value;
  }
}

function constants(schema: TSchema): [string, unknown][] {
  return Object.entries(properties(schema)).flatMap(([key, property]) =>
    property.const === undefined ? [] : [[key, property.const] as [string, unknown]],
  );
}

/** What a schema wants, for `must be …`. */
function expectation(schema: TSchema): string {
  const variants = variantsOf(schema);
  if (variants.length > 0) {
    const names = variants.filter((variant) => variant.const !== undefined).map((variant) => String(variant.const));
    const others = variants.filter((variant) => variant.const === undefined).map(expectation);
    const first = names.length > 1 ? [`one of ${names.join(', ')}`] : names;
    return [...first, ...new Set(others)].join(' or ');
  }
  if (schema.const !== undefined) return String(schema.const);
  const type: unknown = schema.type;
  return TYPE_NAMES.get(type) ?? 'something else';
}

const TYPE_NAMES: ReadonlyMap<unknown, string> = new Map(
  Object.entries({
    number: 'a number',
    integer: 'a whole number',
    string: 'a text',
    boolean: 'true or false',
    array: 'a list',
    object: 'a mapping',
    null: 'nothing',
  }),
);

function range(schema: TSchema): string {
  const { minimum: min, maximum: max, exclusiveMinimum: above, exclusiveMaximum: below } = schema;
  if (min !== undefined && max !== undefined) return `between ${min} and ${max}`;
  const low = above !== undefined ? `more than ${above}` : min !== undefined ? `at least ${min}` : null;
  const high = below !== undefined ? `less than ${below}` : max !== undefined ? `at most ${max}` : null;
  return [low, high].filter((part) => part !== null).join(' and ') || expectation(schema);
}

function inRange(schema: TSchema, value: number): boolean {
  const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum = -Infinity, exclusiveMaximum = Infinity } = schema;
  return value >= minimum && value <= maximum && value > exclusiveMinimum && value < exclusiveMaximum;
}

function textRule(schema: TSchema, type: ValueErrorType): string {
  if (type === ValueErrorType.StringPattern) return `match ${schema.pattern}`;
  if (type === ValueErrorType.StringFormat) return `be a ${schema.format}`;
  if (type === ValueErrorType.StringMaxLength) return `have at most ${schema.maxLength} characters`;
  return schema.minLength === 1 ? 'not be empty' : `have at least ${schema.minLength} characters`;
}

function count(schema: TSchema): string {
  const min: unknown = schema.minItems ?? schema.minProperties;
  const max: unknown = schema.maxItems ?? schema.maxProperties;
  if (min === max) return `${min} items`;
  if (min !== undefined && max !== undefined) return `${min} to ${max} items`;
  return min === undefined ? `at most ${max} items` : `at least ${min} item${min === 1 ? '' : 's'}`;
}

export function variantsOf(schema: TSchema): readonly TSchema[] {
  return Array.isArray(schema.anyOf) ? schema.anyOf : [];
}

export function properties(schema: TSchema): Readonly<Record<string, TSchema>> {
  return isMapping(schema.properties) ? (schema.properties as Record<string, TSchema>) : {};
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON pointer → keys. */
function pointer(path: string): string[] {
  return path === ''
    ? []
    : path
        .slice(1)
        .split('/')
        .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}
