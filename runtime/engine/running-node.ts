/**
 * One node at work: opens it, calls its handlers one at a time, ends it and closes it. The same class runs in the
 * session's workers and in the tests' node runner; only the services differ.
 */

import { isModulePath } from '../graph/modules.ts';
import type { AnyNode, NodeHandlers } from '../node.ts';
import { NODE_METRICS } from '../node-metrics.ts';
import { answerRequest } from './answer.ts';
import { Inbox } from './board.ts';
import { checkHandlers } from './contract-checks.ts';
import { FrameJoiner, type Joined } from './frame-joiner.ts';
import type { FrameNotes } from './frame-times.ts';
import { HandlerQueue } from './handler-queue.ts';
import { LinkCheck } from './link-check.ts';
import type { BoardMessage, NodeJob, NodeMeasures } from './messages.ts';
import { type NodeServices, nodeContext } from './node-context.ts';
import { NodeFigures, type Stats } from './node-figures.ts';
import { createPulses, Pulse } from './pulse.ts';
import type { Receiver, Sink } from './sinks.ts';

export class RunningNode implements Receiver {
  readonly id: string;
  readonly contract: AnyNode;
  /** Where each output's values go, in graph order; filled in before `open`. */
  readonly sinks = new Map<string, Sink[]>();
  readonly #figures: NodeFigures;
  readonly #ended = Promise.withResolvers<void>();
  /** Resolves when the node has nothing more to do: all inputs and its own `run` have ended, or it has left. */
  readonly ended = this.#ended.promise;
  /** True when one of its inputs, or its own `run`, has ended. */
  isEnding = false;

  readonly #job: NodeJob;
  readonly #services: NodeServices;
  readonly #abort = new AbortController();
  readonly #pulse: Pulse;
  /** Undefined: no frame is traced. */
  readonly #notes: FrameNotes | undefined;
  readonly #queue: HandlerQueue;
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  readonly #inbox = new Inbox();
  readonly #joiner: FrameJoiner | undefined;
  /** Of the values of a node that is not built in. */
  readonly #check: LinkCheck | undefined;
  #newsDue = false;
  #running: Promise<void> = Promise.resolve();
  #paused = false;
  #handlers: NodeHandlers<Record<string, unknown>> = {};
  #openEnds: number;
  #open = false;
  #failed = false;
  #closed = false;
  /** Of the time of the handler at work. */
  #asideMs = 0;

  constructor(job: NodeJob, contract: AnyNode, services: NodeServices, pulse = new Pulse(createPulses(1), 0)) {
    this.id = job.id;
    this.#notes = services.notes?.(job.id);
    this.#pulse = pulse;
    this.#queue = new HandlerQueue((error) => this.#fail(error), pulse);
    this.contract = contract;
    [this.#job, this.#services] = [job, services];
    this.#figures = new NodeFigures({ ...NODE_METRICS, ...contract.metrics }, job.stats, (error) => this.#fail(error));
    this.#openEnds = job.inputs.length;
    if (isModulePath(job.use)) this.#check = new LinkCheck(job.id, contract.outputs);
    const optional = (name: string) => contract.inputs[name]?.optional === true;
    if (contract.join) this.#joiner = new FrameJoiner(job.inputs.map((name) => ({ name, optional: optional(name) })));
    for (const output of Object.keys(contract.outputs)) this.sinks.set(output, []);
    services.board.join(this.id, (message) => this.#hear(message));
  }

  /** @throws whatever the node's own `open` throws */
  async open(): Promise<void> {
    this.#pulse.enter('open');
    this.#handlers = await this.contract.open(
      nodeContext(this.#job, this.contract, this.#services, {
        sinks: this.sinks,
        inbox: this.#inbox,
        check: this.#check,
        notes: this.#notes,
        failed: (error) => this.#fail(error),
        produces: () => this.#handlers.run !== undefined,
        count: (name, by) => this.count(name, by),
        gauge: (name, value) => this.#figures.gauge(name, value),
        observe: (name, value) => this.#figures.observe(name, value),
        every: (ms, tick) => this.#every(ms, tick),
        aside: (work) => this.#aside(work),
      }),
    );
    this.#pulse.leave();
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

  /** It is closed, and nothing of it is waited for. */
  gone(): void {
    this.#ended.resolve();
  }

  /** Asks a producing node to end. */
  stop(): void {
    this.#abort.abort();
  }

  deliver(input: string, value: unknown): void | Promise<void> {
    this.#hold(1);
    const work = this.#take(input, value);
    if (work instanceof Promise) return work.finally(() => this.#hold(-1));
    this.#hold(-1);
  }

  #hold(by: 1 | -1): void {
    Atomics.add(this.#services.inHand, 0, by);
    this.#pulse.hold(by);
  }

  #take(input: string, value: unknown): void | Promise<void> {
    this.#check?.received(value);
    if (this.#joiner) return this.#join((joiner) => joiner.put(input, value));
    const handler = this.#handlers.on?.[input];
    if (handler) return this.#queue.enter(() => this.#timed(value, () => handler(value as never)));
  }

  /** Measures how long the node works on a value: the time until its handler is done, but for what is not its own. */
  #timed(value: unknown, work: () => void | Promise<void>): void | Promise<void> {
    const beganMs = this.#services.clock.monoMs();
    this.#asideMs = 0;
    this.#notes?.begins(value, beganMs);
    const done = () => {
      const ms = Math.max(0, this.#services.clock.monoMs() - beganMs - this.#asideMs);
      this.#figures.observe('handling_ms' satisfies keyof typeof NODE_METRICS, ms);
      this.#notes?.ends(ms);
    };
    const working = work();
    if (working instanceof Promise) return working.then(done);
    done();
  }

  /** Does what is not the node's own work, and takes its time off. */
  #aside<T>(work: () => T): T {
    const beganMs = this.#services.clock.monoMs();
    const back = () => {
      this.#asideMs += this.#services.clock.monoMs() - beganMs;
    };
    const result = this.#pulse.aside(work);
    if (result instanceof Promise) void result.then(back, back);
    else back();
    return result;
  }

  /** Has the node answer a request, in turn with its other handlers. @throws what the node throws, or WindhoverError */
  request(name: string, params: unknown): Promise<unknown> {
    const { id, contract } = this;
    return answerRequest({ id, contract, requests: this.#handlers.requests, queue: this.#queue }, name, params);
  }

  /** One of the inputs (or the node's own run) has ended; after the last one the outputs end too. */
  async inputEnded(input?: string): Promise<void> {
    this.isEnding = true;
    if (input !== undefined) await this.#join((joiner) => joiner.end(input));
    this.#openEnds -= 1;
    if (this.#openEnds === 0) await this.#end();
  }

  count(name: string, by = 1): void {
    this.#figures.count(name, by);
  }

  /** Counters and gauges by name. */
  get stats(): Readonly<Stats> {
    return this.#figures.stats;
  }

  /** What has no place among them. */
  measures(): NodeMeasures {
    return { histograms: this.#figures.histograms(), waiting: this.#queue.waiting };
  }

  /** Frees what the node holds, once. An error in here is logged; it has nowhere to go. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.close();
    for (const timer of this.#timers) clearInterval(timer);
    this.#pulse.enter('close');
    try {
      await this.#handlers.close?.();
    } catch (error) {
      this.#services.logger(this.id).error('closing failed', { error: String(error) });
    }
    this.#pulse.leave();
  }

  async #run(run: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#pulse.runs(true);
    try {
      await run(this.#abort.signal);
    } catch (error) {
      this.#fail(error);
    }
    this.#pulse.runs(false);
  }

  async #end(): Promise<void> {
    await this.#queue.enter(() => this.#handlers.end?.());
    for (const timer of this.#timers) clearInterval(timer);
    for (const sinks of this.sinks.values()) for (const sink of sinks) await sink.end();
    this.#ended.resolve();
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
  #join(step: (joiner: FrameJoiner) => Joined[]): void | Promise<void> {
    if (!this.#joiner) return;
    try {
      const lostBefore = this.#joiner.lost;
      const frames = step(this.#joiner);
      if (this.#joiner.lost > lostBefore) this.count('unjoined', this.#joiner.lost - lostBefore);
      const first = this.#job.inputs[0] ?? '';
      const work = frames.map((values) =>
        this.#queue.enter(() => this.#timed(values[first], () => this.#handlers.joined?.(values as never))),
      );
      return work.length === 1 ? work[0] : Promise.all(work).then(() => undefined);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#queue.close();
    this.#services.failed(this.id, error);
  }

  /** A tick that finds the node at work is left out: ticks look at the state, they carry nothing. */
  #every(ms: number, tick: () => void | Promise<void>): void {
    const timer = setInterval(() => {
      if (this.#open && !this.#queue.isBusy) void this.#queue.enter(tick);
    }, ms);
    this.#timers.push(timer);
  }
}
