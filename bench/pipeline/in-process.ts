/** Nodes of a graph run in this process, without workers: for measurements that need to look inside. */
import { SystemClock } from '../../runtime/clock.ts';
import { Board } from '../../runtime/engine/board.ts';
import type { NodeServices } from '../../runtime/engine/node-context.ts';
import { RunningNode } from '../../runtime/engine/running-node.ts';
import { LocalSink, type Sink } from '../../runtime/engine/sinks.ts';
import { MemoryStore } from '../../runtime/engine/store.ts';
import type { CheckedGraph } from '../../runtime/graph/graph.ts';
import type { Logger } from '../../runtime/node.ts';
import { MODEL_FOLDERS } from './input.ts';

const SILENT: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

export function benchServices(graph: CheckedGraph): NodeServices {
  return {
    graph: { file: graph.file, camera: graph.camera, pace: 'asap' },
    sessionId: 'bench',
    clock: new SystemClock(),
    recording: true,
    prepare: { modelFolders: MODEL_FOLDERS },
    board: new Board(nothing),
    inHand: new Int32Array(1),
    turn: (_threads, work) => work(),
    logger: () => SILENT,
    publish: nothing,
    fault: nothing,
    keep: nothing,
    store: () => new MemoryStore(),
    failed: (node, error) => {
      throw new Error(`node ${node} failed`, { cause: error });
    },
  };
}

export async function openNode(graph: CheckedGraph, id: string, services: NodeServices): Promise<RunningNode> {
  const node = graph.nodes.find((candidate) => candidate.id === id);
  if (!node) throw new Error(`no node ${id}`);
  const inputs = node.links.map(({ input }) => input);
  const job = { id, use: node.use, params: { ...node.params }, inputs, kept: undefined };
  const running = new RunningNode(job, node.contract, services);
  await running.open();
  return running;
}

/** Runs source and decode until `frames` frames (or all) are in the sink. */
export async function decodeInto(graph: CheckedGraph, sink: Sink, frames: number): Promise<void> {
  const services = benchServices(graph);
  const source = await openNode(graph, 'source', services);
  const decode = await openNode(graph, 'decode', services);
  let left = frames;
  source.sinks.get('packets')?.push(new LocalSink(decode, 'packets'));
  decode.sinks.get('frames')?.push({
    deliver: (value) => {
      left -= 1;
      if (left === 0) source.stop();
      return left >= 0 ? sink.deliver(value) : undefined;
    },
    end: () => sink.end(),
  });
  source.start();
  await Promise.all([source.ended, decode.ended]);
  await source.close();
  await decode.close();
}

function nothing(): void {
  // Measurements want no side effects.
}
