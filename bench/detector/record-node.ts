/** A node of the bench: sends all detections and tracks that it gets to the parent process, as messages of no client. */
import { defineNode, Type, topic } from '../../runtime/node.ts';

export default defineNode({
  name: 'bench-record',
  doc: 'Writes down detections and tracks.',
  params: Type.Object({}),
  inputs: { detections: { kind: 'detections' }, tracks: { kind: 'tracks' } },
  outputs: {},
  topics: { bench: topic({ doc: 'All that passes', schema: Type.Object({}), keep: 'every' }) },
  open: ({ publish }) => ({
    on: {
      detections: (detections) => publish('bench', { detections, cpuMs: cpuMs() }, { live: false }),
      tracks: (tracks) => publish('bench', { tracks }, { live: false }),
    },
  }),
});

/** Of the whole process so far. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
