/** Takes detections, and does nothing with them. */
import { defineNode, Type } from '../../runtime/node.ts';

export default defineNode({
  name: 'sink',
  doc: 'Takes detections.',
  params: Type.Object({}),
  inputs: { detections: { kind: 'detections' } },
  outputs: {},
  open: () => ({ on: { detections: () => undefined } }),
});
