/** Hands tracks on as often as it is told to, and one frame's with a box that has no width. */
import { defineNode, Type } from '../../runtime/node.ts';

export default defineNode({
  name: 'mistaken',
  doc: 'Hands tracks on, more often than they come, or with a mistake.',
  params: Type.Object({
    times: Type.Integer({ default: 1, minimum: 0 }),
    wrong_at: Type.Integer({ default: -1, description: 'Index of the frame with the mistake.' }),
  }),
  inputs: { tracks: { kind: 'tracks' } },
  outputs: { tracks: { kind: 'tracks' } },
  open({ params, emit }) {
    return {
      on: {
        async tracks(message) {
          const isWrong = message.frame.index === params.wrong_at;
          const width = (w: number) => (isWrong ? Number.NaN : w);
          const tracks = message.tracks.map((track) => {
            return { ...track, bboxPx: { ...track.bboxPx, w: width(track.bboxPx.w) } };
          });
          for (let i = 0; i < params.times; i++) await emit.tracks({ ...message, tracks });
        },
      },
    };
  },
});
