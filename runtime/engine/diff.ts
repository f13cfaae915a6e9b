/**
 * The steps that turn a running graph into another one. Pure.
 *
 * A worker goes on when the nodes that it is to host are among those that it hosts, with the same inputs, and their options
 * differ in nothing but live ones; the rest of its nodes leave it. All others are started again. Where values of a worker
 * that goes on come from and go to may change.
 */
import { isDeepStrictEqual } from 'node:util';
import type { EngineGraph } from './engine-graph.ts';

type Node = EngineGraph['nodes'][number];

export interface GraphDiff {
  /** Only a new process can run it: the pace differs, or another node numbers the frames. */
  readonly whole: boolean;
  /** Nodes in kept workers that take these options while they run. */
  readonly live: readonly { readonly node: string; readonly params: Record<string, unknown> }[];
  /** Workers of the next graph that are started. */
  readonly start: readonly string[];
  /** Workers of the present graph that end. */
  readonly stop: readonly string[];
  /** Nodes that leave workers which go on. */
  readonly leave: readonly string[];
  /** Kept workers with other links, or with links to workers that are started. */
  readonly rewire: readonly string[];
  /** All nodes that are new, removed or changed. */
  readonly nodes: readonly string[];
}

export function diffGraphs(now: EngineGraph, next: EngineGraph): GraphDiff {
  const before = new Map(now.nodes.map((node) => [node.id, node]));
  const after = new Map(next.nodes.map((node) => [node.id, node]));
  const leaving = ({ name, nodes }: EngineGraph['workers'][number]) => {
    const hosted = now.workers.find((worker) => worker.name === name)?.nodes ?? [];
    return hosted.filter((id) => !nodes.includes(id));
  };
  const goesOn = (worker: EngineGraph['workers'][number]) => {
    const { name, nodes } = worker;
    const hosted = now.workers.find((same) => same.name === name)?.nodes ?? [];
    const isHosted = isDeepStrictEqual(
      hosted.filter((id) => nodes.includes(id)),
      nodes,
    );
    const areApart = !areLinked(now, nodes, leaving(worker));
    return isHosted && areApart && nodes.every((id) => canGoOn(before.get(id), after.get(id)));
  };
  const kept = next.workers.filter(goesOn);
  const keptNames = kept.map(({ name }) => name);
  const live = kept.flatMap(({ nodes }) =>
    nodes.flatMap((node) => {
      const params = after.get(node)?.params ?? {};
      return isDeepStrictEqual(before.get(node)?.params, params) ? [] : [{ node, params }];
    }),
  );
  const others = (graph: EngineGraph) => graph.workers.map(({ name }) => name).filter((n) => !keptNames.includes(n));
  const start = others(next);
  const rewire = kept.filter(({ nodes }) => {
    const links = linksOf(next, nodes);
    return !isDeepStrictEqual(linksOf(now, nodes), links) || links.workers.some((worker) => start.includes(worker));
  });
  return {
    whole:
      now.pace !== next.pace || next.nodes.some(({ id, use }) => isOrigin(next, id) && before.get(id)?.use !== use),
    live,
    start,
    stop: others(now),
    leave: kept.flatMap(leaving),
    rewire: rewire.map(({ name }) => name),
    nodes: [...new Set([...before.keys(), ...after.keys()])].filter(
      (id) => !isDeepStrictEqual(before.get(id), after.get(id)),
    ),
  };
}

/** True when the node makes values of its own that packets do not number: a decoder, or what plays a record. */
export function isOrigin({ nodes }: EngineGraph, id: string): boolean {
  const inputs = nodes.find((node) => node.id === id)?.links ?? [];
  const outputs = nodes.flatMap(({ links }) => links.filter(({ from }) => from.node === id));
  const isNumbered = ({ kind }: { readonly kind: string }) => kind !== 'packet' && kind !== 'metadata';
  return !inputs.some(isNumbered) && outputs.some(isNumbered);
}

/** True when messages go from one of these nodes straight to one of those, or the other way. */
export function areLinked({ nodes }: EngineGraph, these: readonly string[], those: readonly string[]): boolean {
  return nodes.some(({ id, links }) =>
    links.some(({ kind, from: { node: from } }) => {
      const isBetween = (these.includes(id) && those.includes(from)) || (those.includes(id) && these.includes(from));
      return kind !== 'frame' && isBetween;
    }),
  );
}

/** True when the node is the same but for live options. */
export function canGoOn(now: Node | undefined, next: Node | undefined): boolean {
  if (now?.use !== next?.use || !isDeepStrictEqual(now?.live, next?.live)) return false;
  return isDeepStrictEqual(fixed(now), fixed(next));
}

/** What cannot change while a node runs: options that are not live, and which inputs are connected. */
function fixed(node: Node | undefined): unknown {
  const params = Object.entries(node?.params ?? {}).filter(([name]) => !node?.live.includes(name));
  return { params: Object.fromEntries(params), inputs: node?.links.map(({ input, kind }) => ({ input, kind })) };
}

/** All that these nodes are linked by, and the workers at the other ends. */
function linksOf(graph: EngineGraph, ids: readonly string[]) {
  const links = graph.nodes.flatMap(({ id, links }) =>
    links.filter(({ from }) => ids.includes(id) || ids.includes(from.node)).map((link) => ({ ...link, to: id })),
  );
  const rings = graph.rings.filter(
    ({ from, readers }) => ids.includes(from.node) || readers.some(({ node }) => ids.includes(node)),
  );
  const ends = new Set(links.flatMap(({ from, to }) => [from.node, to]));
  const workers = graph.workers.filter(({ nodes }) => nodes.some((id) => ends.has(id))).map(({ name }) => name);
  return { links, rings, workers };
}
