/** What commands have in common: their surroundings, their arguments, loading graphs. */
import { join, resolve } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { builtinNodes } from '../../nodes/index.ts';
import { errorMessage, WindhoverError } from '../errors.ts';
import { formatFault, type GraphFault } from '../graph/faults.ts';
import { type CheckedGraph, liveOptions } from '../graph/graph.ts';
import { loadGraph } from '../graph/load.ts';
import { planGraph } from '../graph/plan.ts';
import type { SessionGraph } from '../session/changes.ts';

/** What the entry point hands to commands: nothing below it reads the process itself. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Folder of the project. */
  readonly root: string;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

type Options = NonNullable<ParseArgsConfig['options']>;

/** `parseArgs`, with errors as one readable line. @throws WindhoverError `usage` */
export function parseCommandLine<T extends Options>(args: string[], options: T, usage: string) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new WindhoverError('usage', `${errorMessage(error)}\nusage: ${usage}`);
  }
}

/** @throws WindhoverError `usage` unless the text is a number in the range */
export function numberOption(name: string, text: string, range: { min: number; max: number }): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= range.min && value <= range.max) return value;
  throw new WindhoverError('usage', `--${name}`, { expected: `a number from ${range.min} to ${range.max}`, got: text });
}

/** Models by name are looked for in the project's own folder. */
export function modelFolders(root: string): string[] {
  return [join(root, 'models')];
}

/** Where nodes keep what they learn: `--state`, or `.state` in the project's own folder. */
export function stateFolder(option: string | undefined, { cwd, root }: Surroundings): string {
  return option === undefined ? join(root, '.state') : resolve(cwd, option);
}

export interface LoadedGraph {
  readonly graph: CheckedGraph | null;
  readonly faults: readonly GraphFault[];
  readonly secrets: readonly string[];
}

export async function loadGraphFile(
  file: string,
  sets: readonly string[],
  surroundings: Surroundings,
): Promise<LoadedGraph> {
  const { env, cwd, root } = surroundings;
  return loadGraph(file, { builtins: builtinNodes, env, sets, cwd, prepare: { modelFolders: modelFolders(root) } });
}

/** Loads graphs and prints every fault of every one of them. Null when there is one. */
export async function loadGraphs(files: readonly string[], sets: readonly string[], surroundings: Surroundings) {
  const loaded = await Promise.all(files.map((file) => loadGraphFile(file, sets, surroundings)));
  for (const { faults } of loaded) for (const fault of faults) surroundings.stderr.write(`${formatFault(fault)}\n`);
  const graphs = loaded.flatMap(({ graph, faults }) => (graph && faults.length === 0 ? [graph] : []));
  if (graphs.length < files.length) return null;
  return { graphs, secrets: loaded.flatMap(({ secrets }) => secrets) };
}

/** A checked graph as a session runs it. */
export function sessionGraph(graph: CheckedGraph): SessionGraph {
  const { workers, rings } = planGraph(graph);
  const nodes = graph.nodes.map(({ id, use, params, links, contract }) => {
    const requests = Object.keys(contract.requests ?? {});
    return { id, use, params: { ...params }, live: liveOptions(contract), requests, links };
  });
  const places = graph.nodes.map(({ id, line, column }) => [id, `${graph.file}:${line}:${column}`]);
  const engine = { pace: graph.pace, nodes, workers, rings };
  return { file: graph.file, camera: graph.camera, engine, places: Object.fromEntries(places) };
}
