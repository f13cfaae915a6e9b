/**
 * Pictures to an MP4 file with H.264 video, and where in that file its packets lie. The only file of the scene renderer
 * with native code; load it when it is needed, with `await import`.
 */
import { rename } from 'node:fs/promises';
import {
  AV_CODEC_FLAG_BITEXACT,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_LOG_ERROR,
  AV_PIX_FMT_YUV420P,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_SMPTE170M,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  AVFMT_FLAG_BITEXACT,
  Codec,
  CodecContext,
  Demuxer,
  FFmpegError,
  FormatContext,
  Frame,
  Log,
  Packet,
  Rational,
  type Stream,
} from 'node-av';
import { WindhoverError } from '../../runtime/errors.ts';

export interface VideoSettings {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** Seconds from one keyframe to the next. Default 2. */
  readonly keyframeS?: number;
  /** x264's constant rate factor: lower is better and larger. Default 21. */
  readonly crf?: number;
}

/** A compressed picture's place in its file. */
export interface PacketRange {
  readonly offset: number;
  readonly length: number;
  readonly keyframe: boolean;
}

/**
 * Encodes pictures (yuv420p bytes without padding) to `path`; a file there is replaced when the new one is complete.
 * The same pictures give the same bytes: one thread, no CPU-dependent shortcuts, no times or version tags.
 * No B-frames, index in front of the pictures.
 * @throws WindhoverError `encoder_missing`; FFmpegError when FFmpeg fails
 */
export async function encodeVideo(
  path: string,
  settings: VideoSettings,
  pictures: Iterable<Uint8Array>,
): Promise<void> {
  const partial = `${path.replace(/\.mp4$/, '')}.partial.mp4`;
  Log.setLevel(AV_LOG_ERROR);
  using encoder = openEncoder(settings);
  await using output = new FormatContext();
  check(output.allocOutputContext2(null, 'mp4', partial), 'allocate the output');
  output.flags = AVFMT_FLAG_BITEXACT;
  const stream = output.newStream(null);
  check(stream.codecpar.fromContext(encoder), 'copy the parameters');
  stream.timeBase = encoder.timeBase;
  stream.avgFrameRate = encoder.framerate;
  check(await output.openOutput(), `open ${partial}`);
  check(output.setOption('movflags', '+faststart'), 'put the index in front');
  check(await output.writeHeader(), 'write the header');
  let pts = 0n;
  // The frame does not copy its bytes, and the encoder reads them while we wait: the collector must not have them before.
  const inUse: Uint8Array[] = [];
  for (const picture of pictures) {
    inUse[0] = picture;
    const { width, height } = settings;
    const props = { width, height, format: AV_PIX_FMT_YUV420P, pts: pts++, timeBase: encoder.timeBase };
    using frame = Frame.fromVideoBuffer(Buffer.from(picture.buffer, picture.byteOffset, picture.byteLength), props);
    check(await encoder.sendFrame(frame), 'encode');
    await writePackets(encoder, output, stream);
  }
  check(await encoder.sendFrame(null), 'flush the encoder');
  inUse.length = 0;
  await writePackets(encoder, output, stream);
  check(await output.writeTrailer(), 'write the trailer');
  await output.closeOutput();
  await rename(partial, path);
}

/** Where the compressed pictures of a video file are, in stored order. */
export async function packetRanges(path: string): Promise<PacketRange[]> {
  await using input = await Demuxer.open(path);
  const ranges: PacketRange[] = [];
  for await (const packet of input.packets()) {
    if (!packet) break;
    ranges.push({ offset: Number(packet.pos), length: packet.size, keyframe: packet.isKeyframe });
    packet.free();
  }
  return ranges;
}

function openEncoder({ width, height, fps, keyframeS = 2, crf = 21 }: VideoSettings): CodecContext {
  const codec = Codec.findEncoderByName('libx264' as Parameters<typeof Codec.findEncoderByName>[0]);
  if (!codec) throw new WindhoverError('encoder_missing', 'no H.264 encoder', { expected: 'libx264 in node-av' });
  const encoder = new CodecContext();
  encoder.allocContext3(codec);
  encoder.width = width;
  encoder.height = height;
  encoder.pixelFormat = AV_PIX_FMT_YUV420P;
  encoder.colorSpace = AVCOL_SPC_SMPTE170M;
  encoder.colorRange = AVCOL_RANGE_MPEG;
  encoder.timeBase = new Rational(1, fps);
  encoder.framerate = new Rational(fps, 1);
  encoder.gopSize = Math.round(fps * keyframeS);
  encoder.maxBFrames = 0;
  encoder.threadCount = 1;
  encoder.setFlags(AV_CODEC_FLAG_BITEXACT, AV_CODEC_FLAG_GLOBAL_HEADER);
  // Scene-cut keyframes are off, so that keyframes come at fixed times.
  const x264 = 'cpu-independent=1:threads=1:lookahead-threads=1:scenecut=0';
  // Set one by one: a Dictionary handed to open2 is freed twice by node-av 6.1.1.
  for (const [name, value] of Object.entries({ preset: 'slow', crf, 'x264-params': x264 })) {
    check(encoder.setOption(name, value), `set ${name}`);
  }
  check(encoder.open2Sync(codec), 'open libx264');
  return encoder;
}

async function writePackets(encoder: CodecContext, output: FormatContext, stream: Stream): Promise<void> {
  using packet = new Packet();
  packet.alloc();
  for (;;) {
    const result = await encoder.receivePacket(packet);
    if (result === AVERROR_EAGAIN || result === AVERROR_EOF) return;
    check(result, 'encode');
    packet.streamIndex = stream.index;
    packet.duration = 1n;
    packet.rescaleTs(encoder.timeBase, stream.timeBase);
    check(await output.interleavedWriteFrame(packet), 'write a packet');
  }
}

function check(result: number, what: string): void {
  FFmpegError.throwIfError(result, what);
}
