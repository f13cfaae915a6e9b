/** A tracker of somebody else: each detection is called by its place in the list, in every process again. */
import { defineNode, Type } from '../../runtime/node.ts';

export default defineNode({
  name: 'numbers-objects',
  doc: 'Calls objects 1, 2, 3 as they come.',
  params: Type.Object({}),
  inputs: { detections: { kind: 'detections' } },
  outputs: { tracks: { kind: 'tracks' } },
  open: ({ emit }) => ({
    on: {
      detections({ frame, detections, inferenceMs }) {
        const velocityPxPerS = { x: 0, y: 0 };
        const tracks = detections.map((detection, i) => ({ ...detection, id: i + 1, velocityPxPerS }));
        return emit.tracks({ frame, tracks, inferenceMs });
      },
    },
  }),
});
