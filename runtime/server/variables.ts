/**
 * Which variables of the server's environment a caller may put into a graph. They hold the passwords of all cameras, so a
 * token of some cameras may use only those that the camera's graph names already.
 */
import type { Caller } from '../access/caller.ts';
import { WindhoverError } from '../errors.ts';
import { Faults } from '../graph/faults.ts';
import type { Scalar, Tree } from '../graph/tree.ts';
import { parseTree } from '../graph/yaml.ts';

/**
 * @param before text of the camera's graph; empty: there is none
 * @param after what is to be in it, as a value of JSON; asked only of a token of some cameras
 * @throws WindhoverError `forbidden`
 */
export function checkVariables({ cameras }: Caller, before: string, after: () => unknown): void {
  if (cameras === null) return;
  // Not those in its comments: they may be the caller's own.
  const known = namesIn(valuesIn(before));
  const foreign = [...namesIn(after())].find((name) => !known.has(name));
  if (foreign === undefined) return;
  throw new WindhoverError('forbidden', `Forbidden: \${${foreign}} is not in the camera's graph`, {
    hint: 'a token of all cameras may use any variable of the environment',
  });
}

/** All values in the text of a graph, as they are read: YAML can write each in many ways. None when it can't be read. */
export function valuesIn(text: string): Scalar[] {
  const tree = parseTree(text, new Faults(''));
  return tree ? scalarsOf(tree) : [];
}

function scalarsOf(tree: Tree): Scalar[] {
  if (tree.type === 'scalar') return [tree.value];
  const children = tree.type === 'list' ? tree.items : [...tree.entries.values()].map(({ value }) => value);
  return children.flatMap(scalarsOf);
}

function namesIn(value: unknown): Set<string> {
  const found = (JSON.stringify(value) ?? '').matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)/g);
  return new Set([...found].map(([, name = '']) => name));
}
