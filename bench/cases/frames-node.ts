/** A node of the cases: tells of each frame when it is from, how large its source is, and how light it is. */
import { defineNode, Type, topic } from '../../runtime/node.ts';

/** What it tells of a frame. */
export interface SeenFrame {
  readonly index: number;
  readonly mediaTimeS: number;
  readonly captureUnixMs: number;
  readonly seenUnixMs: number;
  readonly size: { readonly w: number; readonly h: number };
  /** Grey values of the middle row, 0 to 255. */
  readonly row: readonly number[];
}

const WIDTH = 64;
const HEIGHT = 48;

export default defineNode({
  name: 'case-frames',
  doc: 'Tells of each frame.',
  params: Type.Object({}),
  inputs: {
    frames: { kind: 'frame', request: () => ({ width: WIDTH, height: HEIGHT, format: 'gray8', fit: 'stretch' }) },
  },
  outputs: {},
  topics: { bench: topic({ doc: 'Every frame', schema: Type.Object({}), keep: 'every' }) },
  open: ({ publish, count, gauge }) => ({
    on: {
      frames: ({ meta, data }) => {
        count('processed');
        gauge('settled', meta.index + 1);
        const row = [...data.subarray((WIDTH * HEIGHT) / 2, (WIDTH * HEIGHT) / 2 + WIDTH)];
        const { index, mediaTimeS, captureUnixMs, size } = meta;
        return publish(
          'bench',
          { index, mediaTimeS, captureUnixMs, seenUnixMs: Date.now(), size, row },
          { live: false },
        );
      },
    },
  }),
});
