/** What is measured, and how a graph of it is put together. */
import { resolve } from 'node:path';
import { builtinNodes } from '../../nodes/index.ts';
import { sessionGraph } from '../../runtime/catalog/session-graph.ts';
import { formatFault } from '../../runtime/graph/faults.ts';
import type { CheckedGraph } from '../../runtime/graph/graph.ts';
import { loadGraph } from '../../runtime/graph/load.ts';
import type { SessionGraph } from '../../runtime/session/changes.ts';

export interface BenchInput {
  /** Absolute path, or a name from models/. */
  readonly model: string;
  /** Absolute path. */
  readonly video: string;
  /** Inference threads. */
  readonly threads: number;
}

export const ROOT = resolve(import.meta.dir, '../..');
export const MODEL_FOLDERS = [resolve(ROOT, 'models')];

/** graphs/file.yaml with this model and video; every frame gets its tick. */
export async function benchGraph(input: BenchInput, sets: readonly string[]): Promise<CheckedGraph> {
  const file = resolve(ROOT, 'graphs/file.yaml');
  const all = [...graphSets(input), ...sets];
  const options = { builtins: builtinNodes, env: {}, sets: all, cwd: ROOT, prepare: { modelFolders: MODEL_FOLDERS } };
  const { graph, faults } = await loadGraph(file, options);
  if (!graph) throw new Error(faults.map(formatFault).join('\n'));
  return graph;
}

export function graphSets(input: BenchInput): string[] {
  return [
    `source.url=${input.video}`,
    `detect.model=${input.model}`,
    `detect.threads=${input.threads}`,
    'publish.hz=1000',
    // For sinks that tell where objects are.
    'publish.site={lat: 47.5, lon: 8.2, height_m: 430, heading_deg: 90, hfov_deg: 60}',
  ];
}

export async function benchSession(input: BenchInput, sets: readonly string[]): Promise<SessionGraph> {
  return sessionGraph(await benchGraph(input, sets));
}
