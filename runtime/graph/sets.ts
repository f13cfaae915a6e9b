/** `--set node.key=value` arguments, put over the parameters of a graph before these are checked. */

import { suggestion } from '../nearest.ts';
import { type Faults, quote, type TextPlace } from './faults.ts';
import { type Entry, type MapTree, scalar, type Tree } from './tree.ts';
import { parseTree, plainValue } from './yaml.ts';

/**
 * A copy of the graph's tree in which each argument has replaced or added its parameter. The value is a YAML scalar or
 * a flow value (`[a, b]`, `{a: 1}`, `"text"`).
 */
export function applySets(root: MapTree, sets: readonly string[], faults: Faults): MapTree {
  let result = root;
  for (const set of sets) result = applySet(result, set, faults);
  return result;
}

/** Faults for what a patch of a graph would change but an argument overrules. */
export function overruled(patch: unknown, sets: readonly string[], faults: Faults): void {
  for (const set of sets) {
    const [id = '', ...keys] = set.slice(0, set.indexOf('=')).split('.');
    let part = patch;
    for (const key of ['nodes', id, 'with', ...keys]) {
      if (typeof part !== 'object' || part === null) break;
      part = Object.hasOwn(part, key) ? (part as Record<string, unknown>)[key] : undefined;
    }
    if (part !== undefined)
      faults.add({ line: 0, column: 0, set }, '', 'set', 'is set on the command line and cannot be changed');
  }
}

function applySet(root: MapTree, set: string, faults: Faults): MapTree {
  const at: TextPlace = { line: 0, column: 0, set };
  const equals = set.indexOf('=');
  const [id, ...keys] = set.slice(0, Math.max(0, equals)).split('.');
  if (equals < 0 || id === undefined || id === '' || keys.length === 0 || keys.includes('')) {
    faults.add(at, '', 'set', 'must be node.parameter=value');
    return root;
  }
  const nodes = root.entries.get('nodes')?.value;
  // A graph without nodes, or a node that is no mapping, has its own fault.
  if (nodes?.type !== 'map') return root;
  const node = nodes.entries.get(id)?.value;
  if (node === undefined) {
    faults.add(
      at,
      '',
      'unknown_node',
      `there is no node ${quote(id)}${suggestion(id, [...nodes.entries.keys()], 'nodes')}`,
    );
    return root;
  }
  const value = setValue(set.slice(equals + 1).trim(), at, faults);
  return node.type === 'map' && value !== null ? put(root, ['nodes', id, 'with', ...keys], value, at) : root;
}

function setValue(text: string, at: TextPlace, faults: Faults): Tree | null {
  // Anything else is one scalar, whatever is in it: `#fff`, `a: b` and `*` mean themselves on a command line.
  if (!/^["'[{]/.test(text)) return scalar(at, plainValue(text));
  return parseTree(text, faults, () => at);
}

function put(map: MapTree, keys: readonly string[], value: Tree, at: TextPlace): MapTree {
  const [key, ...rest] = keys;
  if (key === undefined) return map;
  const old = map.entries.get(key);
  const entries = new Map<string, Entry>(map.entries);
  const inner: MapTree = old?.value.type === 'map' ? old.value : { type: 'map', at, entries: new Map() };
  const next = rest.length === 0 ? value : put(inner, rest, value, at);
  entries.set(key, { key: old !== undefined && rest.length > 0 ? old.key : at, value: next });
  return { ...map, entries };
}
