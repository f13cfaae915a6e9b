/** Emits numbered detections as fast as they are taken. */
import { defineNode, Type } from '../../runtime/node.ts';

export default defineNode({
  name: 'numbers',
  doc: 'Emits numbered detections.',
  params: Type.Object({
    count: Type.Integer({ default: 1000, minimum: 1 }),
    pace: Type.Unsafe<'realtime' | 'asap'>(
      Type.Union([Type.Literal('realtime'), Type.Literal('asap')], { default: 'asap' }),
    ),
  }),
  inputs: {},
  outputs: { detections: { kind: 'detections' } },
  pace: ({ pace }) => pace,
  open({ params, emit, count }) {
    return {
      async run(signal) {
        for (let index = 0; index < params.count && !signal.aborted; index++) {
          const mediaTimeS = index / 25;
          const captureMs = mediaTimeS * 1000;
          const size = { w: 640, h: 360 };
          const times = { mediaTimeS, captureUnixMs: captureMs, captureMonoMs: captureMs, decodedMonoMs: 0 };
          count('decoded');
          await emit.detections({ frame: { index, ...times, size }, detections: [], inferenceMs: 0 });
        }
      },
    };
  },
});
