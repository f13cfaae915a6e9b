/** The motors of the virtual camera of the session's `virtual-ptz` node, reached over the board. */

import type { SimHead } from '../../ptz/index.ts';
import { boardTopics, type HeadNews, type MotorCommand, type NodeContext, WindhoverError } from '../../runtime/node.ts';

type Board = NodeContext<unknown, Record<never, never>>['board'];

export class BoardHead implements SimHead {
  readonly #board: Board;
  #news: HeadNews | null = null;

  constructor(board: Board) {
    this.#board = board;
    board.watch(boardTopics.head, (news) => {
      this.#news = news;
    });
  }

  /** The source has told where its camera points. */
  get isThere(): boolean {
    return this.#news !== null;
  }

  get spec(): SimHead['spec'] {
    return this.#must.spec;
  }

  command(command: MotorCommand): void {
    this.#board.post(boardTopics.motors, command);
  }

  state(): ReturnType<SimHead['state']> & { readonly atMs: number } {
    const { axes, atMs } = this.#must;
    return { ...axes, atMs };
  }

  isMoving(axis: 'pan' | 'tilt' | 'zoom'): boolean {
    return this.#must.axes[axis].moving;
  }

  get #must(): HeadNews {
    if (this.#news) return this.#news;
    throw new WindhoverError('ptz_unreachable', 'there is no simulated camera in this graph', {
      expected: 'a node with use: virtual-ptz',
      hint: 'driver: sim moves the camera of that node',
    });
  }
}
