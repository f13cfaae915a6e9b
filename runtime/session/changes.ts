/** The graph of a session and its changes: one after the other, each of them whole or not at all. */

import type { Topics } from '../../schemas/topics.ts';
import { diffGraphs } from '../engine/diff.ts';
import type { EngineGraph } from '../engine/engine.ts';
import { type ErrorRecord, fromRecord } from '../errors.ts';

/** A checked graph, ready to run as often as wanted. */
export interface SessionGraph {
  /** As the user named it. */
  readonly file: string;
  readonly camera: string;
  readonly engine: EngineGraph;
  /** All that its nodes may publish, and those of the wire contract. */
  readonly topics: Topics;
  /** `file:line:column` of each node in the graph file, by node id; for messages. */
  readonly places?: Readonly<Record<string, string>>;
}

/** What a change of the graph took. */
export interface Changed {
  /** `live`: options were taken by running nodes. `workers`: some were started anew. `process`: all of it was. */
  readonly how: 'nothing' | 'live' | 'workers' | 'process';
  /** Nodes that are new, gone, or not what they were. */
  readonly nodes: readonly string[];
  /** Workers that were started anew. */
  readonly workers: readonly string[];
}

/** What a session does for a change of its graph. */
export interface ChangeSteps {
  /** True when the session is not to run any more. */
  isOver(): boolean;
  /** Ends the process in order and starts one with the current graph; `replaced` is to follow. */
  replace(): void;
}

export class GraphChanges {
  readonly #steps: ChangeSteps;
  #current: SessionGraph;
  /** Settles when no change is under way. */
  #queue: Promise<unknown> = Promise.resolve();
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
    const changed = this.#queue.then(() => this.#change(graph));
    this.#queue = changed.catch(() => undefined);
    return changed;
  }

  /** The new process is open; or, with an error, will not be: the graph before it is the current one again. */
  replaced(error: ErrorRecord | undefined): void {
    this.#replaced?.(error);
  }

  async #change(graph: SessionGraph): Promise<Changed> {
    const before = this.#current;
    const { nodes } = diffGraphs(before.engine, graph.engine);
    this.#current = graph;
    if (nodes.length === 0 || this.#steps.isOver()) return { how: 'nothing', nodes, workers: [] };
    const error = await new Promise<ErrorRecord | undefined>((resolve) => {
      this.#replaced = (refused) => {
        if (refused) this.#current = before;
        this.#replaced = undefined;
        resolve(refused);
      };
      this.#steps.replace();
    });
    if (error) throw fromRecord(error);
    return { how: 'process', nodes, workers: graph.engine.workers.map(({ name }) => name) };
  }
}
