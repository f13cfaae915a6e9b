/** A picture as JPEG, by FFmpeg. Native code: loaded when the first snapshot is asked for. */
import { WindhoverError } from '../../runtime/errors.ts';
import type { Picture } from '../render/render.ts';

/** FFmpeg's quantiser scale: 2 is best, 31 worst. */
const QUALITY = 4;
/** JPEG has the full range of values; pictures of scenes have 16–235 (luma) and 16–240 (colour). */
const FULL_LUMA = table(16, 219);
const FULL_COLOUR = Uint8Array.from({ length: 256 }, (_, value) => clampByte(128 + ((value - 128) * 255) / 224));

/** @throws WindhoverError `encoder_missing`, `jpeg_failed` */
export async function toJpeg(picture: Picture): Promise<Uint8Array<ArrayBuffer>> {
  const av = await import('node-av');
  const codec = av.Codec.findEncoder(av.AV_CODEC_ID_MJPEG);
  if (!codec) throw new WindhoverError('encoder_missing', 'no JPEG encoder', { expected: 'mjpeg in node-av' });
  using encoder = new av.CodecContext();
  encoder.allocContext3(codec);
  encoder.width = picture.width;
  encoder.height = picture.height;
  encoder.pixelFormat = av.AV_PIX_FMT_YUVJ420P;
  encoder.timeBase = new av.Rational(1, 25);
  encoder.threadCount = 1;
  encoder.setOption('qmin', QUALITY);
  encoder.setOption('qmax', QUALITY);
  check(encoder.open2Sync(codec), 'open');
  const { width, height } = picture;
  const props = { width, height, format: av.AV_PIX_FMT_YUVJ420P, pts: 0n, timeBase: encoder.timeBase };
  using frame = av.Frame.fromVideoBuffer(fullRange(picture), props);
  check(await encoder.sendFrame(frame), 'encode');
  using packet = new av.Packet();
  packet.alloc();
  check(await encoder.receivePacket(packet), 'encode');
  return Uint8Array.from(packet.data ?? new Uint8Array(0));
}

function fullRange({ width, height, bytes }: Picture): Buffer {
  const luma = width * height;
  return Buffer.from(bytes.map((value, at) => (at < luma ? FULL_LUMA : FULL_COLOUR)[value] ?? 0));
}

function table(black: number, range: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, value) => clampByte(((value - black) * 255) / range));
}

function clampByte(value: number): number {
  return Math.min(255, Math.max(0, Math.round(value)));
}

function check(result: number, what: string): void {
  if (result < 0) throw new WindhoverError('jpeg_failed', `JPEG: cannot ${what}`, { got: `FFmpeg error ${result}` });
}
