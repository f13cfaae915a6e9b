/** Posts a burst of motor commands and camera news, and ends once another node has answered that it heard the last. */
import { boardTopics, defineNode, Type } from '../../runtime/node.ts';

export default defineNode({
  name: 'herald',
  doc: 'Posts on the board.',
  params: Type.Object({ count: Type.Integer({ default: 500, minimum: 1 }) }),
  inputs: {},
  outputs: { detections: { kind: 'detections' } },
  board: { posts: [boardTopics.camera, boardTopics.motors], watches: [boardTopics.head, boardTopics.motors] },
  pace: () => 'asap',
  open({ params, board, gauge, count, clock }) {
    let answered: () => void = () => undefined;
    const answer = new Promise<void>((resolve) => {
      answered = resolve;
    });
    board.watch(boardTopics.head, ({ axes }) => {
      gauge('answer', axes.pan.position);
      if (axes.pan.position === params.count) answered();
    });
    board.watch(boardTopics.motors, () => count('own_posts_heard'));
    return {
      async run(signal) {
        signal.addEventListener('abort', answered);
        for (let number = 1; number <= params.count; number++) {
          const news = { moving: true, panDeg: number, tiltDeg: null, hfovDeg: null, preset: null };
          board.post(boardTopics.camera, { atMs: clock.monoMs(), ...news });
          board.post(boardTopics.motors, { kind: 'to', values: { pan: number }, maxRates: {} });
        }
        await answer;
      },
    };
  },
});
