/**
 * Runs one planned graph: allocates its rings, starts its workers, wires them, and brings them down in order. Lives in
 * the session's own process; holds no native code itself.
 *
 *     start():  job → every worker   opened ← every worker   start → every worker
 *     change(): see graph-change.ts
 *     stop():   stop → every worker; producing nodes end, the end travels down the graph, done ← every worker
 */
import { type Clock, exactMomentOf } from '../clock.ts';
import { type ErrorRecord, toRecord, WindhoverError } from '../errors.ts';
import { sleep } from '../sleep.ts';
import { Crew } from './crew.ts';
import type { EngineGraph } from './engine-graph.ts';
import { type ChangeHost, changeGraph, type HowChanged, startAgain } from './graph-change.ts';
import { HangWatch, hangError } from './hang-watch.ts';
import {
  type Handover,
  NOTHING_HANDED,
  type NodeJob,
  type NodeReport,
  type NodeRequest,
  type RunOptions,
  unanswered,
} from './messages.ts';
import { Tracer } from './tracer.ts';
import { Wires } from './wiring.ts';
import { WorkerBackoffs } from './worker-backoffs.ts';

export interface EngineListener {
  report(report: NodeReport): void;
  /** All workers are open: frames may flow. */
  opened(): void;
  /** A node failed. Called once; the engine is stopping already. */
  failed(error: ErrorRecord): void;
  /** Every node has ended and every worker is done. Called once. */
  done(): void;
}

/** For all nodes to end once they are asked to; the process would be killed from outside soon after. */
const STOP_WITHIN_S = 3.5;
/** For the thread of a worker to end once it is terminated: only native code takes longer. */
const TERMINATED_WITHIN_MS = 2000;

export class Engine {
  readonly #options: RunOptions;
  /** What each node saved by `keep`, by node id. */
  readonly #kept: Map<string, unknown>;
  readonly #clock: Clock;
  readonly #listener: EngineListener;
  readonly #watch: HangWatch;
  readonly #tracer: Tracer | undefined;
  /** All workers, also those of a graph that is not at work yet. */
  readonly #spawned = new Set<Crew>();
  readonly #backoffs: WorkerBackoffs;
  readonly #stopped = new AbortController();
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
  #late: ReturnType<typeof setTimeout> | undefined;
  /** Settles when no worker is being started again. */
  #mended: Promise<void> = Promise.resolve();
  /** The graph can't come to its end by itself: it was stopped for another one, or lacks a worker. */
  #spent = false;

  /** @param kept what each node saved by `keep` in an earlier run, by node id */
  constructor(
    graph: EngineGraph,
    options: RunOptions,
    kept: ReadonlyMap<string, unknown>,
    clock: Clock,
    listener: EngineListener,
  ) {
    this.#wires = new Wires(graph);
    this.#options = options;
    this.#kept = new Map(kept);
    this.#clock = clock;
    this.#backoffs = new WorkerBackoffs(clock);
    this.#listener = listener;
    const { traces: rate, pace } = options;
    const report = (report: NodeReport) => listener.report(report);
    const times = (frame: number) => this.#alive().flatMap((crew) => crew.times(frame));
    if (rate) this.#tracer = new Tracer({ rate, pace, clock, times, report });
    this.#watch = new HangWatch({
      crews: () => this.#alive(),
      node: (id) => this.#wires.graph.nodes.find((node) => node.id === id),
      report,
      hangs: (crew, error) => this.#lose(crew, error),
    });
  }

  start(): void {
    const { graph } = this.#wires;
    this.#crews = graph.workers.map(({ name, nodes }) => this.#spawn(name, nodes));
    const opened = this.#crews.map((crew) => this.#open(crew, graph, NOTHING_HANDED));
    void Promise.all(opened)
      .then(() => this.#begin())
      .catch((error: unknown) => this.#fail(toRecord(error)));
  }

  /** In which workers the nodes of the running graph are. */
  get workers(): EngineGraph['workers'] {
    return this.#wires.graph.workers;
  }

  /** Asks the graph to end; `done` follows. */
  stop(): void {
    if (!this.#stopping) this.#late = setTimeout(() => this.#stopLate(), STOP_WITHIN_S * 1000);
    this.#stopping = true;
    this.#stopped.abort();
    if (!this.#started || (this.#changing && this.#failed)) this.#finish();
    else if (this.#spent) void Promise.all(this.#crews.map((crew) => crew.end())).then(() => this.#finish());
    // A change comes to its end first.
    else if (!this.#changing) for (const crew of this.#crews) crew.send({ type: 'stop' });
  }

  /**
   * Turns the running graph into another one. One change at a time.
   * @returns what it took; `process`: a new process has to run it, and this engine is good for nothing but `stop`
   * @throws WindhoverError why it was refused; the previous graph keeps running
   */
  async change(graph: EngineGraph): Promise<HowChanged> {
    await this.#mended;
    if (!this.#started || this.#stopping) throw new WindhoverError('session_ending', 'the session is ending');
    this.#changing = true;
    try {
      const now = { wires: this.#wires, crews: this.#crews };
      const { how, running, refused } = await changeGraph(now, graph, this.#changeHost());
      this.#wires = running.wires;
      this.#crews = running.crews;
      this.#spent = how === 'process';
      if (refused !== undefined) throw refused;
      return how;
    } finally {
      this.#changed();
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
    else this.#listener.report({ type: 'reply', id: request.id, ...unanswered(request.name) });
  }

  /** The parent has taken in this many published messages. */
  acknowledge(count: number): void {
    const words = new Int32Array(this.#sendCredits);
    Atomics.sub(words, 0, count);
    Atomics.notify(words, 0);
  }

  #changeHost(): ChangeHost {
    return {
      spawn: (name, nodes) => this.#spawn(name, nodes),
      open: (crew, of, handover) => this.#open(crew, of, handover),
      fail: (error) => this.#fail(toRecord(error)),
    };
  }

  /** What came while the graph was changing is done now. */
  #changed(): void {
    this.#changing = false;
    for (const request of this.#heldRequests.splice(0)) this.request(request);
    if (this.#stopping) this.stop();
    this.#workerDone();
  }

  #spawn(name: string, nodes: readonly string[]): Crew {
    const crew: Crew = new Crew(name, nodes, this.#tracer !== undefined, {
      report: (report) => {
        if (report.type === 'keep') this.#kept.set(report.node, report.state);
        this.#listener.report(this.#tracer?.passes(report) ?? report);
      },
      failed: (error) => this.#fail(error),
      exited: (error) => this.#lose(crew, error),
      done: () => this.#workerDone(),
    });
    this.#spawned.add(crew);
    return crew;
  }

  #alive(): Crew[] {
    for (const crew of this.#spawned) if (crew.state === 'done') this.#spawned.delete(crew);
    return [...this.#spawned];
  }

  /** A worker hangs or is gone. @param error names the node that is to blame */
  #lose(crew: Crew, error: ErrorRecord): void {
    if (crew.state === 'open') {
      this.#mended = this.#mend(crew, error);
      return;
    }
    crew.fail(error);
    crew.terminate();
  }

  /** Starts a lost worker again where nothing else is lost with it; else the graph fails. */
  async #mend(crew: Crew, error: ErrorRecord): Promise<void> {
    const { nodes, pace } = this.#wires.graph;
    const mine = nodes.filter(({ id }) => crew.nodes.includes(id));
    const isAlone = pace === 'realtime' && mine.every(({ stateless }) => stateless);
    crew.terminate();
    const canStart = () => isAlone && !this.#changing && !this.#stopping;
    const isGone = canStart() && (await Promise.race([crew.gone.then(() => true), Bun.sleep(TERMINATED_WITHIN_MS)]));
    if (isGone !== true || !canStart()) {
      this.#spent = true;
      return this.#fail(error);
    }
    this.#changing = true;
    Atomics.sub(new Int32Array(this.#inHand), 0, crew.pulses.inHand);
    const { node = crew.name, code, message } = error;
    this.#listener.report({ type: 'fault', node, fault: { code, message } });
    try {
      await sleep(this.#backoffs.next(crew.name), this.#stopped.signal);
      if (this.#stopping) {
        this.#spent = true;
        return;
      }
      const running = await startAgain({ wires: this.#wires, crews: this.#crews }, crew.name, this.#changeHost());
      this.#wires = running.wires;
      this.#crews = running.crews;
      this.#listener.report({ type: 'fault', node, fault: null });
    } catch (failure) {
      this.#fail(toRecord(failure));
    } finally {
      this.#changed();
    }
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
      now: exactMomentOf(this.#clock),
    }));
  }

  #nodeJob({ id, use, params, links }: EngineGraph['nodes'][number], { states, stats }: Handover): NodeJob {
    const inputs = links.map(({ input }) => input);
    return { id, use, params, inputs, kept: states.get(id) ?? this.#kept.get(id), stats: stats.get(id) };
  }

  #begin(): void {
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

  #stopLate(): void {
    for (const crew of this.#crews) {
      const late = crew.state === 'done' ? undefined : crew.stuckFor(() => 0);
      if (!late) continue;
      const error = hangError(late.node, late.phase, STOP_WITHIN_S);
      const entry = { level: 'error', node: late.node, message: error.message, fields: { code: error.code } } as const;
      if (this.#failed) this.#listener.report({ type: 'log', entry });
      else this.#fail(error);
    }
    this.#finish();
  }

  #workerDone(): void {
    if (!this.#changing && !this.#spent && this.#crews.every(({ state }) => state === 'done')) this.#finish();
  }

  #finish(): void {
    clearTimeout(this.#late);
    this.#watch.close();
    if (this.#done) return;
    this.#done = true;
    this.#listener.done();
  }
}
