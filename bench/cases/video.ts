/** Cases of `video/`: files and servers, each through source and decode in a session's own process. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ROOT } from '../pipeline/input.ts';
import { type Case, unknownCase } from './case.ts';
import type { SeenFrame } from './frames-node.ts';
import { startFaulty } from './http-faults.ts';
import { type Played, type PlayOptions, playFile } from './play.ts';

interface Play extends PlayOptions {
  readonly file: string;
  readonly want: string;
  readonly isRight: (played: Played) => boolean;
}

/** So many frames, each once, and no word of a fault. */
const all = (count: number): Pick<Play, 'want' | 'isRight'> => ({
  want: `${count} frames, no warning`,
  isRight: ({ frames, end, warnings }) => frames.length === count && end === 'ended' && warnings.length === 0,
});
/** Goes on and on: asked to end after the frames of three passes, at the right places. */
const again = (count: number): Pick<Play, 'frames' | 'want' | 'isRight'> => ({
  frames: 3 * count,
  want: `three whole passes of ${count} frames and more to come`,
  // Asked to end, the decoder gives what it holds, and that has gaps.
  isRight: ({ frames, end }) => {
    const passes = frames.slice(0, 3 * count);
    return passes.length === 3 * count && end === 'asked to end' && rises(passes) && largestGap(passes) < 0.05;
  },
});

const FOLDER = 'video';
const SERVED_FILE = join(ROOT, 'fixtures/sky.mp4');
const SERVED_FRAMES = 300;
const KINDS = /\.(mp4|ts|gif|jpg|h264|hevc)$/;

const PLAYS: Readonly<Record<string, Play>> = {
  'raw-bframes.h264': { file: 'raw-bframes.h264', ...all(25) },
  'raw-bframes.hevc': { file: 'raw-bframes.hevc', ...all(25) },
  'raw-no-bframes.h264, 1 thread': { file: 'raw-no-bframes.h264', decode: { threads: 1 }, ...all(25) },
  'raw-no-bframes.h264, 4 threads': { file: 'raw-no-bframes.h264', decode: { threads: 4 }, ...all(25) },
  'raw-no-bframes.h264, loop': { file: 'raw-no-bframes.h264', source: { loop: true }, ...again(25) },
  'one-gop.ts': { file: 'one-gop.ts', ...all(25) },
  'one-gop.ts, loop': { file: 'one-gop.ts', source: { loop: true }, ...again(25) },
  'gop25.ts': { file: 'gop25.ts', ...all(100) },
  'gop25.ts, start_s 1': { file: 'gop25.ts', source: { start_s: 1 }, ...all(75) },
  'gop25.ts, loop': { file: 'gop25.ts', source: { loop: true }, ...again(100) },
  'one-fps-bframes.mp4': {
    file: 'one-fps-bframes.mp4',
    want: '20 frames at 0, 1 … 19 s, no warning',
    isRight: ({ frames, warnings }) =>
      frames.length === 20 && frames.every(({ mediaTimeS }, i) => near(mediaTimeS, i)) && warnings.length === 0,
  },
  'gap-60s.mp4': {
    file: 'gap-60s.mp4',
    want: 'frames from 0 to 4.5 s and from 65 to 69.5 s',
    isRight: ({ frames }) => near(largestGap(frames), 60.5) && near(frames.at(-1)?.mediaTimeS ?? 0, 69.5),
  },
  'rotated-90.mp4': {
    file: 'rotated-90.mp4',
    want: 'a picture of 48×64, as browsers show it',
    isRight: ({ frames }) => frames.length > 0 && frames.every(({ size: { w, h } }) => w === 48 && h === 64),
  },
  'ramp-full-range-av1.mp4': {
    file: 'ramp-full-range-av1.mp4',
    want: 'a ramp from 0 to 255, off by less than 4 levels',
    isRight: ({ frames: [first] }) => first !== undefined && rampError(first.row) < 4,
  },
  'moov-only-no-frames.mp4': {
    file: 'moov-only-no-frames.mp4',
    want: 'an error: no picture',
    isRight: ({ frames, end }) => frames.length === 0 && end.startsWith('source_'),
  },
  'one-frame-1s.gif': { file: 'one-frame-1s.gif', ...all(1) },
  'single.jpg': { file: 'single.jpg', ...all(1) },
  'single.jpg, loop': { file: 'single.jpg', source: { loop: true }, ...again(1) },
};

/** A session tries again without end; the command `graph --exit-at-end` gives up after 15 s. */
const retried = (reason: string, end: RegExp): Pick<Play, 'want' | 'isRight'> => ({
  want: `tried again, and the fault tells ${reason}`,
  isRight: (played) => end.test(played.end),
});

/** Over HTTP: what a server may do to a file. */
const SERVED: Readonly<Record<string, Pick<Play, 'want' | 'isRight'>>> = {
  ok: all(SERVED_FRAMES),
  noclen: all(SERVED_FRAMES),
  chunk: all(SERVED_FRAMES),
  redir: all(SERVED_FRAMES),
  slow: all(SERVED_FRAMES),
  once: { want: 'all frames: resumed where it broke off', isRight: ({ frames }) => frames.length === SERVED_FRAMES },
  half: {
    want: 'all frames, or an error: never a part of the file as if it were whole',
    isRight: ({ frames, end, warnings }) =>
      frames.length <= SERVED_FRAMES && (frames.length === SERVED_FRAMES || end !== 'ended' || warnings.length > 0),
  },
  stall: retried('a break', /^never ends, source_(lost|stalled)/),
  hang: retried('no answer in time', /^never ends, source_timeout/),
  '404': retried('404', /^never ends, source_not_found.*404/),
  '401': retried('the login', /^never ends, source_login.*401/),
  '500': retried('an error of the server', /^never ends, source_busy.*5XX/),
};

export function videoCases(root: string): Case[] {
  const folder = join(root, FOLDER);
  const known = new Set(Object.values(PLAYS).map(({ file }) => file));
  const unknown = readdirSync(folder).filter((file) => KINDS.test(file) && !known.has(file));
  return [
    ...Object.entries(PLAYS).map(([name, play]) => playCase(name, play, () => playFile(join(folder, play.file), play))),
    ...Object.entries(SERVED).map(([way, play]) => playCase(`http-faults /${way}`, play, () => playServed(way))),
    ...unknown.map((file) => unknownCase(`${FOLDER}/${file}`)),
  ];
}

function playCase(name: string, { want, isRight }: Pick<Play, 'want' | 'isRight'>, play: () => Promise<Played>): Case {
  return {
    name: `${FOLDER}/${name}`,
    expected: want,
    isSlow: true,
    run: async () => {
      const played = await play();
      return { pass: isRight(played), got: inWords(played) };
    },
  };
}

async function playServed(way: string): Promise<Played> {
  await using server = await startFaulty(readFileSync(SERVED_FILE));
  const url = `http://127.0.0.1:${server.port}/${way}/${basename(SERVED_FILE)}`;
  return await playFile(url, { source: { open_timeout_s: 2 } });
}

function inWords({ frames, end, warnings }: Played): string {
  const [first, last] = [frames[0], frames.at(-1)];
  const where = first && last ? ` of ${first.size.w}×${first.size.h}` : '';
  const when = first && last ? `, ${first.mediaTimeS.toFixed(2)} to ${last.mediaTimeS.toFixed(2)} s` : '';
  const grey = frames.length === 1 ? `, grey ${first?.row.filter((_, i) => i % 9 === 4)}` : '';
  const gap = `, largest gap ${largestGap(frames).toFixed(2)} s`;
  return [`${frames.length} frames${where}${when}${frames.length > 1 ? gap : grey}`, end, ...warnings.slice(0, 2)].join(
    '; ',
  );
}

function rises(frames: readonly SeenFrame[]): boolean {
  return frames.every(({ mediaTimeS }, i) => i === 0 || mediaTimeS > (frames[i - 1]?.mediaTimeS ?? 0));
}

function largestGap(frames: readonly SeenFrame[]): number {
  return Math.max(0, ...frames.slice(1).map(({ mediaTimeS }, i) => mediaTimeS - (frames[i]?.mediaTimeS ?? 0)));
}

/** How far the middle of a grey ramp from 0 to 255 is off, in levels; its ends are blurred. */
function rampError(row: readonly number[]): number {
  const off = row.map((value, i) => Math.abs(value - (255 * (i + 0.5)) / row.length));
  return Math.max(...off.slice(2, -2));
}

function near(value: number, wanted: number): boolean {
  return Math.abs(value - wanted) < 0.02;
}
