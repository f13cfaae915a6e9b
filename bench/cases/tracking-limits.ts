/** Up to which speed, and how near to the border, the tracker holds: cases that look for a limit. */
import { Value } from '@sinclair/typebox/value';
import { ByteTrack } from '../../nodes/track/byte-track.ts';
import { trackOptions } from '../../nodes/track/options.ts';
import type { Box, Detection } from '../../runtime/data.ts';
import { randomNumbers } from '../random-numbers.ts';
import type { Case } from './case.ts';

const FRAME = { widthPx: 1280, heightPx: 720 };
const RATES = [1, 2, 5, 10, 15, 25, 30, 60];
/** The fastest flight at one rate is at least this part of the fastest at another. */
const ALIKE = 0.8;
const MOST_OFF = 1.3;

/** The fastest straight flight that gets one track, in widths of the picture per second. */
export function fastestFlight(fps: number, sidePx: number, confidence: number): number {
  let [low, high] = [0, 8];
  for (let i = 0; i < 24; i++) {
    const middle = (low + high) / 2;
    if (isHeld(fps, sidePx, confidence, middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** One id, in all frames but the first two sightings. */
function isHeld(fps: number, sidePx: number, confidence: number, widthsPerS: number): boolean {
  const tracker = new ByteTrack(Value.Create(trackOptions));
  tracker.step(-1 / fps, [], FRAME);
  const frames = Math.max(6, 4 * fps);
  const ids = new Set<number>();
  let seen = 0;
  for (let frame = 0; frame < frames; frame++) {
    const x = (widthsPerS * FRAME.widthPx * frame) / fps - 200;
    const { tracks } = tracker.step(frame / fps, [drone({ x, y: 300, w: sidePx, h: sidePx }, confidence)], FRAME);
    for (const { id } of tracks) ids.add(id);
    seen += tracks.length;
  }
  return ids.size === 1 && seen >= frames - 2;
}

/** How many tracks boxes at random get in 3000 frames, all in a band of the picture as high as that. */
export function falseTracks(fps: number, boxesPerFrame: number, bandPx = 680): number {
  const random = randomNumbers(boxesPerFrame);
  const tracker = new ByteTrack(Value.Create(trackOptions));
  tracker.step(-1, [], FRAME);
  const ids = new Set<number>();
  for (let frame = 0; frame < 3000; frame++) {
    const noise = Array.from({ length: boxesPerFrame }, () => {
      const side = 8 + 40 * random();
      const bboxPx = { x: 1240 * random(), y: bandPx * random(), w: side, h: side };
      return drone(bboxPx, 0.66 + 0.3 * random());
    });
    for (const { id } of tracker.step(frame / fps, noise, FRAME).tracks) ids.add(id);
  }
  return ids.size;
}

export function speedCase(name: string): Case {
  return {
    name,
    expected: `the fastest flight of a 12 px object in widths a second: at each rate ${ALIKE} of any other or more`,
    isSlow: false,
    run: () => {
      const fastest = RATES.map((fps) => fastestFlight(fps, 12, 0.85));
      return {
        pass: Math.min(...fastest) >= ALIKE * Math.max(...fastest),
        got: RATES.map((fps, i) => `${fastest[i]?.toFixed(2)} at ${fps} fps`).join(', '),
      };
    },
  };
}

/** A box 100 px long comes in over a border, so many pixels a frame. */
const ENTRIES = [
  ['bottom', 30, 5],
  ['bottom', 10, 5],
  ['bottom', 30, 2],
  ['left', 30, 6],
  ['left', 10, 6],
] as const;

export function edgeCase(name: string): Case {
  return {
    name,
    expected: `one id; no side off by more than ${MOST_OFF} after the third sighting`,
    isSlow: false,
    run: () => {
      const results = ENTRIES.map(([border, fps, px]) => enter(border, fps, px));
      const got = results.map(({ ids, worst }, i) => `${ENTRIES[i]?.[0]}: ${ids} id, ${worst.toFixed(2)}`);
      return { pass: results.every(({ ids, worst }) => ids === 1 && worst <= MOST_OFF), got: got.join('; ') };
    },
  };
}

function enter(border: 'bottom' | 'left', fps: number, px: number): { ids: number; worst: number } {
  const tracker = new ByteTrack(Value.Create(trackOptions));
  tracker.step(-1 / fps, [], FRAME);
  const ids = new Set<number>();
  let worst = 1;
  for (let frame = 1; frame < 60; frame++) {
    const shown = Math.min(100, px * frame);
    const box = border === 'bottom' ? { x: 600, y: 720 - shown, w: 80, h: shown } : { x: 0, y: 300, w: shown, h: 80 };
    const [track] = tracker.step(frame / fps, [drone(box, 0.9)], FRAME).tracks;
    if (!track) continue;
    ids.add(track.id);
    if (frame < 3) continue;
    const { w, h } = track.bboxPx;
    worst = Math.max(worst, w / box.w, box.w / w, h / box.h, box.h / h);
  }
  return { ids: ids.size, worst };
}

function drone(bboxPx: Box, confidence: number): Detection {
  return { bboxPx, confidence, label: 'drone' };
}
