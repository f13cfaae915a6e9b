/** The graph of a session and its changes: one after the other, each of them whole or not at all. */
import type { Site } from '../../schemas/site.ts';
import type { Topics } from '../../schemas/topics.ts';
import { diffGraphs } from '../engine/diff.ts';
import type { EngineGraph } from '../engine/engine-graph.ts';
import type { HowChanged } from '../engine/graph-change.ts';
import { settle } from '../engine/placement.ts';
import { type ErrorRecord, fromRecord } from '../errors.ts';
import type { Metrics } from '../metrics.ts';
import type { FromChild } from './messages.ts';

type ChangeOutcome = Extract<FromChild, { type: 'changed' }>['outcome'];

/** A checked graph, ready to run as often as wanted. */
export interface SessionGraph {
  /** As the user named it. */
  readonly file: string;
  readonly camera: string;
  /** Where a browser plays the camera, if the graph says. */
  readonly viewUrl?: string | undefined;
  /** Where the camera stands, if the graph says. */
  readonly site?: Site | undefined;
  readonly engine: EngineGraph;
  /** All that its nodes may publish, and those of the wire contract. */
  readonly topics: Topics;
  /** Names of those that its nodes publish. */
  readonly published: readonly string[];
  /** What its nodes, and the runtime for them, declare for /metrics, by node id. */
  readonly metrics: ReadonlyMap<string, Metrics>;
  /** `file:line:column` of each node in the graph file, by node id; for messages. */
  readonly places?: ReadonlyMap<string, string>;
}

/** What a change of the graph took. */
export interface Changed {
  /** `live`: options were taken by running nodes. `workers`: some were started again. `process`: all of it was. */
  readonly how: 'nothing' | 'live' | 'workers' | 'process';
  /** Nodes that are new, gone, or not what they were. */
  readonly nodes: readonly string[];
  /** Workers that were started again. */
  readonly workers: readonly string[];
}

/** What a session does for a change of its graph. */
export interface ChangeSteps {
  /** True when the session is not to run any more. */
  isOver(): boolean;
  /** Has the process change its graph; `changed` is to follow. False: there is none whose nodes are open. */
  change(graph: EngineGraph): boolean;
  /** Ends the process in order and starts one with the current graph; `replaced` is to follow. */
  replace(): void;
  /** The current graph has taken the place of this one; these nodes, and the topics of nodes, are not in it. */
  took(before: SessionGraph, nodes: readonly string[], topics: readonly string[]): void;
}

export class GraphChanges {
  readonly #steps: ChangeSteps;
  #current: SessionGraph;
  /** Settles when no change is under way. */
  #queue: Promise<unknown> = Promise.resolve();
  #changed: ((outcome: ChangeOutcome) => void) | undefined;
  #replaced: ((error: ErrorRecord | undefined) => void) | undefined;

  constructor(graph: SessionGraph, steps: ChangeSteps) {
    this.#current = graph;
    this.#steps = steps;
  }

  /** What a process that starts now is to run. */
  get current(): SessionGraph {
    return this.#current;
  }

  /** @throws WindhoverError why the graph could not be opened; the one before goes on */
  change(graph: SessionGraph): Promise<Changed> {
    const changed = this.#queue.then(async () => {
      const before = this.#current;
      const how = await this.#change(graph);
      this.#tellLeft(before);
      return how;
    });
    this.#queue = changed.catch(() => undefined);
    return changed;
  }

  /** The next process is to run the same graph as it is planned now, unless it has changed. */
  async replan(plan: (graph: SessionGraph) => Promise<SessionGraph | undefined>): Promise<void> {
    const before = this.#current;
    const planned = await plan(before);
    if (planned && this.#current === before) this.#current = planned;
  }

  /** The process has answered a change. */
  changed(outcome: ChangeOutcome): void {
    this.#changed?.(outcome);
  }

  /** The new process is open; or, with an error, will not be: the graph before it is the current one again. */
  replaced(error: ErrorRecord | undefined): void {
    this.#replaced?.(error);
  }

  /** The process is gone, and with it what it was asked. */
  processGone(): void {
    this.changed({ error: { code: 'process_gone', message: 'the session process died over it', permanent: false } });
  }

  #tellLeft(before: SessionGraph): void {
    const { engine, published } = this.#current;
    const left = before.engine.nodes.filter(({ id, use }) => {
      return !engine.nodes.some((node) => node.id === id && node.use === use);
    });
    const topics = before.published.filter((name) => !published.includes(name));
    const nodes = left.map(({ id }) => id);
    if (nodes.length + topics.length > 0) this.#steps.took(before, nodes, topics);
  }

  async #change(planned: SessionGraph): Promise<Changed> {
    const graph = { ...planned, engine: settle(this.#current.engine, planned.engine) };
    const { nodes, start, whole } = diffGraphs(this.#current.engine, graph.engine);
    if (nodes.length + start.length === 0 || this.#steps.isOver()) {
      this.#current = graph;
      return { how: 'nothing', nodes, workers: [] };
    }
    const how = whole ? 'process' : await this.#inProcess(graph);
    if (how !== 'process') return { how, nodes, workers: start };
    await this.#replace(planned);
    return { how, nodes, workers: planned.engine.workers.map(({ name }) => name) };
  }

  async #inProcess(graph: SessionGraph): Promise<HowChanged> {
    const outcome = await new Promise<ChangeOutcome>((resolve) => {
      this.#changed = resolve;
      if (!this.#steps.change(graph.engine)) resolve('process');
    });
    this.#changed = undefined;
    if (typeof outcome === 'object') {
      const { error, workers = this.#current.engine.workers } = outcome;
      this.#current = { ...this.#current, engine: { ...this.#current.engine, workers } };
      throw fromRecord(error);
    }
    if (outcome === 'process') return outcome;
    this.#current = graph;
    return outcome;
  }

  async #replace(graph: SessionGraph): Promise<void> {
    const before = this.#current;
    this.#current = graph;
    const error = await new Promise<ErrorRecord | undefined>((resolve) => {
      this.#replaced = (refused) => {
        if (refused) this.#current = before;
        this.#replaced = undefined;
        resolve(refused);
      };
      this.#steps.replace();
    });
    if (error) throw fromRecord(error);
  }
}
