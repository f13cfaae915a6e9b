/** Produces frames without ever waiting for anything: slower than its rate, as on a machine that can't keep up. */
import { boardTopics, defineNode, Type } from '../../runtime/node.ts';
import { hold } from './hold.ts';

export default defineNode({
  name: 'busy',
  doc: 'Never waits.',
  params: Type.Object({
    block_ms: Type.Number({ default: 5, minimum: 0, description: 'Holds its thread for so long at each frame.' }),
    deaf: Type.Boolean({ default: false, description: 'Goes on when it is told to stop.' }),
  }),
  inputs: {},
  outputs: { detections: { kind: 'detections' } },
  board: { watches: [boardTopics.motors] },
  pace: () => 'realtime',
  open({ params, emit, count, gauge, board }) {
    board.watch(boardTopics.motors, () => count('motor_commands'));
    return {
      async run(signal) {
        for (let index = 0; !signal.aborted || params.deaf; index++) {
          hold(params.block_ms);
          const times = { mediaTimeS: index / 25, captureUnixMs: index, captureMonoMs: index, decodedMonoMs: index };
          count('decoded');
          await emit.detections({
            frame: { index, ...times, size: { w: 640, h: 360 } },
            detections: [],
            inferenceMs: 0,
          });
        }
      },
      close: () => gauge('closed', 1),
    };
  },
});
