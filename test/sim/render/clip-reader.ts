/** Decodes a clip for tests and hands out its pictures, one at a time. */
import {
  AV_LOG_ERROR,
  AV_LOG_QUIET,
  AV_PIX_FMT_GBRPF32LE,
  AV_PIX_FMT_YUV420P,
  Codec,
  CodecContext,
  Decoder,
  Demuxer,
  FFmpegError,
  Frame,
  Log,
  SoftwareScaleContext,
} from 'node-av';

export interface ClipPicture {
  readonly index: number;
  readonly width: number;
  readonly height: number;
  readonly keyframe: boolean;
  /** Planes one after the other, without padding. */
  readonly yuv420p: Uint8Array;
  /** [3, height, width] in 0–1, planes red, green, blue: what the model takes. Made when it is asked for. */
  readonly rgb: () => Float32Array;
}

/** Pictures of a file's video in order. They are the reader's only until the next one is asked for. */
export async function* readClip(file: string): AsyncGenerator<ClipPicture> {
  Log.setLevel(AV_LOG_ERROR);
  await using input = await Demuxer.open(file);
  const stream = input.video();
  if (!stream) throw new Error(`${file}: no video`);
  using decoder = await Decoder.create(stream);
  let index = 0;
  for await (const frame of decoder.frames(input.packets(stream.index))) {
    if (!frame) break;
    const { width, height } = frame;
    if (frame.format !== AV_PIX_FMT_YUV420P) throw new Error(`${file}: not yuv420p`);
    yield { index, width, height, keyframe: frame.keyFrame === 1, yuv420p: frame.toBuffer(), rgb: () => toRgb(frame) };
    index++;
    frame.free();
  }
}

/**
 * Decodes a whole file, going on after errors.
 * @returns how many pictures came out, and how many packets the decoder refused
 * @throws FFmpegError when the file does not open
 */
export async function decodeAll(file: string): Promise<{ pictures: number; errors: number }> {
  Log.setLevel(AV_LOG_QUIET);
  await using input = await Demuxer.open(file);
  const stream = input.video();
  const codec = stream && Codec.findDecoder(stream.codecpar.codecId);
  if (!stream || !codec) throw new Error(`${file}: no video that can be decoded`);
  using decoder = new CodecContext();
  decoder.allocContext3(codec);
  FFmpegError.throwIfError(stream.codecpar.toContext(decoder), 'parameters');
  // With more threads an error belongs to a later call than its packet.
  decoder.threadCount = 1;
  FFmpegError.throwIfError(decoder.open2Sync(codec), 'open the decoder');
  using frame = new Frame();
  frame.alloc();
  const counts = { pictures: 0, errors: 0 };
  const drain = (): void => {
    while (decoder.receiveFrameSync(frame) >= 0) counts.pictures++;
  };
  for await (const packet of input.packets(stream.index)) {
    if (!packet) break;
    if (decoder.sendPacketSync(packet) < 0) counts.errors++;
    drain();
    packet.free();
  }
  decoder.sendPacketSync(null);
  drain();
  return counts;
}

function toRgb(frame: Frame): Float32Array {
  const { width, height } = frame;
  using scaler = new SoftwareScaleContext();
  using planar = new Frame();
  planar.alloc();
  planar.width = width;
  planar.height = height;
  planar.format = AV_PIX_FMT_GBRPF32LE;
  scaler.getContext(width, height, AV_PIX_FMT_YUV420P, width, height, AV_PIX_FMT_GBRPF32LE);
  planar.getBuffer();
  scaler.scaleFrameSync(planar, frame);
  const bytes = planar.toBuffer();
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const plane = width * height;
  const rgb = new Float32Array(3 * plane);
  // FFmpeg's planes come in the order green, blue, red.
  rgb.set(all.subarray(2 * plane, 3 * plane), 0);
  rgb.set(all.subarray(0, 2 * plane), plane);
  return rgb;
}
