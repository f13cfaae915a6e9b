/** One browser that is sent the picture. The only file of the node that touches werift. */
import {
  Connection,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  type RTCRtpTransceiver,
  RtpHeader,
  StunProtocol,
  useNACK,
  usePLI,
} from 'werift';
import { WindhoverError } from '../../runtime/node.ts';

const CLOSE_TIMEOUT_MS = 500;
/** Baseline, and what cameras send: a browser that takes one decodes the others, too. */
const PROFILES = ['42e01f', '42001f', '4d001f', '64001f'];

export interface ViewerEvents {
  /** It wants a key frame. */
  readonly wantsKey: () => void;
  /** It says what it has got: it is there. */
  readonly heard: () => void;
  readonly ended: () => void;
}

export class Viewer {
  readonly id = crypto.randomUUID();
  /** It gets no picture before the first key frame. */
  hasKey = false;
  readonly #peer: RTCPeerConnection;
  readonly #video: RTCRtpTransceiver;
  readonly #host: string;
  readonly #ssrc = crypto.getRandomValues(new Uint32Array(1))[0] ?? 1;
  #sequence = 0;

  constructor(host: string, { wantsKey, heard, ended }: ViewerEvents) {
    const rtcpFeedback = [useNACK(), usePLI()];
    const video = PROFILES.map((profile) => {
      const parameters = `level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=${profile}`;
      return new RTCRtpCodecParameters({ mimeType: 'video/H264', parameters, clockRate: 90_000, rtcpFeedback });
    });
    this.#peer = new RTCPeerConnection({
      codecs: { video, audio: [] },
      iceServers: [],
      iceAdditionalHostAddresses: [host],
    });
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

  /** @param timestamp of RTP: 90 kHz, modulo 2^32 */
  send(payloads: readonly Buffer[], timestamp: number): void {
    for (const [i, payload] of payloads.entries()) {
      const header = new RtpHeader({
        sequenceNumber: this.#sequence++ & 0xffff,
        timestamp,
        marker: i === payloads.length - 1,
        ssrc: this.#ssrc,
        payloadType: this.#video.codecs[0]?.payloadType ?? 96,
      });
      void this.#video.dtlsTransport.sendRtp(payload, header).catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    await Promise.race([this.#peer.close(), Bun.sleep(CLOSE_TIMEOUT_MS)]);
  }
}

/** werift leaves its sockets without a listener: errors of theirs would end the process. */
function hearSocketErrors(peer: RTCPeerConnection): void {
  for (const { connection } of peer.iceTransports) {
    if (!(connection instanceof Connection)) continue;
    // biome-ignore lint/complexity/useLiteralKeys: a way to what is private in its types
    for (const protocol of connection['protocols']) {
      if (!(protocol instanceof StunProtocol) || protocol.transport.socket.listenerCount('error') > 0) continue;
      // What is lost with them is noticed by the silence.
      protocol.transport.socket.on('error', () => undefined);
    }
  }
}
