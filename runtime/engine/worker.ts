/**
 * Entry of a session's worker: hosts a chain of nodes. All state of the worker is in its one WorkerHost.
 */
import { builtinNodes } from '../../nodes/index.ts';
import { SystemClock } from '../clock.ts';
import { toRecord } from '../errors.ts';
import { loadContract } from '../graph/modules.ts';
import type { Logger, NodeStore } from '../node.ts';
import { requestScope } from '../request-scope.ts';
import { type Board, openBoard } from './board.ts';
import { positionInModule } from './error-position.ts';
import { FrameNotes } from './frame-times.ts';
import type { FromWorker, Handover, LogEntry, NodeMeasures, Task, Tasks, ToWorker, Wiring } from './messages.ts';
import type { NodeServices } from './node-context.ts';
import { Outbox } from './outbox.ts';
import { beat, Pulse } from './pulse.ts';
import { RunningNode } from './running-node.ts';
import { FileStore, MemoryStore } from './store.ts';
import { Turns } from './turns.ts';
import { WorkerLinks } from './worker-links.ts';

/** How often the worker shows that its thread turns, and tells its counters. Each time wakes three threads: 0.5 ms of CPU. */
const BEAT_EVERY_MS = 500;

type Job = Extract<ToWorker, { type: 'job' }>;

class WorkerHost {
  readonly #job: Job;
  readonly #post: (message: FromWorker) => void;
  readonly #nodes = new Map<string, RunningNode>();
  readonly #links: WorkerLinks;
  readonly #clock: SystemClock;
  readonly #outbox: Outbox;
  readonly #lastStats = new Map<string, string>();
  readonly #board: Board;
  #failed = false;

  constructor(job: Job, post: (message: FromWorker) => void) {
    this.#job = job;
    this.#post = post;
    this.#clock = new SystemClock(job.now, helloMs);
    this.#outbox = new Outbox({
      clock: this.#clock,
      sendCredits: new Int32Array(job.sendCredits),
      recording: job.options.recording,
      post: (message) => {
        // A fault is over when a frame of later is through: how many there are by now has to be known.
        if (message.type === 'fault') this.#postStats();
        post(message);
      },
      count: (node, name) => this.#nodes.get(node)?.count(name),
    });
    this.#board = openBoard(job.options.sessionId);
    this.#links = new WorkerLinks(this.#nodes, job.options.pace, (error) => this.#fail(null, error));
  }

  /** Opens all nodes; posts `opened`, or `failed` for the first that can't. */
  async open(): Promise<void> {
    const services = this.#services();
    setInterval(() => {
      beat(this.#job.pulses);
      this.#sendStats();
    }, BEAT_EVERY_MS);
    for (const [number, node] of this.#job.nodes.entries()) {
      const pulse = new Pulse(this.#job.pulses, number);
      try {
        pulse.enter('open');
        const contract = await loadContract(node.use, builtinNodes);
        pulse.leave();
        this.#nodes.set(node.id, new RunningNode(node, contract, services, pulse));
      } catch (error) {
        return this.#fail(node.id, error);
      }
    }
    for (const node of this.#nodes.values()) {
      try {
        await node.open();
      } catch (error) {
        return this.#fail(node.id, error);
      }
    }
    this.#sendStats();
    Bun.gc(true); // What loading has left behind would stay for minutes.
    Bun.shrink();
    this.#post({ type: 'opened' });
  }

  start(wiring: Wiring): void {
    this.#links.connect(wiring);
    this.#links.start();
    for (const node of this.#nodes.values()) node.start();
    void this.#finish();
  }

  stop(): void {
    for (const node of this.#nodes.values()) node.stop();
  }

  async request({ id, node, name, params, scope }: Extract<ToWorker, { type: 'request' }>): Promise<void> {
    const answer = () => this.#node(node).request(name, params);
    try {
      this.#post({ type: 'reply', id, result: await (scope ? requestScope.run(scope, answer) : answer()) });
    } catch (error) {
      this.#post({ type: 'reply', id, error: toRecord(error, { node, code: 'request_failed' }) });
    }
  }

  /** Does what the engine asks for a change of the graph. */
  async perform(task: Exclude<Task, { task: 'load' }>): Promise<unknown> {
    switch (task.task) {
      case 'update':
        return this.#node(task.node).update(task.params);
      case 'hold':
        return this.#links.hold(task.links, task.rings);
      case 'pause':
        return this.#pause(task.nodes, task.rings);
      case 'leave':
        return this.#leave(task.nodes, task.goOn);
      case 'connect':
        return this.#links.connect(task.wiring);
    }
  }

  async #pause(ids: readonly string[], rings: readonly string[]): Promise<Tasks['pause']['answer']> {
    const nodes = ids.map((id) => this.#node(id));
    if (nodes.some(({ isEnding }) => isEnding)) return { ended: true };
    await Promise.all(nodes.map((node) => node.pause()));
    await this.#links.stop(ids, rings);
    for (const node of nodes) await node.idle();
    return { ended: false };
  }

  async #leave(ids: readonly string[], goOn: readonly string[]): Promise<Handover> {
    const states = new Map<string, unknown>();
    const stats = new Map<string, RunningNode['stats']>();
    const goesOn = ({ id }: RunningNode) => Number(goOn.includes(id));
    const nodes = [...this.#nodes.values()].filter(({ id }) => ids.includes(id));
    // What ends tells the others so, before they hand over.
    for (const node of nodes.sort((a, b) => goesOn(a) - goesOn(b))) {
      states.set(node.id, await node.leave(goOn.includes(node.id)));
      stats.set(node.id, { ...node.stats });
      await node.close();
    }
    await this.#outbox.empty();
    // Without any node left, the worker is about to be terminated.
    if (nodes.length < this.#nodes.size) for (const node of nodes) this.#forget(node);
    return { states, stats };
  }

  /** It runs in another worker from now on, or nowhere. */
  #forget(node: RunningNode): void {
    this.#nodes.delete(node.id);
    this.#board.leave(node.id);
    node.gone();
  }

  async #finish(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((node) => node.ended));
    for (const node of this.#nodes.values()) await node.close();
    await this.#outbox.empty();
    this.#sendStats();
    this.#post({ type: 'done' });
  }

  #node(id: string): RunningNode {
    const node = this.#nodes.get(id);
    if (!node) throw new Error(`node ${id} is not in worker ${this.#job.name}`);
    return node;
  }

  #services(): NodeServices {
    const { options, frameTimes: times, nodes } = this.#job;
    const placeOf = (node: string) => nodes.findIndex(({ id }) => id === node);
    return {
      graph: { file: options.file, camera: options.camera, pace: options.pace },
      sessionId: options.sessionId,
      clock: this.#clock,
      recording: options.recording,
      prepare: { modelFolders: options.modelFolders },
      store: (node) => this.#store(node),
      board: this.#board,
      inHand: new Int32Array(this.#job.inHand),
      notes: (node) => times && new FrameNotes(times, placeOf(node), this.#clock),
      turn: new Turns(options.turns, options.camera).take,
      logger: (node) => this.#logger(node),
      publish: (node, message, latest) => this.#outbox.publish(node, message, latest),
      fault: (node, fault) => this.#outbox.report({ type: 'fault', node, fault }),
      keep: (node, state) => this.#outbox.report({ type: 'keep', node, state }),
      failed: (node, error) => this.#fail(node, error),
    };
  }

  #store(node: string): NodeStore {
    const { stateFolder, camera } = this.#job.options;
    if (stateFolder === undefined) return new MemoryStore();
    return new FileStore(stateFolder, camera, node, ({ code, message }) => this.#logger(node).warn(message, { code }));
  }

  #logger(node: string): Logger {
    const log = (level: LogEntry['level']) => (message: string, fields?: Record<string, unknown>) => {
      const all = { ...requestScope.getStore(), ...fields };
      this.#outbox.log({ level, node, message, fields: all });
    };
    return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
  }

  #sendStats(): void {
    this.#postStats();
    this.#outbox.flush();
  }

  /** Posts the counters of the nodes whose counters have changed. */
  #postStats(): void {
    const nodes = new Map<string, RunningNode['stats']>();
    const measures = new Map<string, NodeMeasures>();
    for (const node of this.#nodes.values()) {
      const measured = node.measures();
      const text = JSON.stringify([node.stats, measured]);
      if (this.#lastStats.get(node.id) === text) continue;
      this.#lastStats.set(node.id, text);
      nodes.set(node.id, { ...node.stats });
      measures.set(node.id, measured);
    }
    if (nodes.size > 0) this.#post({ type: 'stats', nodes, measures });
  }

  /** Something was thrown outside of the handlers, by a timer or a callback of a node: by which tells the stack. */
  crashed(error: unknown): void {
    const { nodes } = this.#job;
    const places = nodes.map(({ use }) => positionInModule(error, use) ?? '');
    const inFile = places.findIndex((place, i) => place.startsWith(`${nodes[i]?.use}:`));
    const found = inFile >= 0 ? inFile : places.findIndex((place) => place !== '');
    const node = nodes[nodes.length === 1 ? 0 : found];
    this.#fail(node?.id ?? null, error);
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

declare const self: Worker;
let host: WorkerHost | undefined;

process.on('uncaughtException', (error) => host?.crashed(error));
process.on('unhandledRejection', (error) => host?.crashed(error));

self.onmessage = (event: MessageEvent<ToWorker>) => {
  const message = event.data;
  switch (message.type) {
    case 'job':
      host = new WorkerHost(message, post);
      void host.open();
      break;
    case 'start':
      host?.start(message.wiring);
      break;
    case 'task':
      void perform(message);
      break;
    case 'request':
      void host?.request(message);
      break;
    case 'stop':
      host?.stop();
  }
};

async function perform(task: Extract<ToWorker, { type: 'task' }>): Promise<void> {
  try {
    const answer = task.task === 'load' ? await load(task.uses) : await host?.perform(task);
    post({ type: 'task_done', id: task.id, answer: answer ?? null });
  } catch (error) {
    post({ type: 'task_failed', id: task.id, error: toRecord(error, { code: `${task.task}_failed` }) });
  }
}

async function load(uses: readonly string[]): Promise<void> {
  for (const use of uses) await loadContract(use, builtinNodes);
}

function post(message: FromWorker): void {
  self.postMessage(message);
}

const helloMs = performance.now();
post({ type: 'hello' });
