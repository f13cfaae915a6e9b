/** One browser that is sent the picture by WebRTC. The only file of the node that touches werift. */
import { type RTCPeerConnection, type RTCRtpTransceiver, RtpHeader } from 'werift';
import { WindhoverError } from '../../runtime/node.ts';
import { captureTimeId, closePeer, hearSocketErrors, openPeer } from '../../webrtc/index.ts';
import type { SentPicture, Viewer } from './viewer.ts';

/** From 1900 to 1970. */
const NTP_TO_UNIX_S = 2_208_988_800n;

export interface ViewerEvents {
  /** It wants a key frame. */
  readonly wantsKey: () => void;
  /** It says what it has got: it is there. */
  readonly heard: () => void;
  readonly ended: () => void;
}

export class WebRtcViewer implements Viewer {
  readonly id = crypto.randomUUID();
  hasKey = false;
  readonly #peer: RTCPeerConnection;
  readonly #video: RTCRtpTransceiver;
  readonly #host: string;
  readonly #ssrc = crypto.getRandomValues(new Uint32Array(1))[0] ?? 1;
  #sequence = 0;

  constructor(host: string, { wantsKey, heard, ended }: ViewerEvents) {
    this.#peer = openPeer({ host });
    this.#video = this.#peer.addTransceiver('video', { direction: 'sendonly' });
    this.#video.sender.onPictureLossIndication.subscribe(wantsKey);
    this.#video.dtlsTransport.onRtcp.subscribe(heard);
    this.#peer.connectionStateChange.subscribe((state) => {
      if (state === 'connected') wantsKey();
      if (['failed', 'closed', 'disconnected'].includes(state)) ended();
    });
    this.#host = host;
  }

  get isConnected(): boolean {
    return this.#peer.connectionState === 'connected';
  }

  /** @returns the answer. @throws WindhoverError `preview_refused`: the offer is none, or takes no H.264 */
  async answer(offer: string): Promise<string> {
    try {
      if (!/^m=video /m.test(offer) || !/ H264\/90000/i.test(offer)) throw new Error('it asks for no H.264 video');
      await this.#peer.setRemoteDescription({ type: 'offer', sdp: offer });
      await this.#peer.setLocalDescription(await this.#peer.createAnswer());
    } catch (cause) {
      throw new WindhoverError('preview_refused', 'the offer cannot be answered', {
        expected: 'an SDP offer to receive H.264 video',
        cause,
      });
    }
    hearSocketErrors(this.#peer);
    const sdp = this.#peer.localDescription?.sdp ?? '';
    const isKept = (line: string) => !line.startsWith('a=candidate') || line.includes(` ${this.#host} `);
    return sdp
      .split('\r\n')
      .filter(isKept)
      .join('\r\n')
      .replaceAll(/^a=ssrc:\d+/gm, `a=ssrc:${this.#ssrc}`);
  }

  send({ payloads, mediaTicks, captureUnixMs }: SentPicture): void {
    const timestamp = Number(mediaTicks & 0xffff_ffffn);
    const id = captureTimeId(this.#video);
    const extension =
      id === undefined ? {} : { extension: true, extensions: [{ id, payload: ntpBytes(captureUnixMs) }] };
    for (const [i, payload] of payloads.entries()) {
      const header = new RtpHeader({
        sequenceNumber: this.#sequence++ & 0xffff,
        timestamp,
        marker: i === payloads.length - 1,
        ssrc: this.#ssrc,
        payloadType: this.#video.codecs[0]?.payloadType ?? 96,
        ...extension,
      });
      void this.#video.dtlsTransport.sendRtp(payload, header).catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    await closePeer(this.#peer);
  }
}

/** NTP time: whole seconds, and their parts in 2^32. */
function ntpBytes(unixMs: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE((NTP_TO_UNIX_S << 32n) + (BigInt(Math.round(unixMs * 1000)) << 32n) / 1_000_000n);
  return bytes;
}
