/**
 * In which workers the nodes of a changed graph run. Pure.
 *
 * A plan puts light nodes beside those that read the camera. When they change, the camera's stay, and the others leave for a
 * worker of their own, so that it is not connected anew. They come back when the camera's worker starts again.
 */
import { freeName } from '../graph/groups.ts';
import { areLinked, canGoOn } from './diff.ts';
import type { EngineGraph } from './engine-graph.ts';

type Workers = EngineGraph['workers'];

/** The next graph, with its nodes where they can be without starting others again. */
export function settle(now: EngineGraph, next: EngineGraph): EngineGraph {
  const hostOf = (id: string, besides: string) =>
    now.workers.find(({ name, nodes }) => name !== besides && nodes.includes(id))?.name;
  return parted(next, ({ name, nodes }) => {
    const hosted = now.workers.find((worker) => worker.name === name)?.nodes ?? [];
    const staying = stayingOf(now, next, hosted, nodes);
    const others = nodes.filter((id) => !staying.includes(id));
    const [first = ''] = others;
    return { others: staying[0] === nodes[0] ? others : [], wanted: hostOf(first, name) ?? first };
  }).graph;
}

/** The graph, with those of its nodes that have left their workers in workers of their own, which are `fresh`. */
export function split(graph: EngineGraph, left: readonly string[]): { graph: EngineGraph; fresh: readonly string[] } {
  return parted(graph, ({ nodes }) => {
    const others = nodes.filter((id) => left.includes(id));
    return { others, wanted: others[0] ?? '' };
  });
}

/** @param othersOf nodes of a worker that get one of their own, and what that is called where the name is free */
function parted(
  graph: EngineGraph,
  othersOf: (worker: Workers[number]) => { readonly others: readonly string[]; readonly wanted: string },
): { graph: EngineGraph; fresh: readonly string[] } {
  const taken = new Set(graph.workers.map(({ name }) => name));
  const fresh: string[] = [];
  const workers = graph.workers.flatMap((worker): Workers => {
    const { others, wanted } = othersOf(worker);
    if (others.length === 0) return [worker];
    const name = freeName(wanted, taken);
    taken.add(name);
    fresh.push(name);
    const nodes = worker.nodes.filter((id) => !others.includes(id));
    return [
      { name: worker.name, nodes },
      { name, nodes: others },
    ];
  });
  return { graph: { ...graph, workers }, fresh };
}

/** Which nodes of a worker stay in it: those that can go on, but for all that messages link to one that cannot. */
function stayingOf(
  now: EngineGraph,
  next: EngineGraph,
  hosted: readonly string[],
  nodes: readonly string[],
): readonly string[] {
  const find = (graph: EngineGraph, id: string) => graph.nodes.find((node) => node.id === id);
  const goesOn = (id: string) => hosted.includes(id) && nodes.includes(id) && canGoOn(find(now, id), find(next, id));
  const linked = (a: readonly string[], b: readonly string[]) => areLinked(now, a, b) || areLinked(next, a, b);
  let moving = [...new Set([...hosted, ...nodes])].filter((id) => !goesOn(id));
  let staying = nodes.filter(goesOn);
  while (true) {
    const drawn = staying.filter((id) => linked([id], moving));
    if (drawn.length === 0) return staying;
    moving = [...moving, ...drawn];
    staying = staying.filter((id) => !drawn.includes(id));
  }
}
