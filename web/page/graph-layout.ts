/** Where the nodes of a graph are drawn: producers left of consumers, nodes of one depth below each other. Pure. */

export interface GraphNode {
  readonly id: string;
  readonly worker: string;
}

export interface GraphLink {
  readonly from: string;
  readonly to: string;
}

export interface Place {
  readonly column: number;
  readonly row: number;
}

/** @param nodes producers before consumers */
export function placesOf(nodes: readonly GraphNode[], links: readonly GraphLink[]): Map<string, Place> {
  const places = new Map<string, Place>();
  const rows: number[] = [];
  for (const { id } of nodes) {
    const before = links.filter(({ to }) => to === id).map(({ from }) => places.get(from)?.column ?? -1);
    const column = Math.max(-1, ...before) + 1;
    const row = rows[column] ?? 0;
    rows[column] = row + 1;
    places.set(id, { column, row });
  }
  return places;
}
