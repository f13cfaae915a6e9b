/** One drone that hovers; its track is number 17 until it is asked to `rename` it, and 23 from then on, also in the next process. */
import { defineNode, sleep, Type } from '../../runtime/node.ts';

const FRAME_MS = 40;

export default defineNode({
  name: 'renamed',
  doc: 'One track that gets another id.',
  params: Type.Object({}),
  inputs: {},
  outputs: { tracks: { kind: 'tracks' } },
  requests: { rename: { doc: 'Gives the track its other id', params: Type.Object({}), role: 'admin' } },
  pace: () => 'realtime',
  open({ emit, clock, count, kept, keep }) {
    let id = kept === 'renamed' ? 23 : 17;
    return {
      requests: {
        rename() {
          id = 23;
          keep('renamed');
        },
      },
      async run(signal) {
        for (let index = 0; !signal.aborted; index++) {
          count('decoded');
          count(`seen_as_${id}`);
          const nowMs = clock.monoMs();
          const times = { mediaTimeS: nowMs / 1000, captureUnixMs: clock.unixMs(), captureMonoMs: nowMs };
          const frame = { index, ...times, decodedMonoMs: nowMs, size: { w: 1280, h: 720 } };
          const bboxPx = { x: 600, y: 340, w: 60, h: 40 };
          const track = { id, label: 'drone', confidence: 0.9, bboxPx, velocityPxPerS: { x: 0, y: 0 } };
          await emit.tracks({ frame, tracks: [track], inferenceMs: 0 });
          await sleep(FRAME_MS, signal);
        }
      },
    };
  },
});
