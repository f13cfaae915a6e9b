/** Located tree → the parts of a graph: its version, its camera, and per node `use`, `from`, `with` and `worker`. */

import { suggestion } from '../nearest.ts';
import { type Faults, joinPath, quote, type TextPlace } from './faults.ts';
import { type Entry, type MapTree, type ScalarTree, shown, shownWithType, type Tree } from './tree.ts';

export const GRAPH_VERSION = 1;
/** Cameras, nodes and workers: what stands in URLs, topics and metric labels. */
export const NAME_PATTERN = '^[A-Za-z0-9_-]{1,64}$';
/** What `from` may say: a node, or a node's output port. */
export const REFERENCE_PATTERN = '^[A-Za-z0-9_-]{1,64}(\\.[A-Za-z0-9_-]+)?$';

/** Far more than any camera needs; bounds the time of a check. */
const MAX_NODES = 200;

const GRAPH_KEYS = ['version', 'camera', 'nodes'];
const NODE_KEYS = ['use', 'from', 'with', 'worker'];

export interface Outline {
  readonly camera: string;
  readonly cameraAt: TextPlace;
  readonly nodes: readonly NodeOutline[];
  /** Where faults of the graph as a whole are shown. */
  readonly at: TextPlace;
}

export interface NodeOutline {
  readonly id: string;
  readonly at: TextPlace;
  readonly path: string;
  /** Null when missing or of the wrong type; a fault says so. */
  readonly use: ScalarTree | null;
  readonly from: readonly Reference[];
  /** True when some of `from` could not be read, so that what is missing is not known. */
  readonly fromBroken: boolean;
  /** Undefined when absent, null when it is no mapping. */
  readonly with: MapTree | null | undefined;
  readonly worker: { readonly name: string; readonly at: TextPlace } | null;
}

/** One entry of `from`. */
export interface Reference {
  readonly node: string;
  readonly port: string | null;
  /** The input it is for, from the form `from: { input: node.port }`. */
  readonly input: string | null;
  readonly at: TextPlace;
  readonly path: string;
  /** The text came from the environment and is not to be printed. */
  readonly hidden: boolean;
}

/** Reads what can be read; everything else becomes a fault. */
export function readOutline(root: MapTree, faults: Faults): Outline {
  unknownKeys(root, '', GRAPH_KEYS, faults);
  readVersion(root, faults);
  const cameraTree = root.entries.get('camera')?.value;
  const camera = nameValue(cameraTree, 'camera', faults);
  if (cameraTree === undefined) faults.add(root.at, 'camera', 'missing', 'is required; the id of the camera');
  const nodes = root.entries.get('nodes');
  const list: NodeOutline[] = [];
  if (nodes === undefined) faults.add(root.at, 'nodes', 'missing', 'is required; a mapping of nodes');
  else if (nodes.value.type !== 'map') wrongType(nodes.value, 'nodes', 'a mapping of nodes', faults);
  else {
    const { size } = nodes.value.entries;
    if (size === 0) faults.add(nodes.value.at, 'nodes', 'missing', 'must name at least one node');
    if (size > MAX_NODES)
      faults.add(nodes.value.at, 'nodes', 'length', `must have at most ${MAX_NODES} nodes, got ${size}`);
    else for (const [id, entry] of nodes.value.entries) list.push(readNode(id, entry, faults));
  }
  return { camera: camera ?? '', cameraAt: cameraTree?.at ?? root.at, nodes: list, at: nodes?.key ?? root.at };
}

function readVersion(root: MapTree, faults: Faults): void {
  const version = root.entries.get('version')?.value;
  if (version === undefined) {
    faults.add(root.at, 'version', 'missing', `is required; write version: ${GRAPH_VERSION}`);
  } else if (!(version.type === 'scalar' && (version.broken || version.value === GRAPH_VERSION))) {
    faults.add(version.at, 'version', 'version', `must be ${GRAPH_VERSION}, got ${shownWithType(version)}`);
  }
}

function readNode(id: string, entry: Entry, faults: Faults): NodeOutline {
  const path = joinPath('nodes', id);
  const at = entry.key;
  if (!new RegExp(NAME_PATTERN).test(id)) {
    faults.add(at, path, 'name', 'is not a node id: use 1 to 64 letters, digits, _ and -');
  }
  const empty = { id, at, path, use: null, from: [], fromBroken: true, with: null, worker: null };
  if (entry.value.type !== 'map') {
    wrongType(entry.value, path, 'a mapping with the key use', faults);
    return empty;
  }
  const node = entry.value;
  unknownKeys(node, path, NODE_KEYS, faults);
  const use = readUse(node, at, path, faults);
  const from = node.entries.get('from')?.value;
  const references = from === undefined ? [] : readFrom(from, `${path}.from`, faults);
  const worker = node.entries.get('worker')?.value;
  const workerName = nameValue(worker, `${path}.worker`, faults);
  return {
    ...{ id, at, path, use, with: readWith(node, path, faults) },
    from: references.filter((reference) => reference !== null),
    fromBroken: references.includes(null),
    worker: worker === undefined || workerName === null ? null : { name: workerName, at: worker.at },
  };
}

function readUse(node: MapTree, at: TextPlace, path: string, faults: Faults): ScalarTree | null {
  const use = node.entries.get('use')?.value;
  const wanted = 'the name of a node, or a path such as ./my-node.ts';
  if (use === undefined) faults.add(at, `${path}.use`, 'missing', `is required; ${wanted}`);
  else if (use.type === 'scalar' && typeof use.value === 'string') return use.broken ? null : use;
  else wrongType(use, `${path}.use`, wanted, faults);
  return null;
}

function readWith(node: MapTree, path: string, faults: Faults): MapTree | null | undefined {
  const tree = node.entries.get('with')?.value;
  // `with:` and nothing after it: all parameters are commented out.
  if (tree === undefined || (tree.type === 'scalar' && tree.value === null && !tree.broken)) return undefined;
  if (tree.type === 'map') return tree;
  wrongType(tree, `${path}.with`, 'a mapping of parameters', faults);
  return null;
}

/** A node, `node.port`, a list of them, or a mapping from inputs to them. Null stands for what is none of these. */
function readFrom(from: Tree, path: string, faults: Faults): (Reference | null)[] {
  if (from.type === 'list') return from.items.map((item, i) => readReference(item, joinPath(path, i), null, faults));
  if (from.type === 'map') {
    const inputs = [...from.entries];
    return inputs.map(([input, entry]) => readReference(entry.value, joinPath(path, input), input, faults));
  }
  return [readReference(from, path, null, faults)];
}

function readReference(tree: Tree, path: string, input: string | null, faults: Faults): Reference | null {
  if (tree.type !== 'scalar' || tree.value === null || typeof tree.value === 'boolean') {
    wrongType(tree, path, 'a node or node.port', faults);
    return null;
  }
  if (tree.broken) return null;
  // A node id may be `1`, which YAML reads as a number: then its text counts. `1.2` can be neither id nor node.port.
  const text = tree.text ?? String(tree.value);
  if (!new RegExp(REFERENCE_PATTERN).test(text)) {
    faults.add(tree.at, path, 'type', `must be a node or node.port, got ${shown(tree)}`);
    return null;
  }
  const [node = '', port = null] = text.split('.');
  return { node, port, input, at: tree.at, path, hidden: tree.variables.length > 0 };
}

function nameValue(tree: Tree | undefined, path: string, faults: Faults): string | null {
  if (tree === undefined || (tree.type === 'scalar' && tree.broken)) return null;
  const text = tree.type !== 'scalar' ? null : typeof tree.value === 'string' ? tree.value : (tree.text ?? null);
  if (text !== null && new RegExp(NAME_PATTERN).test(text)) return text;
  const expected = 'must be 1 to 64 letters, digits, _ and -';
  const remedy = tree.type === 'scalar' && typeof tree.value === 'number' ? ' (put it in quotes)' : '';
  faults.add(tree.at, path, 'name', `${expected}, got ${shownWithType(tree)}${remedy}`);
  return null;
}

function unknownKeys(map: MapTree, path: string, known: readonly string[], faults: Faults): void {
  for (const [name, entry] of map.entries) {
    if (known.includes(name)) continue;
    faults.add(
      entry.key,
      joinPath(path, name),
      'unknown_key',
      `unknown key ${quote(name)}${suggestion(name, known, 'keys')}`,
    );
  }
}

function wrongType(tree: Tree, path: string, expected: string, faults: Faults): void {
  if (tree.type === 'scalar' && tree.broken) return;
  faults.add(tree.at, path, 'type', `must be ${expected}, got ${shownWithType(tree)}`);
}
