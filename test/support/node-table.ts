/** Contracts as the table that the graph checker takes; of two with one name the first counts. */
import type { NodeTable } from '../../runtime/graph/modules.ts';
import type { AnyNode } from '../../runtime/node.ts';

export function nodeTable(contracts: readonly AnyNode[]): NodeTable {
  return Object.fromEntries(
    contracts.toReversed().map((contract) => [contract.name, async () => ({ default: contract })]),
  );
}
