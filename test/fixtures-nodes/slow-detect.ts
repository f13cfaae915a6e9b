/** A detector that takes its time and sees one thing in every frame, always in the same place. */
import { defineNode, Type } from '../../runtime/node.ts';
import { hold } from './hold.ts';

export default defineNode({
  name: 'slow-detect',
  doc: 'Finds one object in every frame, slowly.',
  params: Type.Object({
    block_ms: Type.Number({ default: 0, minimum: 0 }),
    throw_at: Type.Integer({ default: 0, minimum: 0, description: 'Throws on this frame, from 1; 0: never.' }),
  }),
  inputs: { frames: { kind: 'frame', request: () => ({ width: 32, height: 18, format: 'gray8', fit: 'stretch' }) } },
  outputs: { detections: { kind: 'detections' } },
  blocks: true,
  open({ params, emit }) {
    let seen = 0;
    return {
      on: {
        frames({ meta }) {
          seen += 1;
          if (seen === params.throw_at) throw new Error(`cannot bear frame ${seen}`);
          hold(params.block_ms);
          const bboxPx = { x: 100, y: 100, w: 60, h: 40 };
          const detections = [{ bboxPx, confidence: 0.9, label: 'thing' }];
          return emit.detections({ frame: meta, detections, inferenceMs: params.block_ms });
        },
      },
    };
  },
});
