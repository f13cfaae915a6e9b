/** What a browser asks of the node that hands on the picture. */
import { Type } from '@sinclair/typebox';
import { closed, name } from './common.ts';

const MAX_SDP_CHARS = 64 * 1024;
const sdp = (description: string) => Type.String({ minLength: 1, maxLength: MAX_SDP_CHARS, description });

/** Requests to the node that hands on the picture: its contract declares them. */
export const previewRequests = {
  preview_offer: {
    doc: 'Send the picture to this WebRTC peer',
    params: closed({ sdp: sdp('Offer of the peer') }),
    result: closed({ id: name('Of the viewer'), sdp: sdp('The answer') }),
    role: 'viewer',
  },
  preview_watch: {
    doc: 'Keep the picture ready as MP4, for one viewer',
    params: closed({}),
    result: closed({ id: name('Of the viewer') }),
    role: 'viewer',
  },
  preview_read: {
    doc: 'What has come since this viewer read last',
    params: closed({ id: name('Of the viewer') }),
    result: closed({
      type: Type.Optional(
        Type.String({ description: 'Content type, with the codec; not known before the first picture' }),
      ),
      data: Type.String({ description: 'Fragmented MP4, in base64' }),
    }),
    role: 'viewer',
  },
  preview_end: { doc: 'The peer is gone', params: closed({ id: name('Of the viewer') }), role: 'viewer' },
} as const;
