/** Hands detections on, one by one, after a moment of other work. */
import { defineNode, Type } from '../../runtime/node.ts';

export default defineNode({
  name: 'relay',
  doc: 'Hands detections on.',
  params: Type.Object({}),
  inputs: { detections: { kind: 'detections' } },
  outputs: { detections: { kind: 'detections' } },
  open({ emit }) {
    return {
      on: {
        async detections(message) {
          // Every third gives way to others: a runtime that calls handlers side by side would reorder.
          if (message.frame.index % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
          await emit.detections(message);
        },
      },
    };
  },
});
