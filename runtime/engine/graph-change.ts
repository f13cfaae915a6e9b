/**
 * Turns a running graph into another one, with as little loss of time and values as possible:
 *
 *     live options     update → their nodes
 *     new workers      modules loaded, and stateless nodes opened, while the old ones still work
 *     old nodes        hold → those that send to them; pause, leave → them, producers first; they hand over
 *     new workers      opened with what was handed over
 *     all others       connect → new ports and rings
 *
 * When a new worker can't be opened, the old ones are started again with what they handed over, and the change is
 * refused. Anything else that goes wrong ends the session's process, which is then started again like after a crash.
 */

import { WindhoverError } from '../errors.ts';
import type { Crew } from './crew.ts';
import { diffGraphs, type GraphDiff, isOrigin } from './diff.ts';
import type { EngineGraph } from './engine-graph.ts';
import { type Handover, NOTHING_HANDED } from './messages.ts';
import { split } from './placement.ts';
import { Wires } from './wiring.ts';

/** `live`: no worker was started again. `process`: the graph can only be run by a new process. */
export type HowChanged = 'live' | 'workers' | 'process';

/** A graph at work. */
export interface Running {
  readonly wires: Wires;
  /** In the order of the graph's workers. */
  readonly crews: readonly Crew[];
}

/** What the engine does for a change. */
export interface ChangeHost {
  spawn(name: string, nodes: readonly string[]): Crew;
  /** Opens the nodes of a worker. @throws why one can't be opened */
  open(crew: Crew, graph: EngineGraph, handover: Handover): Promise<void>;
  /** The graph is broken and stops. */
  fail(error: unknown): void;
}

export interface Outcome {
  readonly how: HowChanged;
  readonly running: Running;
  /** Why the change was refused, if it was. */
  readonly refused?: unknown;
}

export async function changeGraph(now: Running, next: EngineGraph, host: ChangeHost): Promise<Outcome> {
  const diff = diffGraphs(now.wires.graph, next);
  if (diff.whole) return { how: 'process', running: now };
  const before = now.wires.graph.nodes.filter(({ id }) => diff.live.some(({ node }) => node === id));
  try {
    for (const { node, params } of diff.live) await crewOf(now, node)?.ask('update', { node, params });
  } catch (refused) {
    await restore(now, before);
    return { how: 'live', running: now, refused };
  }
  const replaced = diff.start.length + diff.stop.length + diff.leave.length + diff.rewire.length > 0;
  if (!replaced) return { how: 'live', running: { ...now, wires: new Wires(next, now.wires) } };
  const outcome = await new Replacement(now, next, diff, host).run();
  if (outcome.refused !== undefined) await restore(outcome.running, before);
  return outcome;
}

/** Starts one worker of a running graph again, with nothing handed over: it is gone. */
export function startAgain(now: Running, name: string, host: ChangeHost): Promise<Running> {
  const { graph } = now.wires;
  const diff = { ...diffGraphs(graph, graph), start: [name], stop: [name] };
  return new Replacement(now, graph, diff, host).startAgain();
}

/** Restores the options from before the change. */
async function restore(running: Running, nodes: EngineGraph['nodes']): Promise<void> {
  for (const { id, params } of nodes) await crewOf(running, id)?.ask('update', { node: id, params });
}

function crewOf({ crews }: Running, node: string): Crew | undefined {
  return crews.find(({ nodes }) => nodes.includes(node));
}

/** Replaces workers of one graph by those of the next. */
class Replacement {
  readonly #now: Running;
  readonly #next: EngineGraph;
  readonly #diff: GraphDiff;
  readonly #host: ChangeHost;
  readonly #staying: readonly Crew[];
  /** Nodes that leave, producers first: all of a worker that ends, or some of one that stays. */
  readonly #leaving: readonly { readonly crew: Crew; readonly nodes: readonly string[] }[];

  constructor(now: Running, next: EngineGraph, diff: GraphDiff, host: ChangeHost) {
    this.#now = now;
    this.#next = next;
    this.#diff = diff;
    this.#host = host;
    this.#staying = now.crews.filter(({ name }) => !diff.stop.includes(name));
    const place = ([first]: readonly string[]) => now.wires.graph.nodes.findIndex(({ id }) => id === first);
    this.#leaving = now.crews
      .map((crew) => {
        const isStaying = this.#staying.includes(crew);
        return { crew, nodes: isStaying ? crew.nodes.filter((id) => diff.leave.includes(id)) : crew.nodes };
      })
      .filter(({ nodes }) => nodes.length > 0)
      .sort((a, b) => place(a.nodes) - place(b.nodes));
  }

  async run(): Promise<Outcome> {
    const { start, stop, leave } = this.#diff;
    const how = start.length + stop.length + leave.length > 0 ? 'workers' : 'live';
    const fresh = this.#spawn(this.#next, start);
    try {
      await this.#prepare(fresh);
    } catch (refused) {
      await Promise.all(fresh.map((crew) => crew.discard()));
      return { how, running: this.#now, refused };
    }
    const handover = await this.#orFail(() => this.#takeOver());
    if (handover === 'ending') {
      await Promise.all(fresh.map((crew) => crew.discard()));
      const wires = await this.#orFail(() => this.#connect(this.#now.wires.graph, []));
      const refused = new WindhoverError('session_ending', 'the video has ended, and the graph ends with it');
      return { how, running: { wires, crews: this.#now.crews }, refused };
    }
    if (this.#lacksOrigin(handover)) return { how: 'process', running: this.#now };
    try {
      await this.#open(
        fresh.filter(({ state }) => state !== 'open'),
        this.#next,
        handover,
      );
    } catch (refused) {
      await Promise.all(fresh.map((crew) => crew.discard()));
      return { how, running: await this.#orFail(() => this.#goBack(handover)), refused };
    }
    return { how, running: await this.#orFail(() => this.#goOn(this.#next, start, fresh)) };
  }

  async startAgain(): Promise<Running> {
    const cut = this.#now.wires.cut(this.#next, this.#diff.stop);
    await Promise.all(this.#staying.map((crew) => crew.ask('hold', cut)));
    return this.#goBack(NOTHING_HANDED);
  }

  /** Loads what can be loaded while the old workers are still at work. */
  async #prepare(fresh: readonly Crew[]): Promise<void> {
    const nodesOf = (crew: Crew) => this.#next.nodes.filter(({ id }) => crew.nodes.includes(id));
    await Promise.all(fresh.map((crew) => crew.ask('load', { uses: nodesOf(crew).map(({ use }) => use) })));
    const beside = fresh.filter((crew) => nodesOf(crew).every(({ stateless }) => stateless));
    await this.#open(beside, this.#next, NOTHING_HANDED);
  }

  /** The old workers come to rest, producers first, and hand over. `ending`: the graph is about to end by itself. */
  async #takeOver(): Promise<Handover | 'ending'> {
    const { wires } = this.#now;
    const cut = wires.cut(this.#next, this.#diff.stop);
    // What leaves hands on all that it was given, until it is paused.
    const held = wires.ofOthers(cut, this.#diff.leave);
    await Promise.all(this.#staying.map((crew) => crew.ask('hold', held)));
    for (const [place, { crew, nodes }] of this.#leaving.entries()) {
      await wires.quiet(wires.into(nodes, cut.links));
      const { ended } = await crew.ask('pause', { nodes, rings: cut.rings });
      if (ended && place === 0) return 'ending';
      if (ended) throw new WindhoverError('session_ending', 'the graph ended in the middle of a change');
    }
    const goOn = this.#next.nodes.filter(({ id, use }) => this.#use(id) === use).map(({ id }) => id);
    const left: Handover[] = [];
    for (const { crew, nodes } of this.#leaving) left.push(await crew.leave(nodes, goOn));
    await wires.quiet(cut.links);
    for (const { crew } of this.#leaving) if (!this.#staying.includes(crew)) crew.terminate();
    return {
      states: new Map(left.flatMap(({ states }) => [...states])),
      stats: new Map(left.flatMap(({ stats }) => [...stats])),
    };
  }

  /**
   * True when a node that numbers frames was started again and does not know where its predecessor was: what comes
   * after it would take frames for known ones.
   */
  #lacksOrigin({ states }: Handover): boolean {
    const started = this.#next.workers
      .filter(({ name }) => this.#diff.start.includes(name))
      .flatMap((worker) => worker.nodes);
    return started.some((id) => isOrigin(this.#next, id) && states.get(id) === undefined);
  }

  /** Starts the old workers again, with the state that they handed over; nodes that have left one, in a new one. */
  async #goBack(handover: Handover): Promise<Running> {
    const { graph, fresh } = split(this.#now.wires.graph, this.#diff.leave);
    const names = [...this.#diff.stop, ...fresh];
    const again = this.#spawn(graph, names);
    await this.#open(again, graph, handover);
    return this.#goOn(graph, names, again);
  }

  /** Links all workers and starts those that are new. */
  async #goOn(graph: EngineGraph, started: readonly string[], fresh: readonly Crew[]): Promise<Running> {
    const wires = await this.#connect(graph, started);
    for (const crew of fresh) crew.start(wires.of(crew.name));
    const all = [...this.#staying, ...fresh];
    return { wires, crews: graph.workers.flatMap(({ name }) => all.find((crew) => crew.name === name) ?? []) };
  }

  async #connect(graph: EngineGraph, started: readonly string[]): Promise<Wires> {
    const wires = new Wires(graph, this.#now.wires, started);
    for (const crew of this.#staying) {
      const { wiring, transfer } = wires.of(crew.name);
      await crew.ask('connect', { wiring }, transfer);
    }
    return wires;
  }

  #spawn(graph: EngineGraph, names: readonly string[]): Crew[] {
    const workers = graph.workers.filter(({ name }) => names.includes(name));
    return workers.map(({ name, nodes }) => this.#host.spawn(name, nodes));
  }

  async #open(crews: readonly Crew[], graph: EngineGraph, handover: Handover): Promise<void> {
    await Promise.all(crews.map((crew) => this.#host.open(crew, graph, handover)));
  }

  #use(id: string): string | undefined {
    return this.#now.wires.graph.nodes.find((node) => node.id === id)?.use;
  }

  async #orFail<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      this.#host.fail(error);
      throw error;
    }
  }
}
