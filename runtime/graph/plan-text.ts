/** A plan for people: a table for the terminal, and a Mermaid flowchart. */
import type { FrameRequest } from '../data.ts';
import { textTable } from '../text-table.ts';
import type { CheckedGraph } from './graph.ts';
import type { Plan } from './plan.ts';

/** Which worker runs what, and what each ring holds. Ends with a newline. */
export function planText(plan: Plan, graph: CheckedGraph): string {
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const workers = plan.workers.map(({ name, nodes }) => [
    name,
    nodes.map((id) => (byId.get(id)?.contract.blocks === true ? `${id} (blocks)` : id)).join(', '),
  ]);
  const rings = plan.rings.map((ring) => [
    ring.id,
    sizeOf(ring.request),
    ring.request.format,
    ring.request.fit,
    bytes(ring.bytesPerSlot),
    String(ring.slots),
    ring.readers.map(({ node, input }) => `${node}.${input}`).join(', '),
  ]);
  const links = plan.links.map(({ from, to, kind }) => [
    kind,
    `${from.node}.${from.output} in ${from.worker}`,
    `${to.node}.${to.input} in ${to.worker}`,
  ]);
  return [
    `camera ${graph.camera}, pace ${plan.pace}, from ${graph.file}\n`,
    table(['worker', 'nodes'], workers),
    table(['ring', 'size', 'format', 'fit', 'bytes/slot', 'slots', 'readers'], rings),
    table(['message', 'from', 'to'], links),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** A `flowchart`: a box for each worker, thick arrows for rings, thin ones for the other links. */
export function planMermaid(plan: Plan, graph: CheckedGraph): string {
  // Node ids may be words of Mermaid (`end`), so the chart has names of its own.
  const names = new Map(graph.nodes.map((node, i) => [node.id, `n${i}`]));
  const lines = ['flowchart LR'];
  plan.workers.forEach((worker, i) => {
    lines.push(`  subgraph w${i}["worker ${worker.name}"]`);
    for (const id of worker.nodes) lines.push(`    ${names.get(id)}["${id}"]`);
    lines.push('  end');
  });
  for (const node of graph.nodes) {
    for (const { from, kind, request } of node.links) {
      const [a, b] = [names.get(from.node), names.get(node.id)];
      const frames = request === undefined ? kind : `${sizeOf(request)} ${request.format}, ${request.fit}`;
      lines.push(kind === 'frame' ? `  ${a} == "${frames}" ==> ${b}` : `  ${a} -- "${kind}" --> ${b}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? '' : textTable([head, ...rows]);
}

function sizeOf(request: FrameRequest): string {
  return `${request.width}×${request.height}`;
}

/** 519168 → 519,168. */
function bytes(count: number): string {
  return count.toLocaleString('en-US');
}
