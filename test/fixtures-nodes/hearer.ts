/** Listens to a herald and answers each motor command on the board. */
import { boardTopics, defineNode, type PerAxis, Type } from '../../runtime/node.ts';
import { hold } from './hold.ts';

export default defineNode({
  name: 'hearer',
  doc: 'Listens to the board.',
  params: Type.Object({
    block_ms: Type.Number({ default: 0, minimum: 0, description: 'Holds its thread at every tenth command.' }),
  }),
  inputs: { detections: { kind: 'detections' } },
  outputs: {},
  board: { posts: [boardTopics.head], watches: [boardTopics.motors, boardTopics.camera] },
  open({ params, board, clock, count, gauge }) {
    let expected = 1;
    board.watch(boardTopics.motors, (command) => {
      const pan = command.kind === 'to' ? (command.values.pan ?? 0) : 0;
      if (pan !== expected) count('out_of_order');
      expected = pan + 1;
      count('commands');
      if (pan % 10 === 0) hold(params.block_ms);
      board.post(boardTopics.head, {
        atMs: clock.monoMs(),
        axes: alike({ position: pan, rate: 0, moving: false }),
        ...SPEC,
      });
    });
    board.watch(boardTopics.camera, ({ atMs, panDeg }) => {
      count('camera_news');
      gauge('camera_at', panDeg ?? 0);
      // Clocks of workers agree to within a millisecond when a thread was halted at each look at the wall clock.
      if (clock.monoMs() < atMs - 1) count('from_the_future');
    });
    return { on: { detections: () => undefined } };
  },
});

function alike<T>(value: T): PerAxis<T> {
  return { pan: value, tilt: value, zoom: value };
}

const SPEC = { spec: alike({ min: 0, max: 1, maxRate: 1 }), hfovDeg: 60 };
