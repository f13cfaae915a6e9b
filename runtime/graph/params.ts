/**
 * The parameters of one node: located tree → checked value with defaults filled in and paths made absolute.
 *
 * Nothing is converted. The one choice that the schema makes is for an unquoted `${VAR}`: an environment variable is
 * always text, so where a text is wanted a password of digits stays a text.
 */
import { extname, resolve } from 'node:path';
import type { TObject, TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { errorMessage } from '../errors.ts';
import { isSecretName, passwordsIn } from '../secrets.ts';
import { type Faults, joinPath, type TextPlace } from './faults.ts';
import { isMapping, properties, type SchemaFault, schemaFaults, variantsOf } from './schema-errors.ts';
import { isBroken, locate, type MapTree, type Scalar, type ScalarTree, type Tree } from './tree.ts';

/** Folders that relative paths count from: the graph file's, and for values from `--set` the working folder. */
export interface PathBases {
  readonly graph: string;
  readonly cwd: string;
}

export interface ParamsInput {
  readonly schema: TObject;
  /** What the graph says; undefined for a node without `with`. */
  readonly tree: MapTree | undefined;
  /** Where to report what is missing altogether: the node. */
  readonly at: TextPlace;
  /** Of the parameters, as in `nodes.detect.with`. */
  readonly path: string;
  readonly bases: PathBases;
}

/** @returns the parameters, or null when something is wrong with them */
export function checkParams(input: ParamsInput, faults: Faults): Record<string, unknown> | null {
  const { schema, at, path, bases } = input;
  const tree: MapTree = input.tree ?? { type: 'map', at, entries: new Map() };
  try {
    const value = checkedValue(schema, tree, path, faults);
    return value === undefined ? null : (absolutePaths(schema, value, tree, bases) as Record<string, unknown>);
  } catch (error) {
    faults.add(at, path, 'contract', `the parameter schema can't be used: ${errorMessage(error)}`);
    return null;
  }
}

/** The value with its defaults; undefined when something is wrong with it: every fault is at its place. */
export function checkedValue(schema: TSchema, tree: Tree, base: string, faults: Faults): unknown {
  const value = Value.Default(schema, plain(tree, schema));
  const wrong = [...protoKeys(tree), ...schemaFaults(schema, value, tree)];
  for (const fault of wrong) addFault(fault, tree, base, faults);
  return wrong.length > 0 || isBroken(tree) ? undefined : value;
}

/** Collects the secrets: texts from the environment, options such as `password`, passwords in URLs. */
export function collectSecrets(
  tree: Tree,
  schema: TSchema | undefined,
  env: ReadonlyMap<string, string>,
  secrets: Set<string>,
  name = '',
): void {
  if (tree.type !== 'scalar') {
    for (const [key, child] of children(tree)) {
      collectSecrets(child, childSchema(schema, key), env, secrets, tree.type === 'list' ? name : key);
    }
    return;
  }
  const value = typedScalar(tree, schema);
  if (isSecretName(name) && (typeof value === 'string' || typeof value === 'number')) secrets.add(String(value));
  // A number or true is a setting, not a secret: hiding every `80` would ruin the logs.
  if (typeof value !== 'string') return;
  for (const variable of tree.variables) {
    const text = env.get(variable) ?? '';
    if (text.length >= MIN_VARIABLE_LENGTH) secrets.add(text);
  }
  for (const password of passwordsIn(value)) secrets.add(password);
}

/** A shorter text from the environment is hidden only as a password: a channel `1` is not a secret. */
const MIN_VARIABLE_LENGTH = 4;

/** The tree as the plain value that a schema checks. */
function plain(tree: Tree, schema: TSchema | undefined): unknown {
  if (tree.type === 'scalar') return typedScalar(tree, schema);
  const values = children(tree).map(([key, child]) => [key, plain(child, childSchema(schema, key))] as const);
  return tree.type === 'list' ? values.map(([, value]) => value) : Object.fromEntries(values);
}

/** Filling in defaults would lose what stands at such a key. */
function protoKeys(tree: Tree): SchemaFault[] {
  if (tree.type === 'scalar') return [];
  return children(tree).flatMap(([key, child]): SchemaFault[] => {
    const message = "unknown option '__proto__': nothing can have this name";
    const own: SchemaFault[] = key === '__proto__' ? [{ keys: [key], code: 'unknown_key', message }] : [];
    return [...own, ...protoKeys(child).map((fault) => ({ ...fault, keys: [key, ...fault.keys] }))];
  });
}

function typedScalar(tree: ScalarTree, schema: TSchema | undefined): Scalar {
  if (tree.text === undefined || schema === undefined) return tree.value;
  return wantsText(schema, tree.value) ? tree.text : tree.value;
}

function wantsText(schema: TSchema, value: Scalar): boolean {
  const variants = variantsOf(schema);
  if (variants.length === 0) return schema.type === 'string';
  return !Value.Check(schema, value) && variants.some((variant) => variant.type === 'string');
}

/** Makes the values of `pathOption()` parameters absolute, defaults included. */
function absolutePaths(schema: TSchema | undefined, value: unknown, tree: Tree | undefined, bases: PathBases): unknown {
  if (typeof value === 'string') {
    const option = pathOptionOf(schema, value);
    if (option === null || !isRelativeFile(value, option)) return value;
    return resolve(tree?.at.set === undefined ? bases.graph : bases.cwd, value);
  }
  const inner = (key: string, child: unknown) => {
    const childTree = tree === undefined ? undefined : locate(tree, [key]).tree;
    return absolutePaths(childSchema(schema, key), child, childTree, bases);
  };
  if (Array.isArray(value)) return value.map((item, i) => inner(String(i), item));
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, inner(key, child)]));
}

interface PathOption {
  readonly urls: boolean;
  readonly names: boolean;
}

function pathOptionOf(schema: TSchema | undefined, value: string): PathOption | null {
  if (schema === undefined) return null;
  if (schema.path === true) return { urls: schema.urls === true, names: schema.names === true };
  const variants = variantsOf(schema);
  // `none` of `none | path` is the word, not a file.
  if (variants.some((variant) => variant.const === value)) return null;
  return variants.map((variant) => pathOptionOf(variant, value)).find((option) => option !== null) ?? null;
}

function isRelativeFile(value: string, option: PathOption): boolean {
  if (value === '') return false;
  if (option.urls && /^([a-z][a-z0-9+.-]*:)+(\/|\d*$)/i.test(value)) return false;
  const isName = !/[/\\]/.test(value) && !value.startsWith('.') && extname(value) === '';
  return !(option.names && isName);
}

function children(tree: Exclude<Tree, ScalarTree>): [string, Tree][] {
  if (tree.type === 'list') return tree.items.map((item, i) => [String(i), item]);
  return [...tree.entries].map(([key, entry]) => [key, entry.value]);
}

/** The schema of a property or an item, if there is one. */
function childSchema(schema: TSchema | undefined, key: string): TSchema | undefined {
  if (schema === undefined) return undefined;
  for (const variant of variantsOf(schema)) {
    const found = childSchema(variant, key);
    if (found !== undefined) return found;
  }
  const items: unknown = schema.items;
  if (Array.isArray(items)) return items[Number(key)];
  if (isMapping(items)) return items as unknown as TSchema;
  const known = properties(schema);
  if (Object.hasOwn(known, key)) return known[key];
  const patterns = isMapping(schema.patternProperties) ? Object.entries(schema.patternProperties) : [];
  const match = patterns.find(([pattern]) => new RegExp(pattern).test(key));
  return match === undefined ? undefined : (match[1] as TSchema);
}

/** A fault at its place in the tree; nothing for what only follows from one that has been reported. */
export function addFault(fault: SchemaFault, tree: Tree, base: string, faults: Faults): void {
  const { keys, code, message } = fault;
  const isKey = code === 'unknown_key';
  const found = locate(tree, keys);
  if (!isKey && found.tree !== undefined && isBroken(found.tree)) return;
  faults.add(isKey ? found.keyAt : found.at, pathOf(base, tree, keys), code, message);
}

function pathOf(base: string, tree: Tree, keys: readonly string[]): string {
  return keys.reduce((path, key, i) => {
    const inList = locate(tree, keys.slice(0, i)).tree?.type === 'list';
    return joinPath(path, inList ? Number(key) : key);
  }, base);
}
