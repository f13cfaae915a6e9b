/** Looks at frames of any form, says what it saw, and misbehaves on request. A graph may end in it. */
import { defineNode, type FrameView, Type, WindhoverError } from '../../runtime/node.ts';
import { hold } from './hold.ts';

const oneOf = <T extends string>(...values: T[]) => Type.Union(values.map((value) => Type.Literal(value)));

export default defineNode({
  name: 'frames',
  doc: 'Counts frames.',
  params: Type.Object({
    width: Type.Integer({ default: 64, minimum: 1 }),
    height: Type.Integer({ default: 36, minimum: 1 }),
    format: Type.Unsafe<'rgb24' | 'gray8' | 'rgbf32'>({ ...oneOf('rgb24', 'gray8', 'rgbf32'), default: 'rgb24' }),
    fit: Type.Unsafe<'letterbox' | 'stretch'>({ ...oneOf('letterbox', 'stretch'), default: 'stretch' }),
    block_ms: Type.Number({ default: 0, minimum: 0, description: 'Holds its thread for so long at each frame.' }),
    fail: Type.Unsafe<'never' | 'open' | 'frame'>({ ...oneOf('never', 'open', 'frame'), default: 'never' }),
    hang: Type.Boolean({ default: false, description: 'Never comes back from frame `at`.' }),
    at: Type.Integer({ default: 1, minimum: 1, description: 'The frame at which it fails or hangs, from 1.' }),
    counts: Type.Boolean({ default: true, description: 'Counts as the end of the graph.' }),
    print: Type.Boolean({ default: false, description: 'Prints a line to stdout at the first frame.' }),
  }),
  inputs: {
    frames: {
      kind: 'frame',
      request: ({ width, height, format, fit }) => ({ width, height, format, fit }),
    },
  },
  outputs: {},
  open({ params, count, gauge }) {
    if (params.fail === 'open') throw new WindhoverError('test_open', 'this node never opens', { permanent: true });
    let seen = 0;
    let last = -1;
    return {
      on: {
        async frames(frame) {
          seen += 1;
          if (params.fail === 'frame' && seen === params.at) throw new Error(`frame ${seen} is one too many`);
          if (params.hang && seen === params.at) await new Promise(() => undefined);
          if (params.print && seen === 1) console.log('the first frame is here');
          hold(params.block_ms);
          if (frame.meta.index <= last) count('out_of_order');
          last = frame.meta.index;
          count('frames');
          if (params.counts) count('processed');
          if (params.counts) gauge('settled', last + 1);
          gauge('saw', describe(frame));
        },
      },
      close: () => gauge('closed', 1),
    };
  },
});

/** `64×36 rgb24 6912 bytes, content 64×36, mean 0.43` */
function describe({ request, data, mapping }: FrameView): string {
  const { width, height, format } = request;
  const { w, h } = mapping.contentPx;
  const white = data instanceof Uint8Array ? 255 : 1;
  let sum = 0;
  for (const value of data) sum += value / white;
  return `${width}×${height} ${format} ${data.byteLength} bytes, content ${w}×${h}, mean ${(sum / data.length).toFixed(2)}`;
}
