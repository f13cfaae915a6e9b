/**
 * `preview`: hands the source's own picture to browsers by WebRTC (WHEP), or as MP4 where that cannot pass, without
 * re-encoding. Its timestamps are media time, so that a browser knows which moment it shows (topic `clock`). Nothing is done while nobody looks.
 */
import { defineNode, previewRequests } from '../../runtime/node.ts';
import { PreviewOptions } from './options.ts';

export default defineNode({
  name: 'preview',
  doc: 'Shows the picture of the source to browsers, without re-encoding, by WebRTC or as MP4.',
  params: PreviewOptions,
  inputs: { packets: { kind: 'packet' } },
  outputs: {},
  requests: previewRequests,
  metrics: { viewers: { kind: 'gauge', name: 'preview_viewers', doc: 'Browsers that look at the picture.' } },
  async open(context) {
    // Native code is loaded here and not at the top: the checking process reads this contract too.
    const { Preview } = await import('./preview.ts');
    const preview = new Preview(context);
    return {
      on: { packets: (message) => preview.take(message) },
      requests: {
        preview_offer: ({ sdp }) => preview.offer(sdp),
        preview_watch: () => preview.watch(),
        preview_read: ({ id }) => preview.read(id),
        preview_end: ({ id }) => preview.end(id),
      },
      close: () => preview.close(),
    };
  },
});
