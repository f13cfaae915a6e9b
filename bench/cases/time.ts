/** Cases of `time/`: what sources say about time, and what becomes of one object that flies through it all. */
import { Value } from '@sinclair/typebox/value';
import { FileTimeline } from '../../nodes/source/file-timeline.ts';
import { ByteTrack } from '../../nodes/track/byte-track.ts';
import { trackOptions } from '../../nodes/track/options.ts';
import { CaptureClock } from '../../timing/index.ts';
import type { Case, Outcome } from './case.ts';

interface Stream {
  readonly what: string;
  /** Presentation time of a frame in seconds. */
  readonly ptsS: (frame: number) => number | undefined;
  /** Frames a second that really come; stamps of 25 a second are right. */
  readonly fps?: number;
  readonly isFile?: boolean;
  /** Where our own clock begins. */
  readonly startS?: number;
  /** A pause in the stream that is longer than a track is remembered. */
  readonly hasHole?: boolean;
}

const FPS = 25;
const FRAMES = 300;
const START_UNIX_MS = 1.7e12;
const MOST_OFF_MS = 1000;
const at = (frame: number) => frame / FPS;
const every50th = (frame: number, offS: number) => (frame % 50 === 49 ? at(frame) + offS : at(frame));

const STREAMS: readonly Stream[] = [
  { what: 'plain', ptsS: at },
  { what: 'every 50th frame 9800 s in the past', ptsS: (f) => every50th(f, -9800) },
  { what: 'every 50th frame 37600 s ahead', ptsS: (f) => every50th(f, 37_600) },
  { what: 'every 50th frame 3 s ahead', ptsS: (f) => every50th(f, 3) },
  { what: 'every 50th frame 9 s ahead', ptsS: (f) => every50th(f, 9) },
  { what: 'goes back by 4 s every 100 frames', ptsS: (f) => at(f) - 4 * Math.floor(f / 100) },
  { what: 'goes back by 0.9 s every 100 frames', ptsS: (f) => at(f) - 0.9 * Math.floor(f / 100) },
  { what: 'goes back by 0.3 s every 10 frames', ptsS: (f) => at(f) - 0.3 * Math.floor(f / 10) },
  { what: 'starts over after 150 frames', ptsS: (f) => (f < 150 ? 5000 + at(f) : at(f - 150)) },
  { what: '90 kHz wraps at 47721.86 s', ptsS: (f) => (47_715 + at(f)) % 47_721.858 },
  { what: 'microseconds wrap at 4294.967 s', ptsS: (f) => (4290 + at(f)) % 4294.967296 },
  { what: 'a step of 13 h 14 min', ptsS: (f) => (f < 150 ? at(f) : at(f) + 47_721.86) },
  { what: 'stamps of 25 fps, 21 come', ptsS: at, fps: 21 },
  { what: 'first stamp 0, the others large', ptsS: (f) => (f === 0 ? 0 : 88_000 + at(f)) },
  { what: 'no stamps', ptsS: () => undefined },
  { what: 'all stamps equal', ptsS: () => 5 },
  { what: 'day 50 of the clock', ptsS: (f) => at(f) + 4_294_967.2, startS: 4_294_967.2 },
  { what: 'a file with a hole of 8 s', ptsS: (f) => (f < 150 ? at(f) : at(f) + 8), isFile: true, hasHole: true },
];

export function timeCases(): Case[] {
  return STREAMS.map((stream) => ({
    name: `time/34-time: ${stream.what}`,
    expected: stream.hasHole
      ? 'a second id after the hole'
      : `id 1 in ${FRAMES} of ${FRAMES}, stamps within 1 s of the clock, velocity finite`,
    isSlow: false,
    run: () => outcome(stream),
  }));
}

function outcome(stream: Stream): Outcome {
  const { ids, seen, offMs, areFinite } = fly(stream);
  const isHeld = stream.hasHole
    ? ids.size === 2 && seen >= FRAMES - 1
    : ids.size === 1 && seen === FRAMES && offMs <= MOST_OFF_MS;
  const got = `ids ${[...ids].slice(0, 8).join(', ')} in ${seen} of ${FRAMES}, stamps off by up to ${Math.round(offMs)} ms`;
  return { pass: isHeld && areFinite, got: areFinite ? got : `${got}, a velocity that is not finite` };
}

function fly({ ptsS, fps = FPS, isFile = false, startS = 0 }: Stream) {
  const captureMs = isFile ? fileTimes(startS * 1000) : liveTimes();
  const tracker = new ByteTrack(Value.Create(trackOptions));
  const ids = new Set<number>();
  let [seen, offMs, lastMs] = [0, 0, Number.NEGATIVE_INFINITY];
  let areFinite = true;
  for (let frame = 0; frame < FRAMES; frame++) {
    const nowMs = startS * 1000 + (frame * 1000) / fps;
    const stampMs = captureMs(ptsS(frame), nowMs);
    offMs = Math.max(offMs, Math.abs(stampMs - nowMs));
    // As the decoder does it: time never goes back.
    lastMs = Math.max(stampMs, lastMs + 0.1);
    const bboxPx = { x: 100 + (120 * frame) / fps, y: 300, w: 60, h: 60 };
    const { tracks } = tracker.step(lastMs / 1000 - startS, [{ bboxPx, confidence: 0.9, label: 'drone' }], {
      widthPx: 1280,
      heightPx: 720,
    });
    for (const { id, velocityPxPerS } of tracks) {
      ids.add(id);
      areFinite &&= Number.isFinite(velocityPxPerS.x) && Number.isFinite(velocityPxPerS.y);
    }
    seen += tracks.length;
  }
  return { ids, seen, offMs, areFinite };
}

type CaptureTimes = (ptsS: number | undefined, nowMs: number) => number;

function liveTimes(): CaptureTimes {
  const clock = new CaptureClock();
  return (ptsS, arrivalMs) => {
    const times = { timestampMs: ptsS === undefined ? undefined : ptsS * 1000, arrivalMs };
    clock.observe(times);
    return clock.captureMs(times);
  };
}

function fileTimes(startMs: number): CaptureTimes {
  const timeline = new FileTimeline('realtime', { monoMs: () => startMs, unixMs: () => START_UNIX_MS });
  timeline.begin({ frameRate: FPS, longestPauseS: 10, heldS: 0 }, undefined);
  return (ptsS) => {
    const { shiftS, originMonoMs } = timeline.at(ptsS);
    return originMonoMs + ((ptsS ?? 0) + shiftS) * 1000;
  };
}
