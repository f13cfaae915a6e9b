/** Uncompressed pictures to H.264 at low cost: for sources that are no real cameras, and only while somebody looks. */
import {
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AV_PIX_FMT_YUV420P,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_SMPTE170M,
  AVERROR_EAGAIN,
  AVERROR_EOF,
} from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, Frame, Packet, Rational } from 'node-av/lib';
import { PACKET_TICKS_PER_S, type Size, WindhoverError } from '../../runtime/node.ts';

/** Each picture comes out as soon as it is in. The quality is that of a good camera. */
const SETTINGS = { preset: 'ultrafast', tune: 'zerolatency', profile: 'baseline', crf: 24 };

export class Encoder {
  readonly size: Size;
  readonly #context: CodecContext;
  readonly #packet = new Packet();

  /** @throws WindhoverError `encoder_missing` */
  constructor(size: Size, fps: number) {
    this.size = size;
    this.#packet.alloc();
    const codec = Codec.findEncoderByName('libx264' as Parameters<typeof Codec.findEncoderByName>[0]);
    if (!codec) throw new WindhoverError('encoder_missing', 'no H.264 encoder', { expected: 'libx264 in node-av' });
    const context = new CodecContext();
    context.allocContext3(codec);
    context.width = size.w;
    context.height = size.h;
    context.pixelFormat = AV_PIX_FMT_YUV420P;
    context.colorSpace = AVCOL_SPC_SMPTE170M;
    context.colorRange = AVCOL_RANGE_MPEG;
    context.timeBase = new Rational(1, PACKET_TICKS_PER_S);
    context.framerate = new Rational(Math.round(fps * 1000), 1000);
    context.gopSize = Math.round(fps * 2);
    context.maxBFrames = 0;
    context.threadCount = 1;
    for (const [name, value] of Object.entries(SETTINGS)) {
      FFmpegError.throwIfError(context.setOption(name, value), `set ${name}`);
    }
    FFmpegError.throwIfError(context.open2Sync(codec), 'open libx264');
    this.#context = context;
  }

  /** @param picture yuv420p without padding @returns the access unit with start codes, in memory of its own */
  async encode(picture: Buffer, pts: bigint, isKey: boolean): Promise<Buffer | null> {
    const { w: width, h: height } = this.size;
    const props = { width, height, format: AV_PIX_FMT_YUV420P, pts, timeBase: this.#context.timeBase };
    using frame = Frame.fromVideoBuffer(picture, props);
    frame.pictType = isKey ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    FFmpegError.throwIfError(await this.#context.sendFrame(frame), 'encode');
    const result = await this.#context.receivePacket(this.#packet);
    if (result === AVERROR_EAGAIN || result === AVERROR_EOF) return null;
    FFmpegError.throwIfError(result, 'encode');
    return Buffer.from(this.#packet.data ?? []);
  }

  free(): void {
    this.#packet.free();
    this.#context.freeContext();
  }
}
