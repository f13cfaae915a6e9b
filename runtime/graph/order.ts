/** The order of the nodes, and the cycles that keep them from having one. */
import type { Faults } from './faults.ts';
import type { NodeOutline } from './outline.ts';

/**
 * Producers before consumers; of the nodes that could come next, the first in the file. A cycle is one fault, at the
 * `from` that closes it; the nodes behind it come last. Of cycles that share nodes, the first one found is reported.
 */
export function orderNodes(nodes: readonly NodeOutline[], faults: Faults): NodeOutline[] {
  const ids = new Set(nodes.map((node) => node.id));
  const producers = (node: NodeOutline) =>
    node.from.filter((reference) => reference.node !== node.id && ids.has(reference.node));
  const ordered: NodeOutline[] = [];
  const done = new Set<string>();
  let waiting = [...nodes];
  while (waiting.length > 0) {
    const next = waiting.find((node) => producers(node).every((reference) => done.has(reference.node)));
    if (next === undefined) break;
    ordered.push(next);
    done.add(next.id);
    waiting = waiting.filter((node) => node !== next);
  }
  reportCycles(waiting, faults);
  return [...ordered, ...waiting];
}

/** Depth first from each node, in the order of the file; a node is left for good once all behind it has been seen. */
function reportCycles(nodes: readonly NodeOutline[], faults: Faults): void {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const seen = new Set<string>();
  const reported = new Set<string>();
  for (const start of nodes) {
    // Each entry is a node on the path from `start` against the links, and how many of its producers were visited.
    const path: { node: NodeOutline; visited: number }[] = seen.has(start.id) ? [] : [{ node: start, visited: 0 }];
    seen.add(start.id);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const reference = top.node.from[top.visited++];
      if (reference === undefined) {
        path.pop();
        continue;
      }
      const producer = byId.get(reference.node);
      if (producer === undefined || producer === top.node) continue;
      const from = path.findIndex((step) => step.node === producer);
      if (from >= 0) {
        const round = path.slice(from).map((step) => step.node.id);
        if (round.some((id) => reported.has(id))) continue;
        for (const id of round) reported.add(id);
        const names = [producer.id, ...round.reverse()].join(' → ');
        faults.add(reference.at, reference.path, 'cycle', `nodes must not feed each other in a circle: ${names}`);
      } else if (!seen.has(producer.id)) {
        seen.add(producer.id);
        path.push({ node: producer, visited: 0 });
      }
    }
  }
}
