/**
 * A node of the bench: passes on the detections that detect would have put out at a higher threshold.
 *
 * The bench runs detect at a low threshold, for its precision-recall curves, and the tracker must see what it sees in
 * production. Leaving out the rest afterwards gives just that: greedy suppression takes boxes by falling confidence and
 * a box is only ever suppressed by one of higher confidence, so those below the threshold never touch those above.
 */
import { defineNode, Type } from '../../runtime/node.ts';

export default defineNode({
  name: 'bench-confident',
  doc: 'Drops detections below a confidence.',
  params: Type.Object({
    confidence: Type.Number({ minimum: 0, maximum: 1, description: 'Least confidence, from 0 to 1.' }),
  }),
  inputs: { detections: { kind: 'detections' } },
  outputs: { detections: { kind: 'detections' } },
  open: ({ params, emit }) => ({
    on: {
      detections: (message) => {
        const detections = message.detections.filter(({ confidence }) => confidence >= params.confidence);
        return emit.detections({ ...message, detections });
      },
    },
  }),
});
