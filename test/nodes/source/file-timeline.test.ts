import { describe, expect, test } from 'bun:test';
import { FileTimeline } from '../../../nodes/source/file-timeline.ts';
import type { Pace } from '../../../runtime/data.ts';
import { ManualClock } from '../../support/manual-clock.ts';

type Step =
  | { readonly open: 'file'; readonly firstS?: number }
  | { readonly packetS: number | undefined }
  | { readonly loopTo: number }
  | { readonly passMs: number };

/** Plays the steps; for each packet the media time in ms that its frame gets, and when it was captured (monotonic). */
function play(steps: readonly Step[], pace: Pace = 'asap'): { mediaMs: number[]; monoMs: number[] } {
  const clock = new ManualClock(500);
  const timeline = new FileTimeline(pace, clock);
  const mediaMs: number[] = [];
  const monoMs: number[] = [];
  for (const step of steps) {
    if ('open' in step) timeline.begin({ frameRate: 25, longestPauseS: 10, heldS: 0 }, step.firstS);
    else if ('loopTo' in step) timeline.loop(step.loopTo);
    else if ('passMs' in step) clock.advance(step.passMs);
    else {
      const { shiftS, originMonoMs } = timeline.at(step.packetS);
      if (step.packetS === undefined) continue;
      const mediaS = step.packetS + shiftS;
      mediaMs.push(Math.round(mediaS * 1000));
      monoMs.push(Math.round(originMonoMs + mediaS * 1000));
    }
  }
  return { mediaMs, monoMs };
}

const open = (firstS?: number): Step => (firstS === undefined ? { open: 'file' } : { open: 'file', firstS });
const packets = (...times: (number | undefined)[]): Step[] => times.map((packetS) => ({ packetS }));

describe('media time', () => {
  const rows: { why: string; steps: Step[]; mediaMs: number[] }[] = [
    {
      why: 'counts from the first frame of a file',
      steps: [open(10), ...packets(10, 10.04)],
      mediaMs: [0, 40],
    },
    {
      why: 'B-frames: the first packet is not the first picture',
      steps: [open(0), ...packets(0.08, 0, 0.04, 0.2)],
      mediaMs: [80, 0, 40, 200],
    },
    {
      why: 'a start in the middle: what lies before it is negative and dropped by the decoder',
      steps: [open(1.5), ...packets(0, 1.48, 1.52)],
      mediaMs: [-1500, -20, 20],
    },
    {
      why: 'a file may start anywhere in its own time',
      steps: [open(), ...packets(7000, 7000.04)],
      mediaMs: [0, 40],
    },
    {
      why: 'a pause is a pause',
      steps: [open(), ...packets(5, 14.9)],
      mediaMs: [0, 9900],
    },
    {
      why: 'a jump ahead is a broken timestamp: on by one frame',
      steps: [open(), ...packets(5, 5.04, 1000, 1000.04)],
      mediaMs: [0, 40, 80, 120],
    },
    {
      why: 'a jump back: on by one frame',
      steps: [open(), ...packets(500, 500.04, 3, 3.04)],
      mediaMs: [0, 40, 80, 120],
    },
    {
      why: 'a small step back is the order of decoding',
      steps: [open(), ...packets(5, 5.12, 5.04, 5.08, 5.24)],
      mediaMs: [0, 120, 40, 80, 240],
    },
    {
      why: 'a packet without a time goes by the timeline as it is',
      steps: [open(0), ...packets(0, 0.04), { packetS: undefined }, ...packets(0.12)],
      mediaMs: [0, 40, 120],
    },
    {
      why: 'the first packets have no time: the one that brings the first is the start, not its value',
      steps: [open(), ...packets(undefined, undefined, 1000, 1000.04)],
      mediaMs: [80, 120],
    },
    {
      why: 'a loop goes on by one frame',
      steps: [open(0), ...packets(0, 0.04, 0.08), { loopTo: 0 }, ...packets(0, 0.04)],
      mediaMs: [0, 40, 80, 120, 160],
    },
    {
      why: 'a loop back to a start whose key frame lies seconds before it',
      steps: [open(1.8), ...packets(0, 1.8, 1.84), { loopTo: 1.8 }, ...packets(0, 1.8, 1.84)],
      mediaMs: [-1800, 0, 40, -1720, 80, 120],
    },
    {
      why: 'a reconnect goes on by one frame, whatever the time of the new stream',
      steps: [open(), ...packets(100, 100.04), open(), ...packets(3, 3.04)],
      mediaMs: [0, 40, 80, 120],
    },
  ];
  test.each(rows)('$why', ({ steps, mediaMs }) => {
    expect(play(steps).mediaMs).toEqual(mediaMs);
  });
});

describe('capture time', () => {
  const rows: { why: string; pace: Pace; steps: Step[]; monoMs: number[] }[] = [
    {
      why: 'asap: the media time itself, so that runs repeat',
      pace: 'asap',
      steps: [open(3), ...packets(3), { passMs: 777 }, ...packets(3.04)],
      monoMs: [0, 40],
    },
    {
      why: 'realtime: from when the first packet came',
      pace: 'realtime',
      steps: [open(), { passMs: 100 }, ...packets(3), { passMs: 40 }, ...packets(3.04)],
      monoMs: [600, 640],
    },
    {
      why: 'a loop in realtime keeps the beat, late or not',
      pace: 'realtime',
      steps: [open(0), ...packets(0, 0.04), { passMs: 95 }, { loopTo: 0 }, ...packets(0)],
      monoMs: [500, 540, 580],
    },
    {
      why: 'a film on a server that has to be opened again is now, not ten seconds ago',
      pace: 'realtime',
      steps: [open(0), ...packets(0), { passMs: 10_000 }, open(0), ...packets(0, 0.04)],
      monoMs: [500, 10_500, 10_540],
    },
  ];
  test.each(rows)('$why', ({ pace, steps, monoMs }) => {
    expect(play(steps, pace).monoMs).toEqual(monoMs);
  });
});
