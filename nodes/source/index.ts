/**
 * `source`: opens a video file or URL with FFmpeg and emits its video packets. Paces files, loops them, reconnects to
 * what is live. The decoder sits in the same worker, so packets are never copied.
 */
import { defineNode, pathOption, type Static, Type } from '../../runtime/node.ts';

const params = Type.Object({
  url: Type.String({
    ...pathOption({ urls: true }),
    minLength: 1,
    description: 'File, or any URL that FFmpeg opens (rtsp://…, http://…).',
  }),
  pace: Type.Union([Type.Literal('realtime'), Type.Literal('asap')], {
    default: 'realtime',
    description:
      'realtime: files play at their own speed and late frames are dropped, as from a camera. asap: every frame, as fast as it goes.',
  }),
  loop: Type.Boolean({ default: false, description: 'Start a file again when it ends.' }),
  start_s: Type.Number({ default: 0, minimum: 0, description: 'Where in a file to start, in seconds.' }),
  open_timeout_s: Type.Number({
    default: 10,
    exclusiveMinimum: 0,
    maximum: 120,
    description: 'Longest time that opening or a single read may take, in seconds.',
  }),
});

export type SourceParams = Static<typeof params>;

export default defineNode({
  name: 'source',
  doc: 'Video from a file or a URL.',
  params,
  inputs: {},
  outputs: { packets: { kind: 'packet', doc: 'Compressed video packets of the best video stream.' } },
  pace: ({ pace }) => pace,
  async open(context) {
    // Native code is loaded here and not at the top: the server reads this contract too, and must stay free of it.
    const { Playback } = await import('./playback.ts');
    const playback = new Playback(context.params, context);
    return { run: (signal) => playback.run(signal) };
  },
});
