/** Checks that a node does what its contract declares. */
import { WindhoverError } from '../errors.ts';
import { liveOptions } from '../graph/graph.ts';
import type { AnyNode, BoardTopic, NodeHandlers } from '../node.ts';

/** What `open` has returned. @throws WindhoverError (permanent) `no_update`, `node_never_ends` */
export function checkHandlers(id: string, contract: AnyNode, handlers: NodeHandlers<unknown>, inputs: number): void {
  const live = liveOptions(contract);
  if (live.length > 0 && !handlers.update) {
    throw new WindhoverError('no_update', `node ${id} can't take its live options`, {
      expected: `a handler update, for ${live.join(', ')}`,
      hint: 'return update from open, or take live: true off the options',
      permanent: true,
    });
  }
  if (inputs > 0 || handlers.run) return;
  const what = `node ${id} has neither a connected input nor a run handler`;
  throw new WindhoverError('node_never_ends', what, { permanent: true });
}

/** A topic that the node may use so. @throws WindhoverError (permanent) `board_undeclared` */
export function declaredTopic(id: string, contract: AnyNode, use: 'posts' | 'watches', topic: BoardTopic): BoardTopic {
  if (contract.board?.[use]?.some(({ name }) => name === topic.name)) return topic;
  throw new WindhoverError('board_undeclared', `node ${id} ${use} the board topic ${topic.name}`, {
    hint: `name it in board.${use} of the contract`,
    permanent: true,
  });
}
