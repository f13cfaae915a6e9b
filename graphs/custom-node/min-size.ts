/** A node of one's own: passes on only the tracks that are at least so many pixels large. */
import { defineNode, Type } from '../../runtime/node.ts';

export default defineNode({
  name: 'min-size',
  doc: 'Drops tracks that are small in the picture.',
  params: Type.Object({
    min_px: Type.Number({ default: 16, minimum: 0, maximum: 10_000, description: 'Smallest longer side, in pixels.' }),
  }),
  inputs: { tracks: { kind: 'tracks' } },
  outputs: { tracks: { kind: 'tracks' } },
  open({ params, emit, count }) {
    return {
      on: {
        tracks(message) {
          const tracks = message.tracks.filter(({ bboxPx }) => Math.max(bboxPx.w, bboxPx.h) >= params.min_px);
          count('too_small', message.tracks.length - tracks.length);
          return emit.tracks({ ...message, tracks });
        },
      },
    };
  },
});
