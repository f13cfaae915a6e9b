/**
 * Entry of a session's worker: hosts a chain of nodes. All state of the worker is in its one WorkerHost.
 */
import { builtinNodes } from '../../nodes/index.ts';
import { SystemClock } from '../clock.ts';
import { toRecord } from '../errors.ts';
import { loadContract } from '../graph/modules.ts';
import type { Logger, NodeStore } from '../node.ts';
import { Board } from './board.ts';
import type { BoardMessage, FromWorker, LogEntry, NodeStats, Published, ToWorker } from './messages.ts';
import { type NodeServices, RunningNode } from './running-node.ts';
import { LocalSink, PortSink, pumpPort, RingPump, RingSink, untilBelow } from './sinks.ts';
import { positionInModule } from './stack.ts';
import { FileStore, MemoryStore } from './store.ts';

/** How often counters travel to the parent. */
const STATS_EVERY_MS = 200;
/** Published messages that may be under way to the parent before publishers wait (`asap`) or ticks are dropped. */
const SEND_CREDITS = 256;

type Job = Extract<ToWorker, { type: 'job' }>;

class WorkerHost {
  readonly #job: Job;
  readonly #post: (message: FromWorker) => void;
  readonly #nodes = new Map<string, RunningNode>();
  readonly #pumps: RingPump[] = [];
  readonly #sendCredits: Int32Array;
  readonly #lastStats = new Map<string, string>();
  readonly #board: Board;
  #failed = false;

  constructor(job: Job, post: (message: FromWorker) => void) {
    this.#job = job;
    this.#post = post;
    this.#sendCredits = new Int32Array(job.sendCredits);
    this.#board = openBoard(job.options.sessionId);
  }

  /** Opens all nodes; posts `opened`, or `failed` for the first that can't. */
  async open(): Promise<void> {
    const services = this.#services();
    for (const node of this.#job.nodes) {
      try {
        const contract = await loadContract(node.use, builtinNodes);
        this.#nodes.set(node.id, new RunningNode(node, contract, services));
      } catch (error) {
        return this.#fail(node.id, error);
      }
    }
    this.#connect();
    for (const node of this.#nodes.values()) {
      try {
        await node.open();
      } catch (error) {
        return this.#fail(node.id, error);
      }
    }
    this.#sendStats();
    this.#post({ type: 'opened' });
  }

  start(): void {
    for (const pump of this.#pumps) void pump.run().catch((error: unknown) => this.#fail(null, error));
    for (const node of this.#nodes.values()) node.start();
    const timer = setInterval(() => this.#sendStats(), STATS_EVERY_MS);
    void this.#finish(timer);
  }

  stop(): void {
    for (const node of this.#nodes.values()) node.stop();
  }

  async request({ id, node, name, params }: Extract<ToWorker, { type: 'request' }>): Promise<void> {
    try {
      this.#post({ type: 'reply', id, result: await this.#node(node).request(name, params) });
    } catch (error) {
      this.#post({ type: 'reply', id, error: toRecord(error, { node, code: 'request_failed' }) });
    }
  }

  async #finish(timer: ReturnType<typeof setInterval>): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((node) => node.ended));
    clearInterval(timer);
    for (const node of this.#nodes.values()) await node.close();
    this.#sendStats();
    this.#post({ type: 'done' });
  }

  #connect(): void {
    const { links, rings, ports, options } = this.#job;
    for (const { from, to } of links)
      this.#sinksOf(from.node, from.output).push(new LocalSink(this.#node(to.node), to.input));
    for (const { ring, writer, readers } of rings) {
      if (writer) this.#sinksOf(writer.node, writer.output).push(new RingSink(ring));
      for (const { node, input, reader } of readers) {
        this.#pumps.push(new RingPump(ring, reader, this.#node(node), input));
      }
    }
    for (const { port, credits, direction, node, name } of ports) {
      const receiver = this.#node(node);
      if (direction === 'in') pumpPort(port, credits, receiver, name);
      else {
        const dropped = () => receiver.count('dropped_messages');
        this.#sinksOf(node, name).push(new PortSink(port, credits, options.pace, dropped));
      }
    }
  }

  #node(id: string): RunningNode {
    const node = this.#nodes.get(id);
    if (!node) throw new Error(`node ${id} is not in worker ${this.#job.name}`);
    return node;
  }

  #sinksOf(node: string, output: string) {
    const sinks = this.#node(node).sinks.get(output);
    if (!sinks) throw new Error(`node ${node} has no output ${output}`);
    return sinks;
  }

  #services(): NodeServices {
    const { options } = this.#job;
    return {
      graph: { file: options.file, camera: options.camera, pace: options.pace },
      sessionId: options.sessionId,
      clock: new SystemClock(options.clockEpochMs),
      recording: options.recording,
      prepare: { modelFolders: options.modelFolders },
      store: (node) => this.#store(node),
      board: this.#board,
      logger: (node) => this.#logger(node),
      publish: (message, mayDrop) => this.#publish(message, mayDrop),
      fault: (node, fault) => this.#post({ type: 'fault', node, fault }),
      keep: (node, state) => this.#post({ type: 'keep', node, state }),
      failed: (node, error) => this.#fail(node, error),
    };
  }

  #store(node: string): NodeStore {
    const { stateFolder, camera } = this.#job.options;
    if (stateFolder === undefined) return new MemoryStore();
    return new FileStore(stateFolder, camera, node, ({ code, message }) => this.#logger(node).warn(message, { code }));
  }

  #publish(message: Published, mayDrop: boolean): void | Promise<void> {
    if (Atomics.load(this.#sendCredits, 0) < SEND_CREDITS) return this.#postPublished(message);
    if (this.#job.options.recording)
      return untilBelow(this.#sendCredits, SEND_CREDITS).then(() => this.#postPublished(message));
    if (!mayDrop) this.#postPublished(message);
  }

  #postPublished(message: Published): void {
    Atomics.add(this.#sendCredits, 0, 1);
    this.#post({ type: 'published', message });
  }

  #logger(node: string): Logger {
    const log = (level: LogEntry['level']) => (message: string, fields?: Record<string, unknown>) =>
      this.#post({ type: 'log', entry: { level, node, message, ...(fields ? { fields } : {}) } });
    return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
  }

  /** Posts the counters of the nodes whose counters have changed. */
  #sendStats(): void {
    const nodes: NodeStats = {};
    let changed = false;
    for (const node of this.#nodes.values()) {
      const text = JSON.stringify(node.stats);
      if (this.#lastStats.get(node.id) === text) continue;
      this.#lastStats.set(node.id, text);
      nodes[node.id] = { ...node.stats };
      changed = true;
    }
    if (changed) this.#post({ type: 'stats', nodes });
  }

  /** Reports the first failure; the engine stops the whole session for it. */
  #fail(node: string | null, error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#sendStats();
    const use = this.#job.nodes.find((job) => job.id === node)?.use;
    const at = use ? positionInModule(error, use) : undefined;
    const context = { code: 'node_failed', ...(node === null ? {} : { node }), ...(at ? { at } : {}) };
    this.#post({ type: 'failed', error: toRecord(error, context) });
  }
}

/** The workers of one session share a process, and a channel that carries the session's name. It lives as long as they. */
function openBoard(sessionId: string): Board {
  const channel = new BroadcastChannel(`board of ${sessionId}`);
  channel.unref();
  const board = new Board((message) => channel.postMessage(message));
  channel.onmessage = ({ data }) => board.receive(data as BoardMessage);
  return board;
}

declare const self: Worker;
let host: WorkerHost | undefined;

self.onmessage = (event: MessageEvent<ToWorker>) => {
  const message = event.data;
  switch (message.type) {
    case 'job':
      host = new WorkerHost(message, (reply) => self.postMessage(reply));
      void host.open();
      break;
    case 'start':
      host?.start();
      break;
    case 'request':
      void host?.request(message);
      break;
    case 'stop':
      host?.stop();
  }
};

const hello: FromWorker = { type: 'hello' };
self.postMessage(hello);
