/** Throws outside of its handlers: from a timer, or as a rejection that nobody waits for. */
import { defineNode, Type } from '../../runtime/node.ts';

export default defineNode({
  name: 'strays',
  doc: 'Throws outside of its handlers.',
  params: Type.Object({ rejects: Type.Boolean({ default: false }) }),
  inputs: { detections: { kind: 'detections' } },
  outputs: {},
  open({ params }) {
    setTimeout(() => {
      const error = new Error(`stray\n\u001b[31m${'x'.repeat(5_000_000)}`);
      if (params.rejects) void Promise.reject(error);
      else throw error;
    }, 50);
    return { on: {} };
  },
});
