/**
 * Graph file → checked graph, or every fault that keeps it from being one.
 *
 *     file ─ yaml.ts ─► tree ─ sets.ts, variables.ts ─► tree ─ outline.ts ─► nodes
 *     nodes ─ modules.ts (contracts), links.ts, order.ts, params.ts, contract-calls.ts ─► checked graph
 *
 * No step stops the next one: each works with what is left, and does not report what only follows from a fault that
 * has been reported.
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errorCode, errorMessage } from '../errors.ts';
import { suggestion } from '../nearest.ts';
import type { PrepareContext } from '../node.ts';
import { Secrets } from '../secrets.ts';
import { type CallableNode, type CallContext, frameRequest, graphPace, validateNode } from './contract-calls.ts';
import { ContractProcess } from './contract-process.ts';
import { checkDeclarations } from './declarations.ts';
import { Faults, type GraphFault, joinPath, type TextPlace } from './faults.ts';
import type { CheckedGraph, CheckedLink, CheckedNode } from './graph.ts';
import { Groups } from './groups.ts';
import { type FoundLink, findLinks, type LinkingNode } from './links.ts';
import { isModulePath, loadContract, modulePath, type NodeTable } from './modules.ts';
import { orderNodes } from './order.ts';
import { GRAPH_VERSION, type NodeOutline, type Outline, readOutline } from './outline.ts';
import { checkParams, collectSecrets } from './params.ts';
import { applySets } from './sets.ts';
import { type MapTree, shown, shownWithType } from './tree.ts';
import { substitute } from './variables.ts';
import { parseTree } from './yaml.ts';

export interface LoadOptions {
  /** Nodes that `use` may name. */
  readonly builtins: NodeTable;
  /** What `${VAR}` refers to. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `node.parameter=value`, in order. */
  readonly sets: readonly string[];
  /** The folder that a relative `file`, and relative paths in `sets`, count from. */
  readonly cwd: string;
  readonly prepare: PrepareContext;
  /** Another graph file that has this camera already, where cameras must be distinct. */
  readonly cameraOwner?: (camera: string) => string | undefined;
  /** The camera that the graph must be of; any when absent. */
  readonly camera?: string;
  /** Whether a user's module of this path may be loaded at all: loading it runs it. */
  readonly mayLoad?: (module: string) => boolean;
  /** How long a user's module may take to load, or to answer. */
  readonly moduleLimitMs?: number;
  /** Ends a check that nobody waits for any more. */
  readonly signal?: AbortSignal;
}

export interface LoadResult {
  /** Null when there are faults. */
  readonly graph: CheckedGraph | null;
  /** In the order of the file. */
  readonly faults: readonly GraphFault[];
  /** Texts that logs and answers must not show: from the environment, and passwords. See {@link Secrets}. */
  readonly secrets: readonly string[];
}

const MAX_FILE_BYTES = 1_000_000;
const TOP: TextPlace = { line: 1, column: 1 };

/** What a graph file says, or why that can't be known. */
export type GraphText = string | { readonly problem: string };

/** Reads and checks a graph file. What is wrong with the file or the graph is in `faults`; nothing is thrown for it. */
export async function loadGraph(file: string, options: LoadOptions): Promise<LoadResult> {
  return checkGraph(readGraphText(resolve(options.cwd, file)), file, options);
}

/** The same for a text that is (or would be) in `file`. */
export async function checkGraph(text: GraphText, file: string, options: LoadOptions): Promise<LoadResult> {
  const faults = new Faults(file);
  const document = readDocument(text, faults, options, 'the graph is empty; it needs version, camera and nodes');
  const outline = document && readOutline(document.root, faults);
  if (!outline) return { graph: null, faults: faults.list(), secrets: [] };
  const { env } = document;
  if (options.camera !== undefined && outline.camera !== options.camera) {
    faults.add(outline.cameraAt, 'camera', 'camera', `must be '${options.camera}', got '${outline.camera}'`);
  }
  const owner = options.cameraOwner?.(outline.camera);
  if (owner !== undefined) {
    const message = `'${outline.camera}' is also the camera of ${owner}; each graph needs its own`;
    faults.add(outline.cameraAt, 'camera', 'duplicate', message);
  }
  const secrets = new Set<string>();
  const context: CallContext = { prepare: options.prepare, faults, env, secrets };
  using modules = new ContractProcess(options);
  const around = { options, folder: dirname(resolve(options.cwd, file)), context, modules };
  const nodes: FoundNode[] = [];
  for (const node of outline.nodes) nodes.push(await findNode(node, around));
  for (const node of nodes) {
    if (node.outline.with) collectSecrets(node.outline.with, node.contract?.params, env, secrets);
  }
  const graph = await assemble(outline, nodes, around);
  return { graph: faults.count === 0 ? graph : null, faults: faults.list(), secrets: [...secrets] };
}

/** A file with its variables put in. */
export interface ReadDocument {
  readonly root: MapTree;
  /** Variable → value of all that it took from the environment. */
  readonly env: ReadonlyMap<string, string>;
}

/** YAML text → tree with sets and variables put in; null when it can't be one, as faults say. @param empty the fault of an empty text */
export function readDocument(
  text: GraphText,
  faults: Faults,
  { env, sets }: Pick<LoadOptions, 'env' | 'sets'>,
  empty: string,
): ReadDocument | null {
  const tree = typeof text === 'string' ? parseTree(text, faults) : null;
  if (tree?.type !== 'map') {
    if (typeof text !== 'string') faults.add(TOP, '', 'file', text.problem);
    else if (tree !== null) faults.add(tree.at, '', 'type', `must be a mapping, got ${shownWithType(tree)}`);
    else if (faults.count === 0) faults.add(TOP, '', 'empty', empty);
    return null;
  }
  const used = new Map<string, string>();
  const root = substitute(applySets(tree, sets, faults), { env, used }, faults);
  return root.type === 'map' ? { root, env: used } : null;
}

/** What nodes are checked with. */
interface Surroundings {
  readonly options: LoadOptions;
  /** Of the graph file. */
  readonly folder: string;
  readonly context: CallContext;
  /** Loads the user's nodes. */
  readonly modules: ContractProcess;
}

interface FoundNode extends LinkingNode {
  /** Name of the built-in node or absolute path of the module. */
  readonly use: string;
}

async function findNode(outline: NodeOutline, around: Surroundings): Promise<FoundNode> {
  const { options, folder, context, modules } = around;
  const missing = { outline, contract: null, use: '' };
  const { use } = outline;
  if (use === null) return missing;
  const name = String(use.value);
  const path = `${outline.path}.use`;
  const isBuiltin = Object.hasOwn(options.builtins, name);
  if (!isBuiltin && !isModulePath(name)) {
    const hint = use.variables.length > 0 ? '' : suggestion(name, Object.keys(options.builtins), 'nodes');
    context.faults.add(use.at, path, 'unknown_node', `no node is called ${shown(use)}${hint}`);
    return missing;
  }
  const found = isBuiltin ? name : modulePath(name, folder);
  if (!isBuiltin && options.mayLoad?.(found) === false) {
    const message = `the module ${shown(use)} is not in the folder of the graph, or not there: only then may a graph that is sent name it`;
    context.faults.add(use.at, path, 'module_refused', message);
    return missing;
  }
  try {
    const contract = await (isBuiltin ? loadContract(found, options.builtins) : modules.load(found));
    return { outline, contract, use: found };
  } catch (error) {
    const secrets = new Secrets();
    for (const variable of use.variables) secrets.add(context.env.get(variable) ?? '');
    context.faults.add(use.at, path, 'module', secrets.redact(errorMessage(error)));
    return missing;
  }
}

/** Checks everything between and inside the nodes. The graph it gives counts only when no fault was found. */
async function assemble(outline: Outline, nodes: readonly FoundNode[], around: Surroundings): Promise<CheckedGraph> {
  const { context } = around;
  const { faults } = context;
  checkDeclarations(nodes, faults);
  const links = findLinks(nodes, faults);
  const byId = new Map(nodes.map((node) => [node.outline.id, node]));
  const ordered = orderNodes(outline.nodes, faults).flatMap((node) => byId.get(node.id) ?? []);
  checkPacketWorkers(ordered, links, faults);
  const callable: CallableNode[] = [];
  const checked: CheckedNode[] = [];
  for (const node of ordered) {
    const ready = readyNode(node, around);
    if (ready === null) continue;
    callable.push(ready);
    const { id, at, worker } = node.outline;
    const { contract, params } = ready;
    const asked = await askNode(ready, links.get(id) ?? [], context);
    const place = worker === null ? {} : { worker: worker.name };
    checked.push({ id, use: node.use, contract, params, links: asked, line: at.line, column: at.column, ...place });
  }
  const pace = await graphPace(callable, context);
  checkProducer(outline, nodes, faults);
  return {
    file: faults.file,
    version: GRAPH_VERSION,
    camera: outline.camera,
    pace: pace ?? 'realtime',
    nodes: checked,
  };
}

function readyNode({ outline, contract }: FoundNode, around: Surroundings): CallableNode | null {
  if (contract === null || outline.with === null) return null;
  const bases = { graph: around.folder, cwd: around.options.cwd };
  const { at, path } = outline;
  const tree = outline.with;
  const params = checkParams(
    { schema: contract.params, tree, at, path: joinPath(path, 'with'), bases },
    around.context.faults,
  );
  return params === null ? null : { outline, contract, params };
}

/** The node's own checks, and its links with what it wants its frames to be. */
async function askNode(node: CallableNode, links: readonly FoundLink[], context: CallContext): Promise<CheckedLink[]> {
  const valid = await validateNode(node, context);
  const checked: CheckedLink[] = [];
  for (const link of links) {
    const { input, from, kind } = link;
    // A node that has refused its parameters would refuse them again.
    const request = kind === 'frame' && valid ? await frameRequest(node, link, context) : null;
    checked.push({ input, from, kind, ...(request === null ? {} : { request }) });
  }
  return checked;
}

/** Packets are native objects and can't leave their worker: nodes joined by them must not name two. */
function checkPacketWorkers(
  nodes: readonly FoundNode[],
  links: ReadonlyMap<string, readonly FoundLink[]>,
  faults: Faults,
): void {
  const groups = new Groups(nodes.map((node) => node.outline.id));
  for (const [id, into] of links) {
    for (const link of into) if (link.kind === 'packet') groups.join(link.from.node, id);
  }
  const named = new Map<string, { id: string; worker: string }>();
  for (const { outline } of nodes) {
    if (outline.worker === null) continue;
    const root = groups.root(outline.id);
    const first = named.get(root);
    if (first === undefined) named.set(root, { id: outline.id, worker: outline.worker.name });
    else if (first.worker !== outline.worker.name) {
      const message = `packets stay in one worker: must be the worker of ${first.id}`;
      faults.add(outline.worker.at, `${outline.path}.worker`, 'worker', message);
    }
  }
}

function checkProducer(outline: Outline, nodes: readonly FoundNode[], faults: Faults): void {
  // A node that could not be found may be the one that produces.
  const produces = nodes.some(({ contract }) => contract === null || contract.pace !== undefined);
  if (produces || nodes.length === 0) return;
  faults.add(outline.at, 'nodes', 'no_producer', 'no node produces anything: the graph needs a source');
}

/** A file of YAML, or why it can't be read. @param path absolute */
export function readGraphText(path: string): GraphText {
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) return { problem: 'is a folder, not a file' };
    if (!stat.isFile()) return { problem: 'is not a regular file' };
    if (stat.size > MAX_FILE_BYTES) return { problem: `is larger than ${MAX_FILE_BYTES / 1e6} MB` };
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { problem: 'there is no such file' };
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return { problem: 'is not UTF-8 text' };
    return { problem: `can't be read: ${errorMessage(error)}` };
  }
}
