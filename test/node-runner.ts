/**
 * The node runner: a graph fragment and recorded inputs in, everything it put out back, on the code path of production:
 * the same graph checker, planner, RunningNode, sinks, rings and pumps, in this process and with the time of the test.
 *
 *     const run = await runGraph('track: { use: track }', { feed: { track: { detections: [ … ] } } });
 *     run.outputs['track.tracks'], run.ticks, run.events, run.faults, run.kept, run.stats, run.logs, run.failures
 *
 * What the fragment leaves open is closed by the runner: fed inputs hang on a node that replays the recordings, outputs
 * that nobody takes on one that writes them down. Frames are copied out of their slots, packets put down as numbers.
 */
import type { Static, TSchema } from '@sinclair/typebox';
import type { Clock } from '../runtime/clock.ts';
import type { FrameRequest, Pace } from '../runtime/data.ts';
import { Board } from '../runtime/engine/board.ts';
import type { BoardMessage, LogEntry, Published } from '../runtime/engine/messages.ts';
import type { NodeServices } from '../runtime/engine/node-context.ts';
import { createRing, Layout, type RingDescription, WORDS_PER_SLOT } from '../runtime/engine/ring-layout.ts';
import { RingPump, RingSink } from '../runtime/engine/ring-links.ts';
import { RunningNode } from '../runtime/engine/running-node.ts';
import { LocalSink } from '../runtime/engine/sinks.ts';
import { MemoryStore } from '../runtime/engine/store.ts';
import type { CheckedGraph } from '../runtime/graph/graph.ts';
import { planGraph } from '../runtime/graph/plan.ts';
import type { AnyNode, BoardTopic, Logger, NodeStore } from '../runtime/node.ts';
import { checkFragment } from './nodes/fragment.ts';
import { ManualClock } from './support/manual-clock.ts';

/** A recorded value of an input, or something to do when its turn comes (advance the clock, send a command, stop). */
export type Recorded = object | ((run: NodeRun) => void | Promise<void>);

export interface RunnerOptions {
  /** Recorded values by node and input: an array, or the path of a JSONL file with one value a line. */
  readonly feed?: Readonly<Record<string, Readonly<Record<string, readonly Recorded[] | string>>>>;
  /** Pace of the fed inputs; a producing node of the fragment states its own. Default `asap`. */
  readonly pace?: Pace;
  /** Default: a ManualClock that stands still. */
  readonly clock?: Clock;
  /** What the nodes kept in an earlier run, by node id. */
  readonly kept?: Readonly<Record<string, unknown>>;
  /** What the nodes have on disk, by node id. Default: nothing, kept in memory. */
  readonly stores?: Readonly<Record<string, NodeStore>>;
  /** As with `--jsonl`. Default true. */
  readonly recording?: boolean;
  readonly modelFolders?: readonly string[];
  /** Contracts beside the built-in ones; they come first, so a test may take the place of a built-in one. */
  readonly contracts?: readonly AnyNode[];
  /** What frames that no node takes are recorded as. Default: 16×16 gray8, stretched. */
  readonly frames?: FrameRequest;
  readonly camera?: string;
}

export interface NodeFault {
  readonly node: string;
  readonly fault: { code: string; message: string; isWarning?: boolean } | null;
}

/** Puts a graph fragment to work and waits for its end. */
export async function runGraph(nodes: string, options: RunnerOptions = {}): Promise<NodeRun> {
  const run = await openGraph(nodes, options);
  run.start();
  await run.finished;
  return run;
}

/** The same for one node: `use` is a built-in name, the path of a module, or a contract. Its id is `node`. */
export async function runNode(use: string | AnyNode, options: OneNodeOptions = {}): Promise<NodeRun> {
  const run = await openNode(use, options);
  run.start();
  await run.finished;
  return run;
}

export interface OneNodeOptions extends Omit<RunnerOptions, 'feed'> {
  readonly params?: Readonly<Record<string, unknown>>;
  /** Recorded values by input. */
  readonly inputs?: Readonly<Record<string, readonly Recorded[] | string>>;
}

export function openNode(use: string | AnyNode, options: OneNodeOptions = {}): Promise<NodeRun> {
  const { params = {}, inputs = {}, ...rest } = options;
  const name = typeof use === 'string' ? use : use.name;
  const contracts = typeof use === 'string' ? rest.contracts : [use, ...(rest.contracts ?? [])];
  const feed = Object.keys(inputs).length > 0 ? { feed: { node: inputs } } : {};
  const text = `node: ${JSON.stringify({ use: name, with: params })}`;
  return openGraph(text, { ...rest, ...feed, ...(contracts ? { contracts } : {}) });
}

/** Checks, plans, wires and opens a fragment; `start` lets it run. @throws when the graph has faults or does not open */
export async function openGraph(nodes: string, options: RunnerOptions = {}): Promise<NodeRun> {
  const holder: { run?: NodeRun } = {};
  const graph = await checkFragment(nodes, {
    options,
    record: (key, value) => holder.run?.record(key, value),
    perform: (step) => (holder.run ? step(holder.run) : undefined),
  });
  const run = new NodeRun(graph, options);
  holder.run = run;
  await run.open();
  return run;
}

/** One run of a graph in this process, and all that came out of it so far. */
export class NodeRun {
  /** Values by `node.output`, of the outputs that no node of the fragment takes; `end`: one entry for each end of them all. */
  readonly outputs: Record<string, unknown[]> = {};
  readonly messages: Published[] = [];
  /** What the nodes posted on the board, in order. */
  readonly posts: BoardMessage[] = [];
  readonly faults: NodeFault[] = [];
  readonly logs: LogEntry[] = [];
  readonly failures: { readonly node: string; readonly error: unknown }[] = [];
  /** What each node saved last. */
  readonly kept: Record<string, unknown>;
  readonly rings: RingDescription[] = [];
  /** What each node keeps on disk. */
  readonly stores: Record<string, NodeStore> = {};
  readonly clock: Clock;
  readonly nodes = new Map<string, RunningNode>();
  /** Resolves when every node has ended and was closed. */
  readonly finished: Promise<void>;

  readonly #options: RunnerOptions;
  readonly #pumps: RingPump[] = [];
  readonly #inHand = new Int32Array(1);
  readonly #board = new Board((message) => void this.posts.push(message));
  #resolveFinished: () => void = () => undefined;
  readonly graph: CheckedGraph;

  constructor(graph: CheckedGraph, options: RunnerOptions) {
    this.graph = graph;
    this.clock = options.clock ?? new ManualClock(1000);
    this.kept = { ...options.kept };
    this.#options = options;
    this.finished = new Promise((resolve) => {
      this.#resolveFinished = resolve;
    });
    const services = this.#services();
    for (const { id, use, params, links, contract } of graph.nodes) {
      const job = { id, use, params: { ...params }, inputs: links.map(({ input }) => input), kept: this.kept[id] };
      this.nodes.set(id, new RunningNode(job, contract, services));
    }
    this.#connect();
  }

  async open(): Promise<void> {
    try {
      for (const node of this.nodes.values()) await node.open();
    } catch (error) {
      await this.#close();
      throw error;
    }
  }

  start(): void {
    const pumps = this.#pumps.map((pump) => pump.run());
    for (const node of this.nodes.values()) node.start();
    const ends = [...this.nodes.values()].map((node) => node.ended);
    void Promise.all([...ends, ...pumps])
      .then(() => this.#close())
      .then(() => this.#resolveFinished());
  }

  /** Asks the producing nodes to end; `finished` follows. */
  stop(): void {
    for (const node of this.nodes.values()) node.stop();
  }

  /** Asks the first node that declares such requests, as the engine does. */
  async request(name: string, params: object = {}): Promise<unknown> {
    const node = this.graph.nodes.find(({ contract }) => contract.requests?.[name]);
    if (!node) throw new Error(`no node answers ${name}`);
    return this.#node(node.id).request(name, params);
  }

  /** News on the board, as from a node outside the fragment. Resolves when all nodes that watch it and are idle have heard. */
  async post<S extends TSchema>(topic: BoardTopic<S>, value: Static<S>): Promise<void> {
    this.#board.receive({ topic: topic.name, value: structuredClone(value) });
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Resolves once it holds; looks again whenever the event loop has turned. The test's own time limit bounds it. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** Counters and gauges of a node. */
  stats(node: string): Readonly<Record<string, number | string>> {
    return this.nodes.get(node)?.stats ?? {};
  }

  output<T>(key: string): T[] {
    return (this.outputs[key] ?? []) as T[];
  }

  /** Published messages of a topic, as they are on the wire. */
  parsed<T>(topic: string): T[] {
    const published = this.messages.filter((message) => message.topic === topic);
    return published.map(({ json }) => JSON.parse(json));
  }

  /** Slots of the run's rings that somebody still holds. */
  get slotsHeld(): number {
    return this.rings.reduce((held, ring) => held + ring.slots - freeSlots(ring), 0);
  }

  record(key: string, value: unknown): void {
    const values = this.outputs[key] ?? [];
    this.outputs[key] = values;
    values.push(value);
  }

  #connect(): void {
    const plan = planGraph(this.graph);
    for (const { id, links } of this.graph.nodes) {
      for (const { input, from, kind } of links) {
        if (kind !== 'frame') this.#sinks(from).push(new LocalSink(this.#node(id), input));
      }
    }
    for (const { id, request, slots, readers, from } of plan.rings) {
      const ring = createRing({ id, request, slots, readers: readers.length, pace: this.graph.pace });
      this.rings.push(ring);
      this.#sinks(from).push(new RingSink(ring));
      readers.forEach(({ node, input }, number) => {
        this.#pumps.push(new RingPump(ring, number, this.#node(node), input));
      });
    }
  }

  #node(id: string): RunningNode {
    const node = this.nodes.get(id);
    if (!node) throw new Error(`no node ${id}`);
    return node;
  }

  #sinks({ node, output }: { node: string; output: string }) {
    const sinks = this.#node(node).sinks.get(output);
    if (!sinks) throw new Error(`node ${node} has no output ${output}`);
    return sinks;
  }

  #services(): NodeServices {
    const { camera = 'cam', recording = true, modelFolders = [] } = this.#options;
    return {
      graph: { file: this.graph.file, camera, pace: this.graph.pace },
      sessionId: 'test-session',
      clock: this.clock,
      recording,
      prepare: { modelFolders },
      board: this.#board,
      inHand: this.#inHand,
      turn: (_threads, work) => work(),
      logger: (node) => this.#logger(node),
      store: (node) => {
        const store = this.#options.stores?.[node] ?? new MemoryStore();
        this.stores[node] = store;
        return store;
      },
      publish: (_node, message) => void this.messages.push(message),
      fault: (node, fault) => void this.faults.push({ node, fault }),
      keep: (node, state) => {
        this.kept[node] = structuredClone(state);
      },
      failed: (node, error) => {
        this.failures.push({ node, error });
        this.stop(); // as the engine does
      },
    };
  }

  #logger(node: string): Logger {
    const log = (level: LogEntry['level']) => (message: string, fields?: Record<string, unknown>) =>
      void this.logs.push({ level, node, message, ...(fields ? { fields } : {}) });
    return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
  }

  async #close(): Promise<void> {
    for (const node of this.nodes.values()) await node.close();
  }
}

/** How many slots of a ring nobody has pinned. */
function freeSlots(ring: RingDescription): number {
  const words = new Int32Array(ring.buffer);
  const { slotsAt } = new Layout(ring);
  return Array.from({ length: ring.slots }, (_, slot) => words[slotsAt + slot * WORDS_PER_SLOT]).filter(
    (pins) => pins === 0,
  ).length;
}
