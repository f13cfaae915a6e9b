/**
 * `source`: opens a video file or URL with FFmpeg and emits its video packets. Paces files, loops them, reconnects to
 * what is live. The decoder sits in the same worker, so packets are never copied.
 */
import { defineNode, openVirtualCamera, pathOption, type Static, Type, WindhoverError } from '../../runtime/node.ts';
import { readAddress, SCHEME } from './virtual-ptz/address.ts';

const params = Type.Object({
  url: Type.String({
    ...pathOption({ urls: true, prefix: SCHEME }),
    minLength: 1,
    description:
      'File, any URL that FFmpeg opens (rtsp://…, http://…), or virtual-ptz:… for a camera that is not there.',
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
  async validate({ url, pace }) {
    if (!url.startsWith(SCHEME)) return;
    const { scene } = readAddress(url);
    if (pace === 'asap') {
      throw new WindhoverError('source_address', url, { expected: 'pace: realtime for a camera', got: 'pace: asap' });
    }
    if (scene !== null) await openVirtualCamera(scene, NO_TIME);
  },
  async open(context) {
    if (context.params.url.startsWith(SCHEME)) {
      const { VirtualPlayback } = await import('./virtual-ptz/playback.ts');
      const camera = new VirtualPlayback(context);
      return { run: (signal) => camera.run(signal), close: () => camera.close() };
    }
    // Native code is loaded here and not at the top: the server reads this contract too, and must stay free of it.
    const { Playback } = await import('./playback.ts');
    const playback = new Playback(context.params, context);
    return { run: (signal) => playback.run(signal) };
  },
});

/** A scene is only looked at, nothing in it moves. */
const NO_TIME = { monoMs: () => 0, unixMs: () => 0 };
