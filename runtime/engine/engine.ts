/**
 * Runs one planned graph: allocates its rings, starts its workers, wires them, and brings them down in order. Lives in
 * the session's own process; holds no native code itself.
 *
 *     start():  job → every worker   opened ← every worker   start → every worker
 *     stop():   stop → every worker; producing nodes end, the end travels down the graph, done ← every worker
 */
import type { FrameRequest, Pace } from '../data.ts';
import { type ErrorRecord, toRecord, WindhoverError } from '../errors.ts';
import type {
  FromWorker,
  LocalLink,
  NodeJob,
  NodeReport,
  NodeRequest,
  PortJob,
  RingJob,
  RunOptions,
  ToWorker,
} from './messages.ts';
import { createRing, type RingDescription } from './ring-layout.ts';

/** A checked and planned graph as plain data. */
export interface EngineGraph {
  readonly pace: Pace;
  /** In topological order. */
  readonly nodes: readonly {
    readonly id: string;
    readonly use: string;
    readonly params: Record<string, unknown>;
    /** Names of the requests that it answers. */
    readonly requests: readonly string[];
    /** Names of the options that the node takes while it runs. */
    readonly live: readonly string[];
    readonly links: readonly {
      readonly input: string;
      readonly from: { readonly node: string; readonly output: string };
      readonly kind: string;
    }[];
  }[];
  readonly workers: readonly { readonly name: string; readonly nodes: readonly string[] }[];
  readonly rings: readonly {
    readonly id: string;
    readonly from: { readonly node: string; readonly output: string };
    readonly readers: readonly { readonly node: string; readonly input: string }[];
    readonly request: FrameRequest;
    readonly slots: number;
  }[];
}

export interface EngineListener {
  report(report: NodeReport): void;
  /** All workers are open: frames may flow. */
  opened(): void;
  /** A node failed. Called once; the engine is stopping already. */
  failed(error: ErrorRecord): void;
  /** Every node has ended and every worker is done. Called once. */
  done(): void;
}

type Job = Extract<ToWorker, { type: 'job' }>;

/** A worker and how far it is. */
interface Crew {
  readonly worker: Worker;
  readonly job: Job;
  readonly transfer: readonly MessagePort[];
  state: 'starting' | 'opening' | 'open' | 'done';
}

/** After this long without all workers open, the log says which are not: a large model, or something that hangs. */
const SLOW_OPEN_MS = 10_000;
/** The same for the end: before the process is killed from outside. */
const SLOW_STOP_MS = 3000;

export class Engine {
  readonly #graph: EngineGraph;
  readonly #options: RunOptions;
  readonly #kept: Readonly<Record<string, unknown>>;
  readonly #listener: EngineListener;
  readonly #crews: Crew[] = [];
  readonly #rings: RingDescription[] = [];
  readonly #sendCredits = new SharedArrayBuffer(4);
  #failed = false;
  #started = false;
  #done = false;
  #slow: ReturnType<typeof setTimeout> | undefined;
  #stopping = false;

  /** @param kept what each node saved by `keep` in an earlier run, by node id */
  constructor(
    graph: EngineGraph,
    options: RunOptions,
    kept: Readonly<Record<string, unknown>>,
    listener: EngineListener,
  ) {
    this.#graph = graph;
    this.#options = options;
    this.#kept = kept;
    this.#listener = listener;
  }

  start(): void {
    for (const { job, transfer } of this.#jobs()) {
      const worker = new Worker(new URL('./worker.ts', import.meta.url).href, { name: job.name });
      const crew: Crew = { worker, job, transfer, state: 'starting' };
      this.#crews.push(crew);
      worker.onmessage = (event: MessageEvent<FromWorker>) => this.#receive(crew, event.data);
      worker.onerror = (event: ErrorEvent) => {
        this.#fail(toRecord(event.error ?? event.message, { code: 'worker_failed' }));
      };
    }
    this.#slow = setTimeout(() => this.#reportSlow('open', SLOW_OPEN_MS), SLOW_OPEN_MS);
  }

  /** Asks the graph to come to its end; `done` follows. */
  stop(): void {
    if (this.#started) this.#broadcast({ type: 'stop' });
    else this.#finish();
    if (this.#done || this.#stopping) return;
    this.#stopping = true;
    this.#slow = setTimeout(() => this.#reportSlow('done', SLOW_STOP_MS), SLOW_STOP_MS);
  }

  /** Hands a request to the first node that answers it; a `reply` is reported. */
  request(request: NodeRequest): void {
    const node = this.#graph.nodes.find(({ requests }) => requests.includes(request.name))?.id;
    const crew =
      node === undefined ? undefined : this.#crews.find(({ job }) => job.nodes.some(({ id }) => id === node));
    if (node !== undefined && crew) crew.worker.postMessage({ ...request, node } satisfies ToWorker);
    else this.#listener.report({ type: 'reply', id: request.id, error: toRecord(unansweredRequest(request.name)) });
  }

  /** The parent has taken in this many published messages. */
  acknowledge(count: number): void {
    const words = new Int32Array(this.#sendCredits);
    Atomics.sub(words, 0, count);
    Atomics.notify(words, 0);
  }

  #receive(from: Crew, message: FromWorker): void {
    switch (message.type) {
      case 'hello':
        from.state = 'opening';
        from.worker.postMessage(from.job, [...from.transfer]);
        break;
      case 'opened':
        from.state = 'open';
        if (this.#crews.every(({ state }) => state === 'open')) this.#begin();
        break;
      case 'failed':
        this.#fail(message.error);
        break;
      case 'done':
        from.state = 'done';
        if (this.#crews.every(({ state }) => state === 'done')) this.#finish();
        break;
      default:
        this.#listener.report(message);
    }
  }

  #begin(): void {
    clearTimeout(this.#slow);
    if (this.#failed || this.#done) return;
    this.#started = true;
    this.#listener.opened();
    this.#broadcast({ type: 'start' });
  }

  #fail(error: ErrorRecord): void {
    if (this.#failed || this.#done) return;
    this.#failed = true;
    this.#listener.failed(error);
    this.stop();
  }

  #reportSlow(wanted: Crew['state'], afterMs: number): void {
    const waiting = this.#crews.filter(({ state }) => state !== wanted);
    const nodes = waiting.flatMap(({ job }) => job.nodes.map(({ id }) => id));
    const message = `not ${wanted} after ${afterMs / 1000} seconds`;
    this.#listener.report({ type: 'log', entry: { level: 'warn', node: null, message, fields: { nodes } } });
  }

  #finish(): void {
    clearTimeout(this.#slow);
    if (this.#done) return;
    this.#done = true;
    this.#listener.done();
  }

  #broadcast(message: ToWorker): void {
    for (const { worker } of this.#crews) worker.postMessage(message);
  }

  // ------------------------------------------------------------------------------------------------------- wiring

  #jobs(): { job: Job; transfer: MessagePort[] }[] {
    for (const { id, request, slots, readers } of this.#graph.rings) {
      this.#rings.push(createRing({ id, request, slots, readers: readers.length, pace: this.#graph.pace }));
    }
    const ports = this.#portJobs();
    return this.#graph.workers.map((worker) => {
      const own = ports.filter(({ node }) => worker.nodes.includes(node));
      const job: Job = {
        type: 'job',
        name: worker.name,
        nodes: this.#nodeJobs(worker.nodes),
        links: this.#localLinks(worker.nodes),
        rings: this.#ringJobs(worker.nodes),
        ports: own,
        sendCredits: this.#sendCredits,
        options: this.#options,
      };
      return { job, transfer: own.map(({ port }) => port) };
    });
  }

  #nodeJobs(ids: readonly string[]): NodeJob[] {
    return this.#graph.nodes
      .filter(({ id }) => ids.includes(id))
      .map(({ id, use, params, links }) => ({
        id,
        use,
        params,
        inputs: links.map(({ input }) => input),
        kept: this.#kept[id],
      }));
  }

  #localLinks(ids: readonly string[]): LocalLink[] {
    return this.#messageLinks()
      .filter(({ from, to }) => ids.includes(to.node) && ids.includes(from.node))
      .map(({ from, to }) => ({ from, to }));
  }

  #ringJobs(ids: readonly string[]): RingJob[] {
    return this.#graph.rings.flatMap((plan, index) => {
      const ring = this.#rings[index];
      const writer = ids.includes(plan.from.node) ? plan.from : null;
      const readers = plan.readers
        .map((reader, number) => ({ ...reader, reader: number }))
        .filter(({ node }) => ids.includes(node));
      return ring && (writer || readers.length > 0) ? [{ ring, writer, readers }] : [];
    });
  }

  /** One channel for each link that crosses from one worker to another. */
  #portJobs(): PortJob[] {
    const workerOf = (node: string) => this.#graph.workers.find(({ nodes }) => nodes.includes(node))?.name;
    return this.#messageLinks().flatMap(({ from, to }): PortJob[] => {
      if (workerOf(from.node) === workerOf(to.node)) return [];
      const { port1, port2 } = new MessageChannel();
      const credits = new SharedArrayBuffer(4);
      return [
        { port: port1, credits, direction: 'out', node: from.node, name: from.output },
        { port: port2, credits, direction: 'in', node: to.node, name: to.input },
      ];
    });
  }

  #messageLinks(): LocalLink[] {
    return this.#graph.nodes.flatMap(({ id, links }) =>
      links.filter(({ kind }) => kind !== 'frame').map(({ input, from }) => ({ from, to: { node: id, input } })),
    );
  }
}

export function unansweredRequest(name: string): WindhoverError {
  return new WindhoverError('unknown_request', `no node of this graph answers ${name}`);
}
