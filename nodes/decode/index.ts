/**
 * `decode`: decodes packets with FFmpeg and converts each frame straight into the ring of every consumer, in the size,
 * pixel format and fit that the consumer asked for. Runs in the worker of its source.
 */
import { boardTopics, defineNode, droppedFrames } from '../../runtime/node.ts';
import { DecodeOptions } from './options.ts';

export default defineNode({
  name: 'decode',
  doc: 'Decodes video packets into frames.',
  params: DecodeOptions,
  inputs: { packets: { kind: 'packet' } },
  outputs: { frames: { kind: 'frame', doc: 'Decoded frames, in the form that each consumer asks for.' } },
  metrics: {
    decoded: { kind: 'counter', name: 'frames_decoded', doc: 'Frames that were decoded.' },
    rate_limited: droppedFrames('rate_limit'),
    corrupt_packets: droppedFrames('corrupt_packet'),
    corrupt_frames: droppedFrames('corrupt_frame'),
    after_damage: droppedFrames('after_damage'),
    frozen: droppedFrames('frozen'),
  },
  board: { posts: [boardTopics.motion], watches: [boardTopics.motionWanted] },
  picture: async (file, request) => (await import('./picture.ts')).readPicture(file, request),
  async open(context) {
    // Native code is loaded here and not at the top: the server reads this contract too, and must stay free of it.
    const { FrameFlow } = await import('./frame-flow.ts');
    const flow = new FrameFlow(context.params, context);
    return {
      on: { packets: (packet) => flow.decode(packet) },
      update: (params) => flow.limit(params.fps),
      handover: () => flow.handover(),
      end: () => flow.end(),
      close: () => flow.close(),
    };
  },
});
