/**
 * A YAML document as plain data in which every value still knows where it was written. Files and `--set` arguments
 * become the same kind of tree, so that everything after them is checked and reported alike.
 */
import { quote, type TextPlace } from './faults.ts';

export type Scalar = string | number | boolean | null;

export interface ScalarTree {
  readonly type: 'scalar';
  readonly at: TextPlace;
  readonly value: Scalar;
  /** Not in quotes and no block text: its text may mean a number, true, false or nothing. */
  readonly plain: boolean;
  /** The text behind a value that was read again after a variable was put in. */
  readonly text?: string;
  /** Environment variables whose values are in it. */
  readonly variables: readonly string[];
  /** A fault has been reported; what follows from it is not. */
  readonly broken: boolean;
}

export interface ListTree {
  readonly type: 'list';
  readonly at: TextPlace;
  readonly items: readonly Tree[];
}

export interface MapTree {
  readonly type: 'map';
  readonly at: TextPlace;
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  /** Where the key stands. */
  readonly key: TextPlace;
  readonly value: Tree;
}

export type Tree = ScalarTree | ListTree | MapTree;

export function scalar(at: TextPlace, value: Scalar, plain = true): ScalarTree {
  return { type: 'scalar', at, value, plain, variables: [], broken: false };
}

/** Follows keys and indices as far as the tree goes. `tree` is undefined where the last key is not written down. */
export function locate(
  root: Tree,
  keys: readonly string[],
): { at: TextPlace; keyAt: TextPlace; tree: Tree | undefined } {
  let tree: Tree = root;
  let keyAt = root.at;
  for (const key of keys) {
    const entry: Entry | undefined = tree.type === 'map' ? tree.entries.get(key) : undefined;
    const next: Tree | undefined = tree.type === 'list' ? tree.items[Number(key)] : entry?.value;
    if (next === undefined) return { at: tree.at, keyAt: tree.at, tree: undefined };
    keyAt = entry?.key ?? next.at;
    tree = next;
  }
  return { at: tree.at, keyAt, tree };
}

/** True when a fault has been reported for it or for something in it. */
export function isBroken(tree: Tree): boolean {
  if (tree.type === 'scalar') return tree.broken;
  const children = tree.type === 'list' ? tree.items : [...tree.entries.values()].map((entry) => entry.value);
  return children.some(isBroken);
}

/** What was written, for the `got …` of a message; values from the environment are named, never shown. */
export function shown(tree: Tree): string {
  if (tree.type === 'map') return 'a mapping';
  if (tree.type === 'list') return tree.items.length === 0 ? 'an empty list' : 'a list';
  if (tree.variables.length > 0) return fromVariables(tree);
  return typeof tree.value === 'string' ? quote(tree.value) : shownValue(tree.value);
}

/** The same where the type is what is wrong: `the text 'abc'`. */
export function shownWithType(tree: Tree): string {
  const isText = tree.type === 'scalar' && typeof tree.value === 'string' && tree.variables.length === 0;
  return isText ? `the text ${shown(tree)}` : shown(tree);
}

export function shownValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'a mapping';
  return String(value);
}

function fromVariables(tree: ScalarTree): string {
  return `a value from ${tree.variables.map((name) => `\${${name}}`).join(' and ')}`;
}
