/** The end of a graph of numbered detections: counts them and notices any that is missing or out of order. */
import { defineNode, Type } from '../../runtime/node.ts';
import { hold } from './hold.ts';

export default defineNode({
  name: 'order',
  doc: 'Counts numbered detections.',
  params: Type.Object({
    block_ms: Type.Number({ default: 0, minimum: 0, description: 'Holds its thread at every tenth.' }),
  }),
  inputs: { detections: { kind: 'detections' } },
  outputs: {},
  open({ params, count, gauge }) {
    let expected = 0;
    return {
      on: {
        detections({ frame }) {
          if (frame.index !== expected) count(frame.index > expected ? 'gaps' : 'backwards');
          expected = frame.index + 1;
          if (frame.index % 10 === 0) hold(params.block_ms);
          count('processed');
          gauge('settled', expected);
        },
      },
      end: () => gauge('ended_after', expected),
    };
  },
});
