/** A picture as JPEG, by FFmpeg. Native code: loaded when the first snapshot is asked for. */
import { errorMessage, WindhoverError } from '../../runtime/errors.ts';
import type { Picture } from '../render/render.ts';

/** FFmpeg's quantiser scale: 2 is best, 31 worst. */
const QUALITY = 4;
/** JPEG has the full range of values; pictures of scenes have 16–235 (luma) and 16–240 (colour). */
const FULL_LUMA = fullRange((value) => ((value - 16) * 255) / 219);
const FULL_COLOUR = fullRange((value) => 128 + ((value - 128) * 255) / 224);

/** @throws WindhoverError `jpeg_failed` */
export async function toJpeg({ width, height, bytes }: Picture): Promise<Uint8Array<ArrayBuffer>> {
  const { AV_CODEC_ID_MJPEG, AV_PIX_FMT_YUVJ420P, Encoder, Frame, Rational } = await import('node-av');
  const luma = width * height;
  const full = bytes.map((value, at) => (at < luma ? FULL_LUMA : FULL_COLOUR)[value] ?? 0);
  const props = { width, height, format: AV_PIX_FMT_YUVJ420P, pts: 0n, timeBase: new Rational(1, 25) };
  using frame = Frame.fromVideoBuffer(Buffer.from(full.buffer), props);
  try {
    const options = { qmin: QUALITY, qmax: QUALITY };
    return Uint8Array.from(await Encoder.encodeOne(AV_CODEC_ID_MJPEG, frame, { threadCount: 1, options }));
  } catch (cause) {
    throw new WindhoverError('jpeg_failed', 'the picture cannot be encoded as JPEG', {
      got: errorMessage(cause),
      cause,
    });
  }
}

function fullRange(toFull: (value: number) => number): Uint8ClampedArray {
  return Uint8ClampedArray.from({ length: 256 }, (_, value) => toFull(value));
}
