/** Makes a whole graph of a fragment: a node that replays what was recorded in front, a node that writes down behind. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { builtinNodes } from '../../nodes/index.ts';
import type { FrameRequest, FrameView, PacketMessage } from '../../runtime/data.ts';
import { formatFault } from '../../runtime/graph/faults.ts';
import type { CheckedGraph } from '../../runtime/graph/graph.ts';
import { checkGraph } from '../../runtime/graph/load.ts';
import { loadContracts, loadModule } from '../../runtime/graph/modules.ts';
import {
  type AnyNode,
  defineNode,
  type InputPort,
  type OutputPort,
  type Outputs,
  type PortKind,
  Type,
} from '../../runtime/node.ts';
import type { NodeRun, Recorded, RunnerOptions } from '../node-runner.ts';
import { nodeTable } from '../support/node-table.ts';

/** Ids of the nodes that the runner adds. */
const FEED = 'recorded-inputs';
const RECORD = 'recorded-outputs';
const DEFAULT_FRAMES: FrameRequest = { width: 16, height: 16, format: 'gray8', fit: 'stretch' };
/** The repository: what relative paths in fragments count from. */
export const ROOT = resolve(import.meta.dir, '../..');

export interface FragmentHost {
  readonly options: RunnerOptions;
  readonly record: (key: string, value: unknown) => void;
  readonly perform: (step: (run: NodeRun) => void | Promise<void>) => void | Promise<void>;
}

type Links = Record<string, string>;
type NodeText = { use: string; from?: unknown; with?: unknown };

/** A packet as recorded: the native one is gone when its handler returns. */
export type RecordedPacket = Omit<PacketMessage, 'packet' | 'codec'> & {
  readonly pts: bigint;
  readonly isKeyframe: boolean;
  readonly bytes: number;
};

/** A frame as recorded: a copy of the slot. */
export type RecordedFrame = FrameView;

/** @param nodes YAML of the mapping under `nodes:` */
export async function checkFragment(nodes: string, host: FragmentHost): Promise<CheckedGraph> {
  const { options } = host;
  const contracts = [...(options.contracts ?? []), ...(await loadContracts(builtinNodes))];
  const fragment: Record<string, NodeText> = parse(nodes);
  const found = await contractsOf(fragment, contracts);
  const added: AnyNode[] = [];
  const feed = feedNode(found, host);
  if (feed) {
    added.push(feed);
    for (const [id, ports] of Object.entries(options.feed ?? {})) {
      const node = fragment[id];
      if (!node) throw new Error(`the fragment has no node ${id} to feed`);
      const fed = Object.keys(ports).map((port) => [port, `${FEED}.${outputName(id, port)}`]);
      node.from = { ...linksOf(node.from, found.get(id), found), ...Object.fromEntries(fed) };
    }
  }
  const record = recordNode(fragment, found, host);
  if (record) added.push(record.contract);
  const all = {
    ...(feed ? { [FEED]: { use: feed.name } } : {}),
    ...fragment,
    ...(record ? { [RECORD]: { use: record.contract.name, from: record.from } } : {}),
  };
  const text = JSON.stringify({ version: 1, camera: options.camera ?? 'cam', nodes: all });
  const { graph, faults } = await checkGraph(text, 'fragment.yaml', {
    builtins: nodeTable([...contracts, ...added]),
    env: {},
    sets: [],
    cwd: ROOT,
    prepare: { modelFolders: options.modelFolders ?? [] },
  });
  if (graph === null) throw new Error(`the graph has faults:\n${faults.map(formatFault).join('\n')}`);
  return graph;
}

async function contractsOf(fragment: Record<string, NodeText>, contracts: readonly AnyNode[]) {
  const found = new Map<string, AnyNode>();
  for (const [id, { use }] of Object.entries(fragment)) {
    const contract = contracts.find(({ name }) => name === use) ?? (await loadModule(resolve(ROOT, use)));
    found.set(id, contract);
  }
  return found;
}

/** The node that emits the recorded values: one output for each fed input, all of them in the order of their frames. */
function feedNode(found: ReadonlyMap<string, AnyNode>, host: FragmentHost): AnyNode | undefined {
  const outputs: Record<string, OutputPort> = {};
  const queue: { output: string; frame: number; value: Recorded }[] = [];
  for (const [id, ports] of Object.entries(host.options.feed ?? {})) {
    for (const [port, recorded] of Object.entries(ports)) {
      const input = found.get(id)?.inputs[port];
      if (!input) throw new Error(`${id} has no input ${port}`);
      outputs[outputName(id, port)] = kindOf(input);
      let frame = -1;
      for (const value of typeof recorded === 'string' ? readLines(recorded) : recorded) {
        frame = frameOf(value) ?? frame;
        queue.push({ output: outputName(id, port), frame, value });
      }
    }
  }
  if (Object.keys(outputs).length === 0) return undefined;
  queue.sort((a, b) => a.frame - b.frame);
  return defineNode<ReturnType<typeof Type.Object>, Record<never, never>, Outputs>({
    name: FEED,
    doc: 'Replays recorded inputs.',
    params: Type.Object({}),
    inputs: {},
    outputs,
    pace: () => host.options.pace ?? 'asap',
    open: ({ emit }) => ({
      run: async (signal) => {
        for (const { output, value } of queue) {
          if (signal.aborted) return;
          if (typeof value === 'function') await host.perform(value as (run: NodeRun) => void | Promise<void>);
          else await emit[output]?.(value as never);
        }
      },
    }),
  });
}

/** The node that writes down every output that nobody else takes. */
function recordNode(
  fragment: Record<string, NodeText>,
  found: ReadonlyMap<string, AnyNode>,
  { options, record }: FragmentHost,
): { contract: AnyNode; from: Links } | undefined {
  const taken = new Set<string>();
  for (const [id, node] of Object.entries(fragment)) {
    for (const reference of Object.values(linksOf(node.from, found.get(id), found))) taken.add(reference);
  }
  const from: Links = {};
  const inputs: Record<string, InputPort<unknown>> = {};
  const on: Record<string, (value: unknown) => void> = {};
  for (const [id, contract] of found) {
    for (const [output, port] of Object.entries(contract.outputs)) {
      const { kind } = port;
      const key = `${id}.${output}`;
      if (taken.has(key)) continue;
      const input = outputName(id, output);
      from[input] = key;
      inputs[input] = {
        ...kindOf(port),
        ...(kind === 'frame' ? { request: () => options.frames ?? DEFAULT_FRAMES } : {}),
      };
      on[input] = (value) => record(key, keepable(kind, value));
    }
  }
  if (Object.keys(inputs).length === 0) return undefined;
  const contract = defineNode({
    name: RECORD,
    doc: 'Writes down what comes in.',
    params: Type.Object({}),
    inputs,
    outputs: {},
    open: () => ({ on, end: () => record('end', RECORD) }),
  });
  return { contract, from };
}

/** `from` of a fragment's node as input → `node.output`. Only the forms that fragments use. */
function linksOf(from: unknown, contract: AnyNode | undefined, found: ReadonlyMap<string, AnyNode>): Links {
  const links: Links = {};
  if (from === undefined || contract === undefined) return links;
  const entries: [string | null, unknown][] =
    typeof from === 'object' && from !== null && !Array.isArray(from)
      ? Object.entries(from)
      : (Array.isArray(from) ? from : [from]).map((reference) => [null, reference]);
  for (const [name, reference] of entries) {
    const [producer = '', port] = String(reference).split('.');
    for (const [output, { kind }] of Object.entries(found.get(producer)?.outputs ?? {})) {
      const input = name ?? Object.keys(contract.inputs).find((each) => contract.inputs[each]?.kind === kind);
      if (input && contract.inputs[input]?.kind === kind && (port ?? output) === output)
        links[input] = `${producer}.${output}`;
    }
  }
  return links;
}

function kindOf(port: PortKind): PortKind {
  return port.schema === undefined ? { kind: port.kind } : { kind: port.kind, schema: port.schema };
}

function keepable(kind: string, value: unknown): unknown {
  if (kind === 'packet') {
    const { packet, codec: _, ...rest } = value as PacketMessage;
    const { pts, isKeyframe, size } = packet as { pts: bigint; isKeyframe: boolean; size: number };
    return { ...rest, pts, isKeyframe, bytes: size } satisfies RecordedPacket;
  }
  if (kind !== 'frame') return value;
  const frame = value as FrameView;
  return { ...frame, data: frame.data.slice() } satisfies RecordedFrame;
}

function outputName(node: string, port: string): string {
  return `${node}-${port}`;
}

/** Index of the frame that a value is about. */
function frameOf(value: Recorded): number | undefined {
  if (typeof value === 'function') return undefined;
  const about = 'frame' in value ? value.frame : 'meta' in value ? value.meta : undefined;
  return typeof about === 'object' && about !== null && 'index' in about ? Number(about.index) : undefined;
}

function readLines(file: string): Recorded[] {
  const lines = readFileSync(resolve(ROOT, file), 'utf8').split('\n');
  return lines.filter((line) => line.trim() !== '').map((line): object => JSON.parse(line));
}
