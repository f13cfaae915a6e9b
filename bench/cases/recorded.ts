/** Runs a graph that replays recorded detections, node by node in this process, as fast as it goes. */
import { builtinNodes } from '../../nodes/index.ts';
import type { Published } from '../../runtime/engine/messages.ts';
import { RunningNode } from '../../runtime/engine/running-node.ts';
import { LocalSink } from '../../runtime/engine/sinks.ts';
import { WindhoverError } from '../../runtime/errors.ts';
import { formatFault } from '../../runtime/graph/faults.ts';
import { loadGraph } from '../../runtime/graph/load.ts';
import type { MetadataTick, TrackEvent } from '../../schemas/index.ts';
import { benchServices } from '../pipeline/in-process.ts';
import { ROOT } from '../pipeline/input.ts';

export type WireMessage = MetadataTick | TrackEvent;

/** @returns what clients get, in order. @throws WindhoverError `graph_faults` when the graph is refused */
export async function runRecorded(file: string): Promise<WireMessage[]> {
  const options = { builtins: builtinNodes, env: {}, sets: [], cwd: ROOT, prepare: { modelFolders: [] } };
  const { graph, faults } = await loadGraph(file, options);
  if (!graph) throw new WindhoverError('graph_faults', faults.map(formatFault).join('\n'));
  const published: Published[] = [];
  let failed: unknown;
  const services = {
    ...benchServices(graph),
    publish: (_node: string, message: Published) => void published.push(message),
    failed: (_node: string, error: unknown) => {
      failed ??= error;
    },
  };
  const nodes = new Map<string, RunningNode>();
  for (const { id, use, params, links, contract } of graph.nodes) {
    const job = { id, use, params: { ...params }, inputs: links.map(({ input }) => input), kept: undefined };
    const node = new RunningNode(job, contract, services);
    nodes.set(id, node);
    for (const { input, from } of links) nodes.get(from.node)?.sinks.get(from.output)?.push(new LocalSink(node, input));
  }
  for (const node of nodes.values()) await node.open();
  for (const node of nodes.values()) node.start();
  for (const node of nodes.values()) await node.ended;
  for (const node of nodes.values()) await node.close();
  if (failed !== undefined) throw failed;
  return published.map(({ json }): WireMessage => JSON.parse(json));
}
