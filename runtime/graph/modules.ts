/** From `use` to a node's contract: built-in nodes by name, a user's own by the path of its module. */
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorMessage, WindhoverError } from '../errors.ts';
import type { AnyNode } from '../node.ts';
import { isContract } from './graph.ts';

/** Built-in nodes by name; each is loaded when it is used. */
export type NodeTable = Readonly<Record<string, () => Promise<{ readonly default: AnyNode }>>>;

/** A `use` with a slash or the suffix of a module is a path, any other is a name. */
export function isModulePath(use: string): boolean {
  return /[/\\]|\.[cm]?[jt]sx?$/.test(use);
}

/** Relative module paths count from the graph file's folder. */
export function modulePath(use: string, folder: string): string {
  return resolve(folder, use);
}

/**
 * The contract of a node.
 * @param use name of a built-in node, or absolute path of a user's module
 * @throws WindhoverError `module`, see {@link loadModule}
 */
export async function loadContract(use: string, builtins: NodeTable): Promise<AnyNode> {
  const builtin = Object.hasOwn(builtins, use) ? builtins[use] : undefined;
  return builtin === undefined ? await loadModule(use) : (await builtin()).default;
}

/** The contracts of all built-in nodes, in the table's order. */
export async function loadContracts(builtins: NodeTable): Promise<AnyNode[]> {
  return await Promise.all(Object.keys(builtins).map((name) => loadContract(name, builtins)));
}

/**
 * Loads a user's node into this process.
 * @throws WindhoverError `module`: not there, fails to load (with the file and line of the error), or is no node
 */
export async function loadModule(path: string): Promise<AnyNode> {
  if (!isFile(path)) throw new WindhoverError('module', `there is no file ${path}`, { permanent: true });
  let exported: unknown;
  try {
    exported = await importDefault(path);
  } catch (cause) {
    throw new WindhoverError('module', `can't be loaded: ${moduleError(cause, path)}`, { cause, permanent: true });
  }
  if (isContract(exported)) return exported;
  const found = exported === undefined ? 'has no default export' : 'has another default export';
  throw new WindhoverError('module', `is not a node: ${path} ${found}; write export default defineNode({ … })`, {
    permanent: true,
  });
}

async function importDefault(path: string): Promise<unknown> {
  const module: unknown = await import(path);
  return typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
}

export function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

/** `file:line:column message`, for syntax errors (which carry a position) and for errors thrown while loading. */
function moduleError(error: unknown, path: string): string {
  if (error instanceof AggregateError) return error.errors.map((inner) => moduleError(inner, path)).join('; ');
  const message = errorMessage(error);
  const position = typeof error === 'object' && error !== null && 'position' in error ? error.position : null;
  if (typeof position === 'object' && position !== null && 'file' in position && 'line' in position) {
    const column = 'column' in position ? `:${position.column}` : '';
    return `${position.file}:${position.line}${column} ${message}`;
  }
  const frame = error instanceof Error ? /\(?((?:\/|[A-Za-z]:\\)[^\s()]*:\d+:\d+)\)?/.exec(error.stack ?? '') : null;
  const isOfModule = frame?.[1]?.startsWith(path) === true;
  return isOfModule ? `${frame?.[1]} ${message}` : message;
}
