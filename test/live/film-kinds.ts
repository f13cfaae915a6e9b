/** Files of many kinds, made by FFmpeg: what they are called, and how each is made. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const PICTURES = '-f lavfi -i testsrc2=size=64x48:rate=25';
export const X264 = '-c:v libx264 -preset veryfast -g 10 -bf 2';
const BITS_PER_NUMBER = 0x10000;

export interface FilmKind {
  readonly name: string;
  /** Words of ffmpeg's command line. */
  readonly make: string;
  /** What is done to the file then. */
  readonly edit?: (bytes: Buffer) => Buffer;
  /** Codes of the log entries. */
  readonly says?: readonly string[];
  /** Filters that ffmpeg needs to show it so. */
  readonly filters?: string;
}

/** A display matrix of quarter turns and mirrors. */
function turned([a, b, c, d]: readonly [number, number, number, number]): FilmKind {
  const edit = (bytes: Buffer) => {
    const at = bytes.indexOf('tkhd') + 4 + 40;
    for (const [i, value] of [a, b, 0, c, d, 0].entries()) bytes.writeInt32BE(value * BITS_PER_NUMBER, at + 4 * i);
    return bytes;
  };
  return { name: `turned ${a} ${b} ${c} ${d}.mp4`, make: `${PICTURES} -frames:v 5 ${X264}`, edit };
}

/** One of a kind, and those that others are made of. */
const QUICK = [
  ...['bframes.h264', 'bframes.hevc', 'plain.h264', 'bframes.ts', 'one-group.ts', 'bframes.mp4', 'fragments.mp4'],
  ...['bframes.mkv', 'plain.avi', 'odd.webm', 'wide-pixels.mp4', 'turned 0 -1 1 0.mp4', 'edited.mp4', 'fields.mkv'],
  ...['jump.ts', 'one.jpg'],
];
export const isQuick = ({ name }: FilmKind): boolean => QUICK.includes(name);

const signs = [-1, 1].flatMap((p) => [-1, 1].map((q) => [p, q] as const));
const INTERLACED = { says: ['decode_interlaced'], filters: 'bwdif=mode=send_frame:deint=interlaced,' };

/** @param folder where they lie: some are made of others */
export function filmKinds(folder: string): readonly FilmKind[] {
  return [
    { name: 'bframes.h264', make: `${PICTURES} -frames:v 25 ${X264}` },
    { name: 'bframes.hevc', make: `${PICTURES} -frames:v 25 -c:v libx265 -x265-params log-level=none:bframes=2` },
    { name: 'plain.h264', make: `${PICTURES} -frames:v 25 ${X264} -bf 0` },
    { name: 'bframes.ts', make: `${PICTURES} -frames:v 50 ${X264}` },
    { name: 'one-group.ts', make: `${PICTURES} -frames:v 25 ${X264} -g 100` },
    { name: 'bframes.mp4', make: `${PICTURES} -frames:v 50 ${X264}` },
    { name: 'fragments.mp4', make: `${PICTURES} -frames:v 50 ${X264} -movflags frag_keyframe+empty_moov` },
    { name: 'bframes.mkv', make: `${PICTURES} -frames:v 50 ${X264}` },
    { name: 'one-fps.mp4', make: `-f lavfi -i testsrc2=size=64x48:rate=1 -frames:v 20 ${X264}` },
    { name: 'gap.mp4', make: `${PICTURES} -frames:v 50 -vf setpts=PTS+gte(N\\,25)*60/TB -fps_mode vfr ${X264}` },
    { name: 'plain.avi', make: `${PICTURES} -frames:v 25 -c:v mjpeg` },
    { name: 'bframes.avi', make: `${PICTURES} -frames:v 25 ${X264}` },
    { name: 'mpeg4.avi', make: `${PICTURES} -frames:v 25 -c:v mpeg4 -bf 2` },
    { name: 'ten-bit.mkv', make: `${PICTURES} -frames:v 25 ${X264} -pix_fmt yuv420p10le` },
    {
      name: 'ten-bit.hevc',
      make: `${PICTURES} -frames:v 9 -c:v libx265 -x265-params log-level=none -pix_fmt yuv420p10le`,
    },
    { name: 'four-two-two.mkv', make: `${PICTURES} -frames:v 25 ${X264} -pix_fmt yuv422p` },
    { name: 'odd.mkv', make: '-f lavfi -i testsrc2=size=63x47:rate=25 -frames:v 10 -c:v ffv1' },
    { name: 'odd.webm', make: '-f lavfi -i testsrc2=size=63x47:rate=25 -frames:v 10 -c:v libvpx-vp9 -cpu-used 8' },
    { name: 'full-range.mp4', make: `${PICTURES} -frames:v 5 -vf scale=out_range=pc ${X264} -color_range pc` },
    {
      name: 'hd-colours.mp4',
      make: `${PICTURES} -frames:v 5 -vf scale=out_color_matrix=bt709 ${X264} -colorspace bt709 -color_primaries bt709 -color_trc bt709`,
    },
    { name: 'wide-pixels.mp4', make: `${PICTURES} -frames:v 5 -vf setsar=16/11 ${X264}` },
    { name: 'tall-pixels.mp4', make: `${PICTURES} -frames:v 5 -vf setsar=1/2 ${X264}` },
    ...signs.flatMap(([p, q]) => [turned([p, 0, 0, q]), turned([0, p, q, 0])]),
    { name: 'edited.mp4', make: `-ss 0.3 -i ${join(folder, 'bframes.mp4')} -c copy` },
    {
      name: 'uneven.mkv',
      make: `${PICTURES} -frames:v 40 -vf setpts=PTS+not(mod(N\\,3))*0.013/TB -fps_mode vfr ${X264}`,
    },
    { name: 'fields.mkv', make: `${PICTURES} -frames:v 25 -vf interlace ${X264} -flags +ilme+ildct`, ...INTERLACED },
    {
      name: 'fields.ts',
      make: `${PICTURES} -frames:v 25 -vf interlace -c:v mpeg2video -flags +ilme+ildct -bf 2`,
      ...INTERLACED,
    },
    { name: 'open-groups.ts', make: `${PICTURES} -frames:v 50 ${X264} -x264-params open-gop=1:keyint=10` },
    { name: 'mpeg2.mpg', make: `${PICTURES} -frames:v 40 -c:v mpeg2video -bf 2 -g 12` },
    { name: 'mpeg2.ts', make: `${PICTURES} -frames:v 40 -c:v mpeg2video -bf 2 -g 12` },
    {
      name: 'vp9.webm',
      make: `${PICTURES} -frames:v 25 -c:v libvpx-vp9 -cpu-used 8 -auto-alt-ref 1 -lag-in-frames 10`,
    },
    { name: 'with-sound.mp4', make: `${PICTURES} -f lavfi -i sine=d=3 -frames:v 25 ${X264} -c:a aac` },
    { name: 'late-start.mp4', make: `${PICTURES} -frames:v 25 ${X264} -output_ts_offset 5` },
    { name: 'wrap.ts', make: `${PICTURES} -frames:v 50 ${X264} -output_ts_offset 95442.7` },
    {
      name: 'jump.ts',
      make: `${PICTURES} -frames:v 25 ${X264}`,
      edit: (bytes) =>
        Buffer.concat([
          bytes,
          readFileSync(ffmpeg(`${PICTURES} -frames:v 25 ${X264} -output_ts_offset 900`, join(folder, 'on.ts'))),
        ]),
    },
    { name: 'flash.flv', make: `${PICTURES} -frames:v 25 ${X264}` },
    { name: 'one.mp4', make: `${PICTURES} -frames:v 1 ${X264}` },
    { name: 'one.h264', make: `${PICTURES} -frames:v 1 ${X264}` },
    { name: 'pictures.mjpeg', make: `${PICTURES} -frames:v 10` },
    { name: 'one.png', make: `${PICTURES} -frames:v 1` },
    { name: 'cover.m4a', make: `-f lavfi -i sine=d=2 ${PICTURES} -frames:v 1 -c:v mjpeg -disposition:v attached_pic` },
    { name: 'one.gif', make: '-f lavfi -i testsrc2=size=64x48:rate=1 -frames:v 1' },
    { name: 'one.jpg', make: `${PICTURES} -frames:v 1` },
  ];
}

/** Made once. @returns the file */
export function ffmpeg(make: string, file: string): string {
  if (!existsSync(file)) outputOf(['ffmpeg', '-v', 'error', '-y', ...make.split(' '), file]);
  return file;
}

/** The same for many files of one input, by one process: to start takes it longer than to make a small film. */
export function ffmpegAll(input: string, files: readonly { readonly make: string; readonly file: string }[]): void {
  const outputs = files.flatMap(({ make, file }) => [...make.split(' '), file]);
  if (files.length > 0) outputOf(['ffmpeg', '-v', 'error', '-y', ...input.split(' '), ...outputs]);
}

/** The pictures of videos as ffmpeg shows them through such filters, in RGB: all of them by one process. */
export function shownByFfmpeg(videos: readonly { readonly file: string; readonly filters: string }[]): Buffer[] {
  const inputs = videos.flatMap(({ file }) => ['-i', file]);
  const outputs = videos.flatMap(({ file, filters }, i) => [
    ...['-map', `${i}:v:0`, '-vf', `${filters},format=rgb24`, '-fps_mode', 'passthrough'],
    ...['-f', 'rawvideo', `${file}.rgb`],
  ]);
  outputOf(['ffmpeg', '-v', 'error', '-y', ...inputs, ...outputs]);
  return videos.map(({ file }) => readFileSync(`${file}.rgb`));
}

/** Its output. */
export function outputOf(command: string[]): Buffer {
  const { exitCode, stdout, stderr } = Bun.spawnSync(command);
  if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${stderr}`);
  return stdout;
}

/** Made once; those that only show the common pictures all at once. */
export function makeFilms(kinds: readonly FilmKind[], folder: string): void {
  const common = kinds.filter(({ name, make, edit }) => !edit && isOfPictures(make) && !existsSync(join(folder, name)));
  ffmpegAll(
    PICTURES,
    common.map(({ name, make }) => ({ make: make.slice(PICTURES.length + 1), file: join(folder, name) })),
  );
}

const isOfPictures = (make: string) => make.startsWith(PICTURES) && make.lastIndexOf(' -i ') < PICTURES.length;

/** Made once. */
export function made({ name, make, edit }: FilmKind, folder: string): string {
  const file = join(folder, name);
  if (existsSync(file)) return file;
  ffmpeg(make, file);
  if (edit) writeFileSync(file, edit(readFileSync(file)));
  return file;
}
