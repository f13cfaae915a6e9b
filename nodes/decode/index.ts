/**
 * `decode`: decodes packets with FFmpeg and converts each frame straight into the ring of every consumer, in the size,
 * pixel format and fit that the consumer asked for. Runs in the worker of its source.
 */
import { defineNode, type Static, Type } from '../../runtime/node.ts';

const params = Type.Object({
  fps: Type.Optional(
    Type.Number({
      exclusiveMinimum: 0,
      maximum: 1000,
      description: 'Highest frame rate handed on, in frames per second of capture time; without it, every frame.',
    }),
  ),
  threads: Type.Integer({
    default: 1,
    minimum: 0,
    maximum: 64,
    description: 'Decoder threads; 0 lets FFmpeg choose. More than one adds a frame of delay for each.',
  }),
});

export type DecodeParams = Static<typeof params>;

export default defineNode({
  name: 'decode',
  doc: 'Decodes video packets into frames.',
  params,
  inputs: { packets: { kind: 'packet' } },
  outputs: { frames: { kind: 'frame', doc: 'Decoded frames, in the form that each consumer asks for.' } },
  async open(context) {
    // Native code is loaded here and not at the top: the server reads this contract too, and must stay free of it.
    const { FrameFlow } = await import('./frame-flow.ts');
    const flow = new FrameFlow(context.params, context);
    return {
      on: { packets: (packet) => flow.decode(packet) },
      end: () => flow.end(),
      close: () => flow.close(),
    };
  },
});
