/** Files made by FFmpeg: every picture once, at its own time, as ffprobe counts them. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { FrameRequest, FrameView } from '../../runtime/data.ts';
import { runGraph } from '../node-runner.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';
import { hasFfmpeg } from './ffmpeg-peer.ts';
import { type FilmKind, made, makeFilms, outputOf, shownByFfmpeg } from './film-kinds.ts';
import { WebPlayer } from './web-player.ts';

/** Most that the mean of the differences to ffmpeg may be, in levels of 256, of any picture. */
const MOST_OFF = 1.5;
const EXACT = 'flags=bilinear+accurate_rnd+full_chroma_int+full_chroma_inp';

const ENTRIES = 'frame=best_effort_timestamp_time:stream=width,height,sample_aspect_ratio';

/** What ffprobe says of the video, and of each of its pictures. */
function probe(file: string): { stream: string; frames: string[] } {
  const words = ['-v', 'error', '-select_streams', 'v:0', '-show_entries', ENTRIES, '-of', 'csv', file];
  const lines = outputOf(['ffprobe', ...words])
    .toString()
    .split('\n');
  const of = (section: string) =>
    lines.filter((line) => line.startsWith(`${section},`)).map((line) => line.slice(section.length + 1));
  return { stream: of('stream')[0] ?? '', frames: of('frame') };
}

/** Times of the pictures in seconds from the first one; null where the file has none. Jumps are one picture long. */
function timesFrom(frames: readonly string[]): (number | null)[] {
  const lines = frames.filter((line) => /^(-?\d|N)/.test(line));
  const times = lines.map((line) => Number.parseFloat(line)).map((time) => (Number.isNaN(time) ? null : time));
  let shift = -(times[0] ?? 0);
  return times.map((time, i) => {
    const before = times[i - 1];
    if (time !== null && typeof before === 'number' && time - before > 100) shift -= time - before - 0.04;
    return time === null ? null : time + shift;
  });
}

/** Browsers play these. */
const IN_BROWSER = /\.(mp4|webm)$/;

/** The browser's size of a picture, or where it plays no such file, ffprobe's: pixels that are not square widen it. */
async function shownSize(file: string, stream: string): Promise<string> {
  if (browser && IN_BROWSER.test(file)) return browser.sizeOf(file);
  const [w = 0, h = 0, num = 1, den = 1] = stream.split(/[,:]/).map(Number);
  const aspect = num / den || 1;
  return `${Math.round(w * Math.max(1, aspect))}x${Math.round(h / Math.min(1, aspect))}`;
}

let browser: WebPlayer | undefined;

export const graph = (source: object, decode: object = {}) =>
  `source: ${JSON.stringify({ use: 'source', with: { pace: 'asap', ...source } })}\n` +
  `decode: ${JSON.stringify({ use: 'decode', from: 'source', with: decode })}`;
/** Smaller, since ffmpeg of that version puts colours a quarter of a line off where a picture keeps its size. */
export const SMALL: FrameRequest = { width: 48, height: 36, format: 'rgb24', fit: 'stretch' };
export const timesOf = (frames: FrameView[]) => frames.map(({ meta }) => meta.mediaTimeS);

/** All pictures of the films as ffmpeg shows them, by file. */
function shownFilms(kinds: readonly FilmKind[], folder: string): Map<string, Buffer> {
  const videos = kinds.map((kind) => ({
    file: made(kind, folder),
    filters: `${kind.filters ?? ''}scale=${SMALL.width}:${SMALL.height}:${EXACT}`,
  }));
  const pictures = shownByFfmpeg(videos);
  return new Map(videos.map(({ file }, i) => [file, pictures[i] ?? Buffer.alloc(0)]));
}

/** Mean difference of each picture to that of ffmpeg, in levels of 256. */
function offFrom(all: Buffer, frames: readonly FrameView[]): number[] {
  const size = SMALL.width * SMALL.height * 3;
  expect(all.length).toBe(frames.length * size);
  return frames.map(({ data }, i) => {
    const right = all.subarray(i * size, (i + 1) * size);
    return right.reduce((off, level, at) => off + Math.abs(level - (data[at] ?? 0)), 0) / size;
  });
}

/** @param folder for the files */
export function describeFilms(kinds: readonly FilmKind[], folder: string): void {
  describe.skipIf(!hasFfmpeg())('a file', () => {
    let shown = new Map<string, Buffer>();
    beforeAll(async () => {
      makeFilms(kinds, folder);
      shown = shownFilms(kinds, folder);
      browser = await WebPlayer.start(folder);
    });
    afterAll(() => browser?.close());

    test.each([...kinds])(
      '$name: every picture at its time, as large and in the colours as it is shown',
      async (kind) => {
        const url = made(kind, folder);
        const probed = probe(url);
        const expected = timesFrom(probed.frames);
        for (const threads of [4, 1]) {
          const played = await runGraph(graph({ url }, { threads }), { frames: SMALL });
          expect([played.failures, played.logs.map(({ fields }) => fields?.code)]).toEqual([
            [],
            [...(kind.says ?? [])],
          ]);
          const frames = played.output<FrameView>('decode.frames');
          const times = timesOf(frames);
          expect(times).toHaveLength(expected.length);
          const off = expected.map((time, i) => Math.abs((times[i] ?? 0) - (time ?? i / 25)));
          expect(Math.max(...off)).toBeLessThan(1e-4);
          if (threads > 1) continue;
          const { w, h } = frames[0]?.meta.size ?? { w: 0, h: 0 };
          expect(`${w}x${h}`).toBe(await shownSize(url, probed.stream));
          expect(Math.max(...offFrom(shown.get(url) ?? Buffer.alloc(0), frames))).toBeLessThan(MOST_OFF);
        }
      },
      TEST_LIMIT_MS,
    );
  });
}
