/**
 * One node at work: opens it, calls its handlers one at a time, ends it and closes it. The same class runs in the
 * session's workers and in the tests' node runner; only the services differ.
 */
import type { Topics } from '../../schemas/topics.ts';
import type { Clock } from '../clock.ts';
import { toRecord } from '../errors.ts';
import type {
  AnyNode,
  BoardTopic,
  Logger,
  NodeContext,
  NodeHandlers,
  NodeStore,
  Outputs,
  PrepareContext,
} from '../node.ts';
import { type RetryOptions, retry } from '../retry.ts';
import { TurnBudget } from '../sleep.ts';
import { answerRequest } from './answer.ts';
import { type Board, Inbox } from './board.ts';
import { checkHandlers, declaredTopic } from './contract-checks.ts';
import { FrameJoiner, type Joined } from './frame-joiner.ts';
import { HandlerQueue } from './handler-queue.ts';
import type { BoardMessage, NodeJob } from './messages.ts';
import { type PublicationServices, Publications } from './publications.ts';
import { deliverAll, type Receiver, type Sink } from './sinks.ts';

/** What a node's surroundings do for it. */
export interface NodeServices {
  readonly graph: NodeContext<unknown, Outputs>['graph'];
  readonly sessionId: string;
  readonly clock: Clock;
  readonly recording: boolean;
  readonly prepare: PrepareContext;
  readonly board: Board;
  logger(node: string): Logger;
  store(node: string): NodeStore;
  readonly publish: PublicationServices['publish'];
  fault(node: string, fault: { code: string; message: string } | null): void;
  keep(node: string, state: unknown): void;
  /** The node threw: nothing more is delivered to it. */
  failed(node: string, error: unknown): void;
}

export class RunningNode implements Receiver {
  readonly id: string;
  readonly contract: AnyNode;
  /** Where each output's values go, in graph order; filled in before `open`. */
  readonly sinks = new Map<string, Sink[]>();
  /** Counters and gauges by name. */
  readonly stats: Record<string, number | string>;
  /** Resolves when the node has nothing more to do: all inputs and its own `run` have ended. */
  readonly ended: Promise<void>;
  /** True when one of its inputs, or its own `run`, has ended. */
  isEnding = false;

  readonly #job: NodeJob;
  readonly #services: NodeServices;
  readonly #abort = new AbortController();
  readonly #queue = new HandlerQueue((error) => this.#fail(error));
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  readonly #inbox = new Inbox();
  readonly #joiner: FrameJoiner | undefined;
  readonly #budget = new TurnBudget();
  #newsDue = false;
  #running: Promise<void> = Promise.resolve();
  #paused = false;
  #handlers: NodeHandlers<Record<string, unknown>> = {};
  #resolveEnded: () => void = () => undefined;
  #openEnds: number;
  #open = false;
  #failed = false;
  #closed = false;

  constructor(job: NodeJob, contract: AnyNode, services: NodeServices) {
    this.id = job.id;
    this.contract = contract;
    this.#job = job;
    this.#services = services;
    this.stats = { ...job.stats };
    this.#openEnds = job.inputs.length;
    const optional = (name: string) => contract.inputs[name]?.optional === true;
    if (contract.join) this.#joiner = new FrameJoiner(job.inputs.map((name) => ({ name, optional: optional(name) })));
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    for (const output of Object.keys(contract.outputs)) this.sinks.set(output, []);
    services.board.join(this.id, (message) => this.#hear(message));
  }

  /** @throws whatever the node's own `open` throws */
  async open(): Promise<void> {
    this.#handlers = await this.contract.open(this.#context());
    this.#open = true;
    if (!this.#inbox.isEmpty) this.#readNews();
    if (this.#handlers.run) this.#openEnds += 1;
    try {
      checkHandlers(this.id, this.contract, this.#handlers, this.#job.inputs.length);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Starts the node's own `run`, if it has one. */
  start(): void {
    const { run } = this.#handlers;
    if (!run) return;
    this.#running = this.#run(run);
    void this.#running.then(() => (this.#paused ? undefined : this.inputEnded()));
  }

  /** Has a producing node produce no more, without an end. Resolves when it does not. */
  async pause(): Promise<void> {
    this.#paused = true;
    this.#abort.abort();
    await this.#running;
  }

  /** Resolves when what the node has been given so far is handled. */
  idle(): Promise<void> {
    return this.#queue.result(() => undefined);
  }

  /** Gives the node other values of its live options. @throws what the node throws: it has not taken them */
  async update(params: Record<string, unknown>): Promise<void> {
    await this.#queue.result(() => this.#handlers.update?.(params as never));
  }

  /** The last handler: hands over to a successor, or ends without one. @returns what the successor gets as `kept` */
  leave(goesOn: boolean): Promise<unknown> {
    return this.#queue.result(() => (goesOn ? this.#handlers.handover?.() : this.#handlers.end?.()));
  }

  /** Asks a producing node to end. */
  stop(): void {
    this.#abort.abort();
  }

  deliver(input: string, value: unknown): void | Promise<void> {
    if (this.#joiner) return this.#join((joiner) => joiner.put(input, value));
    const handler = this.#handlers.on?.[input];
    if (handler) return this.#queue.enter(() => handler(value as never));
  }

  /** Has the node answer a request, in turn with its other handlers. @throws what the node throws, or WindhoverError */
  request(name: string, params: unknown): Promise<unknown> {
    const { id, contract } = this;
    const { requests } = this.#handlers;
    return answerRequest({ id, contract, requests, queue: this.#queue }, name, params);
  }

  /** One of the inputs (or the node's own run) has ended; after the last one the outputs end too. */
  async inputEnded(input?: string): Promise<void> {
    this.isEnding = true;
    if (input !== undefined) await this.#join((joiner) => joiner.end(input));
    this.#openEnds -= 1;
    if (this.#openEnds === 0) await this.#end();
  }

  gauge(name: string, value: number | string): void {
    this.stats[name] = value;
  }

  count(name: string, by = 1): void {
    const before = this.stats[name];
    this.stats[name] = (typeof before === 'number' ? before : 0) + by;
  }

  /** Frees what the node holds, once. An error in here is logged; it has nowhere to go. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.close();
    for (const timer of this.#timers) clearInterval(timer);
    try {
      await this.#handlers.close?.();
    } catch (error) {
      this.#services.logger(this.id).error('closing failed', { error: String(error) });
    }
  }

  async #run(run: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await run(this.#abort.signal);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #end(): Promise<void> {
    await this.#queue.enter(() => this.#handlers.end?.());
    for (const timer of this.#timers) clearInterval(timer);
    for (const sinks of this.sinks.values()) for (const sink of sinks) await sink.end();
    this.#resolveEnded();
  }

  #hear(message: BoardMessage): void {
    if (this.#closed) return;
    const lost = this.#inbox.put(message);
    if (lost > 0) this.count('dropped_news', lost);
    if (this.#open && !this.#inbox.isEmpty) this.#readNews();
  }

  /** Not in the time of the node that posts: its handler comes to its end first. */
  #readNews(): void {
    if (this.#newsDue) return;
    this.#newsDue = true;
    queueMicrotask(() => {
      void this.#queue.enter(() => {
        this.#newsDue = false;
        return this.#inbox.read();
      });
    });
  }

  /** Hands on the frames that a step of the joiner has completed. All are queued at once, so that they stay in order. */
  async #join(step: (joiner: FrameJoiner) => Joined[]): Promise<void> {
    if (!this.#joiner) return;
    try {
      const lostBefore = this.#joiner.lost;
      const frames = step(this.#joiner);
      if (this.#joiner.lost > lostBefore) this.count('unjoined', this.#joiner.lost - lostBefore);
      await Promise.all(frames.map((values) => this.#queue.enter(() => this.#handlers.joined?.(values as never))));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A `run` loop that never waits would starve its worker: now and then its `emit` waits for a turn of the event loop. */
  #spend(work: void | Promise<void>): void | Promise<void> {
    if (!this.#handlers.run) return work;
    return work instanceof Promise ? work.then(() => this.#budget.spend()) : this.#budget.spend();
  }

  #retry<T>(what: string, { signal, attempt }: Pick<RetryOptions<T>, 'signal' | 'attempt'>): Promise<T | undefined> {
    const { fault } = this.#services;
    return retry({
      signal,
      attempt: (connected) =>
        attempt(() => {
          connected();
          fault(this.id, null);
        }),
      failed: (error) => {
        const { code, message } = toRecord(error, { code: 'node_failed' });
        fault(this.id, { code, message: `${what}: ${message}` });
        this.count('reconnects');
        return undefined;
      },
    });
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#queue.close();
    this.#services.failed(this.id, error);
  }

  #context(): NodeContext<Record<string, unknown>, Outputs, Topics> {
    const services = this.#services;
    const emit: Record<string, (value: unknown) => void | Promise<void>> = {};
    for (const [output, sinks] of this.sinks) emit[output] = (value) => this.#spend(deliverAll(sinks, value));
    const log = services.logger(this.id);
    const { publish } = services;
    const declared = (use: 'posts' | 'watches', topic: BoardTopic) => declaredTopic(this.id, this.contract, use, topic);
    const out = new Publications(this.contract.topics ?? {}, { log, count: (name) => this.count(name), publish });
    return {
      id: this.id,
      graph: services.graph,
      params: this.#job.params,
      sessionId: services.sessionId,
      clock: services.clock,
      log,
      emit,
      connected: (input) => this.#job.inputs.includes(input),
      count: (name, by) => this.count(name, by),
      gauge: (name, value) => this.gauge(name, value),
      fault: (fault) => services.fault(this.id, fault),
      retry: (what, signal, attempt) => this.#retry(what, { signal, attempt }),
      kept: this.#job.kept,
      keep: (state) => services.keep(this.id, state),
      store: services.store(this.id),
      publish: (topic, message, options = {}) => out.publish(topic, message, options),
      recording: services.recording,
      every: (ms, tick) => {
        // A tick that finds the node at work is left out: ticks look at the state, they carry nothing.
        const timer = setInterval(() => {
          if (this.#open && !this.#queue.isBusy) void this.#queue.enter(tick);
        }, ms);
        this.#timers.push(timer);
      },
      board: {
        post: (topic, value) => services.board.post(this.id, declared('posts', topic).name, value),
        watch: (topic, listener) => this.#inbox.watch(declared('watches', topic), listener),
      },
      prepare: services.prepare,
    };
  }
}
