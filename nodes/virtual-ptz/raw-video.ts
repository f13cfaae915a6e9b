/** Pictures as packets of uncompressed video: what the decoder takes from any other source. */
import { AV_CODEC_ID_RAWVIDEO, AV_PIX_FMT_YUV420P, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { CodecParameters, Packet } from 'node-av/lib';
import { PACKET_TICKS_PER_S, type Size } from '../../runtime/node.ts';

export class RawVideo {
  readonly codec = new CodecParameters();
  readonly packet = new Packet();
  readonly size: Size;

  constructor(size: Size) {
    this.size = size;
    this.codec.alloc();
    this.codec.codecType = AVMEDIA_TYPE_VIDEO;
    this.codec.codecId = AV_CODEC_ID_RAWVIDEO;
    this.codec.format = AV_PIX_FMT_YUV420P;
    this.codec.width = size.w;
    this.codec.height = size.h;
    this.packet.alloc();
  }

  /** @param mediaTimeS its media time @returns the packet, valid until the next call */
  wrap(bytes: Uint8Array, mediaTimeS: number): Packet {
    this.packet.unref();
    this.packet.data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const pts = BigInt(Math.round(mediaTimeS * PACKET_TICKS_PER_S));
    this.packet.pts = pts;
    this.packet.dts = pts;
    return this.packet;
  }

  free(): void {
    this.packet.free();
    this.codec.free();
  }
}
