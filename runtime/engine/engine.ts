/**
 * Runs one planned graph: allocates its rings, starts its workers, wires them, and brings them down in order. Lives in
 * the session's own process; holds no native code itself.
 *
 *     start():  job → every worker   opened ← every worker   start → every worker
 *     change(): see graph-change.ts
 *     stop():   stop → every worker; producing nodes end, the end travels down the graph, done ← every worker
 */
import { type Clock, momentOf } from '../clock.ts';
import { type ErrorRecord, toRecord, WindhoverError } from '../errors.ts';
import { Crew } from './crew.ts';
import type { EngineGraph } from './engine-graph.ts';
import { changeGraph, type HowChanged } from './graph-change.ts';
import type { Handover, NodeJob, NodeReport, NodeRequest, RunOptions } from './messages.ts';
import { Wires } from './wiring.ts';

export interface EngineListener {
  report(report: NodeReport): void;
  /** All workers are open: frames may flow. */
  opened(): void;
  /** A node failed. Called once; the engine is stopping already. */
  failed(error: ErrorRecord): void;
  /** Every node has ended and every worker is done. Called once. */
  done(): void;
}

/** If not all workers are open after this time, the log names the missing ones. */
const SLOW_OPEN_MS = 10_000;
/** The same for the end: before the process is killed from outside. */
const SLOW_STOP_MS = 3000;
const NOTHING_HANDED: Handover = { states: {}, stats: {} };

export class Engine {
  readonly #options: RunOptions;
  /** What each node saved by `keep`, by node id. */
  readonly #kept: Record<string, unknown>;
  readonly #clock: Clock;
  readonly #listener: EngineListener;
  readonly #sendCredits = new SharedArrayBuffer(4);
  readonly #inHand = new SharedArrayBuffer(4);
  /** Requests that came while the graph was changing. */
  readonly #heldRequests: NodeRequest[] = [];
  #wires: Wires;
  #crews: readonly Crew[] = [];
  #changing = false;
  #stopping = false;
  #failed = false;
  #started = false;
  #done = false;
  #slow: ReturnType<typeof setTimeout> | undefined;
  /** Its graph has been stopped for one that only another process can run. */
  #spent = false;

  /** @param kept what each node saved by `keep` in an earlier run, by node id */
  constructor(
    graph: EngineGraph,
    options: RunOptions,
    kept: Readonly<Record<string, unknown>>,
    clock: Clock,
    listener: EngineListener,
  ) {
    this.#wires = new Wires(graph);
    this.#options = options;
    this.#kept = { ...kept };
    this.#clock = clock;
    this.#listener = listener;
  }

  start(): void {
    const { graph } = this.#wires;
    this.#crews = graph.workers.map(({ name, nodes }) => this.#spawn(name, nodes));
    this.#slow = setTimeout(() => this.#reportSlow('open', SLOW_OPEN_MS), SLOW_OPEN_MS);
    const opened = this.#crews.map((crew) => this.#open(crew, graph, NOTHING_HANDED));
    void Promise.all(opened)
      .then(() => this.#begin())
      .catch((error: unknown) => this.#fail(toRecord(error)));
  }

  /** Asks the graph to end; `done` follows. */
  stop(): void {
    if (!this.#stopping) {
      clearTimeout(this.#slow);
      this.#slow = setTimeout(() => this.#reportSlow('done', SLOW_STOP_MS), SLOW_STOP_MS);
    }
    this.#stopping = true;
    if (!this.#started || (this.#changing && this.#failed)) this.#finish();
    else if (this.#spent) void Promise.all(this.#crews.map((crew) => crew.discard())).then(() => this.#finish());
    // A change comes to its end first.
    else if (!this.#changing) for (const crew of this.#crews) crew.send({ type: 'stop' });
  }

  /**
   * Turns the running graph into another one. One change at a time.
   * @returns what it took; `process`: a new process has to run it, and this engine is good for nothing but `stop`
   * @throws WindhoverError why it was refused; the previous graph keeps running
   */
  async change(graph: EngineGraph): Promise<HowChanged> {
    if (!this.#started || this.#stopping) throw new WindhoverError('session_ending', 'the session is ending');
    this.#changing = true;
    try {
      const now = { wires: this.#wires, crews: this.#crews };
      const { how, running, refused } = await changeGraph(now, graph, {
        spawn: (name, nodes) => this.#spawn(name, nodes),
        open: (crew, of, handover) => this.#open(crew, of, handover),
        fail: (error) => this.#fail(toRecord(error)),
      });
      this.#wires = running.wires;
      this.#crews = running.crews;
      this.#spent = how === 'process';
      if (refused !== undefined) throw refused;
      return how;
    } finally {
      this.#changing = false;
      for (const request of this.#heldRequests.splice(0)) this.request(request);
      if (this.#stopping) this.stop();
      this.#workerDone();
    }
  }

  /** Hands a request to the first node that answers it; a `reply` is reported. */
  request(request: NodeRequest): void {
    if (this.#changing) {
      this.#heldRequests.push(request);
      return;
    }
    const node = this.#wires.graph.nodes.find(({ requests }) => requests.includes(request.name))?.id;
    const crew = node === undefined ? undefined : this.#crews.find(({ nodes }) => nodes.includes(node));
    if (node !== undefined && crew) crew.send({ ...request, node });
    else this.#listener.report({ type: 'reply', id: request.id, error: toRecord(unansweredRequest(request.name)) });
  }

  /** The parent has taken in this many published messages. */
  acknowledge(count: number): void {
    const words = new Int32Array(this.#sendCredits);
    Atomics.sub(words, 0, count);
    Atomics.notify(words, 0);
  }

  #spawn(name: string, nodes: readonly string[]): Crew {
    return new Crew(name, nodes, {
      report: (report) => {
        if (report.type === 'keep') this.#kept[report.node] = report.state;
        this.#listener.report(report);
      },
      failed: (error) => this.#fail(error),
      done: () => this.#workerDone(),
    });
  }

  #open(crew: Crew, graph: EngineGraph, handover: Handover): Promise<void> {
    const nodes = graph.nodes.filter(({ id }) => crew.nodes.includes(id));
    return crew.open(() => ({
      type: 'job',
      name: crew.name,
      nodes: nodes.map((node) => this.#nodeJob(node, handover)),
      sendCredits: this.#sendCredits,
      inHand: this.#inHand,
      options: this.#options,
      now: momentOf(this.#clock),
    }));
  }

  #nodeJob({ id, use, params, links }: EngineGraph['nodes'][number], { states, stats }: Handover): NodeJob {
    const inputs = links.map(({ input }) => input);
    return { id, use, params, inputs, kept: own(states, id) ?? own(this.#kept, id), stats: own(stats, id) };
  }

  #begin(): void {
    clearTimeout(this.#slow);
    if (this.#failed || this.#done) return;
    this.#started = true;
    this.#listener.opened();
    for (const crew of this.#crews) crew.start(this.#wires.of(crew.name));
  }

  #fail(error: ErrorRecord): void {
    if (this.#failed || this.#done) return;
    this.#failed = true;
    this.#listener.failed(error);
    this.stop();
  }

  #reportSlow(wanted: Crew['state'], afterMs: number): void {
    const waiting = this.#crews.filter(({ state }) => state !== wanted);
    const nodes = waiting.flatMap((crew) => crew.nodes);
    const message = `not ${wanted} after ${afterMs / 1000} seconds`;
    this.#listener.report({ type: 'log', entry: { level: 'warn', node: null, message, fields: { nodes } } });
  }

  #workerDone(): void {
    if (!this.#changing && !this.#spent && this.#crews.every(({ state }) => state === 'done')) this.#finish();
  }

  #finish(): void {
    clearTimeout(this.#slow);
    if (this.#done) return;
    this.#done = true;
    this.#listener.done();
  }
}

export function unansweredRequest(name: string): WindhoverError {
  return new WindhoverError('unknown_request', `no node of this graph answers ${name}`);
}

/** A node may be called `constructor`: what every object inherits does not count. */
function own<T>(record: Readonly<Record<string, T>>, id: string): T | undefined {
  return Object.hasOwn(record, id) ? record[id] : undefined;
}
