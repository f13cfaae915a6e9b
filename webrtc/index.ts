/** What all WebRTC peers of the nodes need. Loads werift: import it when there is a peer. */
import {
  Connection,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  RTCRtpHeaderExtensionParameters,
  type RTCRtpTransceiver,
  StunProtocol,
  useFIR,
  useNACK,
  usePLI,
} from 'werift';

const CAPTURE_TIME = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';
/** Constrained baseline, baseline, main, high; the level is that of browsers. */
const H264_PROFILES = ['42e01f', '42001f', '4d001f', '64001f'];
const H265 = { mimeType: 'video/H265', parameters: 'level-id=186;profile-id=1;tier-flag=0;tx-mode=SRST' };
const CLOSE_TIMEOUT_MS = 500;

export interface PeerOptions {
  readonly takesH265?: boolean;
  /** Of a STUN server, if one is to be asked. */
  readonly stun?: string | undefined;
  /** An address of this machine, beside those of its networks. */
  readonly host?: string | undefined;
}

/** A peer for one video, with the times of capture. */
export function openPeer({ takesH265 = false, stun, host }: PeerOptions): RTCPeerConnection {
  const h264 = H264_PROFILES.map((profile) => ({
    mimeType: 'video/H264',
    parameters: `level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=${profile}`,
  }));
  const feedback = { clockRate: 90_000, rtcpFeedback: [useNACK(), usePLI(), useFIR()] };
  const codecs = [...h264, ...(takesH265 ? [H265] : [])];
  return new RTCPeerConnection({
    codecs: { video: codecs.map((codec) => new RTCRtpCodecParameters({ ...codec, ...feedback })), audio: [] },
    headerExtensions: { video: [new RTCRtpHeaderExtensionParameters({ uri: CAPTURE_TIME })] },
    iceServers: stun === undefined ? [] : [{ urls: stun }],
    iceAdditionalHostAddresses: host === undefined ? undefined : [host],
  });
}

/** Number by which packets carry the time of capture; undefined: the other side does not know it. */
export function captureTimeId({ headerExtensions }: RTCRtpTransceiver): number | undefined {
  return headerExtensions.find(({ uri }) => uri === CAPTURE_TIME)?.id;
}

/** werift leaves its sockets without a listener: errors of theirs would end the process. */
export function hearSocketErrors(peer: RTCPeerConnection): void {
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

export async function closePeer(peer: RTCPeerConnection): Promise<void> {
  await Promise.race([peer.close(), Bun.sleep(CLOSE_TIMEOUT_MS)]);
}
