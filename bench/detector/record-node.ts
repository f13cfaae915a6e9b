/** A node of the bench: sends all detections and tracks that it gets to the parent process, as messages of no client. */
import { defineNode, Type } from '../../runtime/node.ts';

export default defineNode({
  name: 'bench-record',
  doc: 'Writes down detections and tracks.',
  params: Type.Object({}),
  inputs: { detections: { kind: 'detections' }, tracks: { kind: 'tracks' } },
  outputs: {},
  open: ({ send }) => ({
    on: {
      detections: (detections) => send({ topic: 'event', live: false, json: JSON.stringify({ detections }) }),
      tracks: (tracks) => send({ topic: 'event', live: false, json: JSON.stringify({ tracks }) }),
    },
  }),
});
