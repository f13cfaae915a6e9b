/** Clips made smaller inside their own frame, as objects further away would be: FFmpeg filters, one new file a clip. */
import { join } from 'node:path';
import {
  AV_LOG_ERROR,
  Decoder,
  Demuxer,
  Encoder,
  FF_ENCODER_LIBX264,
  FFmpegError,
  FilterAPI,
  type Frame,
  Log,
  Muxer,
  pipeline,
} from 'node-av';
import type { Size } from '../../runtime/data.ts';
import { WindhoverError } from '../../runtime/errors.ts';
import { type Margin, marginIn, shrinkLabel, shrunkPicture } from './boxes.ts';
import type { Clip } from './data-set.ts';

/** Good enough that small objects survive the second encoding. */
const CRF = 12;

/**
 * Writes the clip's picture at 1/`factor` into the middle of a frame of the old size; the rest repeats its borders.
 * @returns the new clip, labels moved along
 * @throws WindhoverError `bench_video`; FFmpegError when FFmpeg fails
 */
export async function shrinkClip(clip: Clip, factor: number, margin: Margin, folder: string): Promise<Clip> {
  const video = join(folder, `${clip.name}-${factor}.mp4`);
  await filterVideo(clip.video, video, shrinkFilter(clip.size, factor));
  const picture = shrunkPicture(clip.size, factor);
  const pad = marginIn(clip.size, margin);
  const labels = clip.labels.map((frame) =>
    frame.map((label) => ({ class: label.class, ...shrinkLabel(label, clip.size, picture, pad) })),
  );
  return { ...clip, video, labels };
}

export interface FilterOptions {
  /** Quality of the new file, as x264 counts: lower is better. */
  readonly crf?: number;
  /** Frames that are taken. */
  readonly most?: number;
}

export function shrinkFilter(size: Size, factor: number): string {
  const { x, y, w, h } = shrunkPicture(size, factor);
  const borders = `left=${x}:right=${size.w - w - x}:top=${y}:bottom=${size.h - h - y}:mode=smear`;
  return `scale=${w}:${h}:flags=area,pad=${size.w}:${size.h}:${x}:${y},fillborders=${borders},setsar=1,format=yuv420p`;
}

/**
 * Writes a video anew, through FFmpeg's filters.
 * @throws WindhoverError `bench_video`; FFmpegError when FFmpeg fails
 */
export async function filterVideo(
  from: string,
  to: string,
  filter: string,
  options: FilterOptions = {},
): Promise<void> {
  const { crf = CRF, most = Number.POSITIVE_INFINITY } = options;
  Log.setLevel(AV_LOG_ERROR);
  await using input = await Demuxer.open(from);
  const stream = input.video();
  if (!stream) throw new WindhoverError('bench_video', `${from} has no video`);
  using decoder = await Decoder.create(stream);
  using filters = FilterAPI.create(filter);
  using encoder = await Encoder.create(FF_ENCODER_LIBX264, {
    decoder,
    filter: filters,
    // Not by `options`: a Dictionary handed to the open call is freed twice by node-av 6.1.1.
    configure: (context) => {
      context.maxBFrames = 0;
      for (const [name, value] of Object.entries({ preset: 'veryfast', crf })) {
        FFmpegError.throwIfError(context.setOption(name, value), `set ${name}`);
      }
    },
  });
  await using output = await Muxer.open(to);
  await pipeline(first(decoder.frames(input.packets(stream.index)), most), filters, encoder, output).completion;
}

async function* first(frames: AsyncIterable<Frame | null>, most: number): AsyncGenerator<Frame | null> {
  let count = 0;
  for await (const frame of frames) {
    if (frame && count++ >= most) {
      frame.free();
      break;
    }
    if (frame) yield frame;
  }
  // What the filters still hold comes out.
  yield null;
}
