/**
 * `virtual-ptz`: a simulated PTZ camera as a source (sim/). The camera of this process takes its motor commands from,
 * and tells its pose on, the session's board, where the driver `sim` of autotrack finds it.
 */
import { boardTopics, defineNode, topics, WindhoverError } from '../../runtime/node.ts';
import { VirtualPtzOptions } from './options.ts';

export default defineNode({
  name: 'virtual-ptz',
  doc: 'Video of a simulated PTZ camera: no camera, no network, no FFmpeg.',
  params: VirtualPtzOptions,
  inputs: {},
  outputs: {
    packets: { kind: 'packet', doc: 'Uncompressed pictures, each with its exact capture time.' },
  },
  topics: { clock: topics.clock },
  board: { posts: [boardTopics.head], watches: [boardTopics.motors] },
  pace: () => 'realtime',
  async validate({ scene, url, profile }) {
    if (url !== undefined && scene !== undefined) {
      throw new WindhoverError('refused', 'the camera at url has its own scene', {
        option: 'scene',
        hint: 'pass the scene to that camera: bun run camera --scene FILE',
      });
    }
    if (url === undefined && profile !== undefined) {
      throw new WindhoverError('refused', 'profile needs url', {
        option: 'profile',
        hint: 'set url; without it, size sets the picture size',
      });
    }
    if (scene === undefined) return;
    const { loadScene } = await import('../../sim/index.ts');
    loadScene(scene);
  },
  async open(context) {
    // Native code and the renderer are loaded here and not at the top: the checking process reads this contract too.
    const { VirtualPlayback } = await import('./playback.ts');
    const playback = new VirtualPlayback(context);
    return { run: (signal) => playback.run(signal), close: () => playback.close() };
  },
});
