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
  const taken = new Set(next.workers.map(({ name }) => name));
  const workers = next.workers.flatMap(({ name, nodes }): Workers => {
    const hosted = now.workers.find((worker) => worker.name === name)?.nodes ?? [];
    const staying = stayingOf(now, next, hosted, nodes);
    const others = nodes.filter((id) => !staying.includes(id));
    const [first] = others;
    if (first === undefined || staying[0] !== nodes[0]) return [{ name, nodes }];
    const known = now.workers.find((worker) => worker.name !== name && worker.nodes.includes(first));
    const own = freeName(known?.name ?? first, taken);
    taken.add(own);
    return [
      { name, nodes: staying },
      { name: own, nodes: others },
    ];
  });
  return { ...next, workers };
}

/** The graph, with those of its nodes that have left their workers in workers of their own. */
export function split(graph: EngineGraph, left: readonly string[]): { graph: EngineGraph; fresh: readonly string[] } {
  const taken = new Set(graph.workers.map(({ name }) => name));
  const fresh: string[] = [];
  const workers = graph.workers.flatMap(({ name, nodes }): Workers => {
    const gone = nodes.filter((id) => left.includes(id));
    const [first] = gone;
    if (first === undefined) return [{ name, nodes }];
    const own = freeName(first, taken);
    taken.add(own);
    fresh.push(own);
    return [
      { name, nodes: nodes.filter((id) => !gone.includes(id)) },
      { name: own, nodes: gone },
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
