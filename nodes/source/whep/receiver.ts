/** The peer that receives: what it offers, and the packets that it gets. The only file that touches werift. */
import {
  PictureLossIndication,
  type RTCPeerConnection,
  type RTCRtpTransceiver,
  type RtcpPacket,
  RtcpPayloadSpecificFeedback,
  RtcpSrPacket,
  type RtpPacket,
} from 'werift';
import { sleep, WindhoverError } from '../../../runtime/node.ts';
import { captureTimeId, closePeer, hearSocketErrors, openPeer } from '../../../webrtc/index.ts';
import type { VideoCodec } from './access-units.ts';
import { captureNtpOf } from './rtp-clock.ts';
import type { RtpPart } from './rtp-order.ts';

/** The offer does not wait longer for candidates; those of a STUN server take their time. */
const GATHER_MS = 300;
/** An answer may make us try no more addresses. */
const MOST_CANDIDATES = 40;

export interface ReceiverEvents {
  readonly packet: (part: ReceivedPart) => void;
  /** A sender report. */
  readonly report: (timestamp: number, ntp: bigint) => void;
  /** The connection is over. */
  readonly ended: () => void;
}

export interface ReceivedPart extends RtpPart {
  readonly ssrc: number;
  readonly codec: VideoCodec;
}

export interface ReceiverOptions {
  /** The server is on this machine. */
  readonly isLoopback: boolean;
  /** Of a STUN server, if one is to be asked. */
  readonly stun: string | undefined;
  readonly events: ReceiverEvents;
}

export class Receiver {
  readonly #peer: RTCPeerConnection;
  readonly #video: RTCRtpTransceiver;
  readonly #events: ReceiverEvents;
  readonly #candidates: string[] = [];
  #gathered: Promise<unknown> = Promise.resolve();

  constructor({ isLoopback, stun, events }: ReceiverOptions) {
    this.#events = events;
    this.#peer = openPeer({ takesH265: true, stun, host: isLoopback ? '127.0.0.1' : undefined });
    this.#video = this.#peer.addTransceiver('video', { direction: 'recvonly' });
    this.#peer.onIceCandidate.subscribe((candidate) => {
      if (candidate) this.#candidates.push(candidate.candidate);
    });
    this.#peer.connectionStateChange.subscribe((state) => {
      if (['failed', 'closed', 'disconnected'].includes(state)) events.ended();
    });
  }

  get isConnected(): boolean {
    return this.#peer.connectionState === 'connected';
  }

  /** @returns the offer, as SDP */
  async offer(signal: AbortSignal): Promise<string> {
    this.#gathered = this.#peer.setLocalDescription(await this.#peer.createOffer());
    const hear = () => hearSocketErrors(this.#peer);
    await Promise.race([this.#gathered.then(hear), sleep(GATHER_MS, signal)]);
    hear();
    const sdp = this.#peer.localDescription?.sdp ?? '';
    // They are put in only when there are no more to come.
    const found = sdp.includes('a=candidate:') ? [] : this.#candidates.map((candidate) => `a=${candidate}\r\n`);
    return sdp.replace('a=ice-ufrag:', `${found.join('')}a=ice-ufrag:`);
  }

  /** Candidates that were found after that offer, when there are no more to be found; undefined: none. */
  async lateCandidates(offer: string): Promise<string | undefined> {
    await this.#gathered;
    const late = this.#candidates.filter((candidate) => !offer.includes(candidate));
    if (late.length === 0) return undefined;
    const header = offer.split(/\r?\n/).filter((line) => /^(a=ice-(ufrag|pwd):|a=mid:|m=)/.test(line));
    return [...header, ...late.map((candidate) => `a=${candidate}`), 'a=end-of-candidates', ''].join('\r\n');
  }

  /** Takes the answer, and connects. @throws WindhoverError `source_unsupported`, `source_no_video` */
  async accept(sdp: string): Promise<void> {
    try {
      await this.#peer.setRemoteDescription({ type: 'answer', sdp: fewCandidates(sdp) });
    } catch (cause) {
      throw new WindhoverError('source_unreadable', 'the answer of the server is none of WebRTC', { cause });
    }
    const { codecs, currentDirection, dtlsTransport } = this.#video;
    if (!/^m=video [1-9]/m.test(sdp) || currentDirection === 'inactive') {
      throw new WindhoverError('source_no_video', 'the server sends no video');
    }
    const byType = new Map(codecs.map((codec) => [codec.payloadType, codecNamed(codec.name)]));
    dtlsTransport.onRtp.subscribe((packet) => this.#take(packet, byType));
    dtlsTransport.onRtcp.subscribe((packet) => this.#takeReport(packet));
    dtlsTransport.onStateChange.subscribe((state) => {
      if (state === 'closed' || state === 'failed') this.#events.ended();
    });
  }

  /** Asks for a key frame. */
  async wantKey(ssrc: number): Promise<void> {
    const feedback = new PictureLossIndication({ senderSsrc: this.#video.receiver.rtcpSsrc, mediaSsrc: ssrc });
    await this.#video.dtlsTransport.sendRtcp([new RtcpPayloadSpecificFeedback({ feedback })]);
  }

  async close(): Promise<void> {
    await closePeer(this.#peer);
  }

  #take({ header, payload }: RtpPacket, byType: ReadonlyMap<number, VideoCodec | undefined>): void {
    const codec = byType.get(header.payloadType);
    if (codec === undefined) return;
    const { sequenceNumber: sequence, timestamp, marker: isLast, ssrc } = header;
    const id = captureTimeId(this.#video);
    const captureNtp = captureNtpOf(header.extensions.find((extension) => extension.id === id)?.payload);
    this.#events.packet({ sequence, timestamp, isLast, ssrc, codec, payload, captureNtp });
  }

  #takeReport(packet: RtcpPacket): void {
    if (!(packet instanceof RtcpSrPacket)) return;
    const { rtpTimestamp, ntpTimestamp } = packet.senderInfo;
    this.#events.report(rtpTimestamp, ntpTimestamp);
  }
}

function codecNamed(name: string): VideoCodec | undefined {
  const lower = name.toLowerCase();
  return lower === 'h264' || lower === 'h265' ? lower : undefined;
}

function fewCandidates(sdp: string): string {
  let left = MOST_CANDIDATES;
  const isKept = (line: string) => !line.startsWith('a=candidate:') || left-- > 0;
  return sdp.split(/\r?\n/).filter(isKept).join('\r\n');
}
