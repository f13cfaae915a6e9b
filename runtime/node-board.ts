/** What nodes post to each other beside the links; part of the node API (node.ts). */
import type { Static, TSchema } from '@sinclair/typebox';
import type { BoardTopic } from '../schemas/board.ts';

/**
 * News between the nodes of one session beside the links, in any worker. Fire and forget: what no node
 * listens to is lost, and so is what is posted before the listener's node is open. A node does not get its own posts.
 */
export interface NodeBoard {
  /**
   * Tells the other nodes; returns at once. The contract names the topic in `board.posts`.
   * @throws DataCloneError when the value is not plain data
   */
  post<S extends TSchema>(topic: BoardTopic<S>, value: Static<S>): void;
  /**
   * Calls `listener` with the posts of other nodes until the node is closed; never at the same time as another handler.
   * The contract names the topic in `board.watches`.
   */
  watch<S extends TSchema>(topic: BoardTopic<S>, listener: (value: Static<S>) => void | Promise<void>): void;
}

/** Topics of the board that a node posts and watches; those that others have too are the same everywhere. */
export interface BoardUse {
  readonly posts?: readonly BoardTopic[];
  readonly watches?: readonly BoardTopic[];
}
