/** What nodes note of frames while these are traced. */
import { describe, expect, test } from 'bun:test';
import { createFrameTimes, FrameNotes, frameTimes } from '../../runtime/engine/frame-times.ts';
import type { NodeReport, TraceRate } from '../../runtime/engine/messages.ts';
import { Tracer } from '../../runtime/engine/tracer.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { until } from '../support/patience.ts';

const frame = (index: number) => ({ frame: { index } });

/** The second of three nodes of a worker. */
function rig() {
  const clock = new ManualClock(1000);
  const table = createFrameTimes(3);
  const notes = new FrameNotes(table, 1, clock);
  return { clock, notes, table, of: (index: number) => frameTimes(table, 1, index) };
}

describe('a node notes', () => {
  test('when it began with a frame, how long it worked, and how long others took what it sent', () => {
    const { clock, notes, table, of } = rig();
    notes.begins({ meta: { index: 7 } }, clock.monoMs());
    clock.advance(30);
    notes.sends({ ...frame(7), others: [], detections: [1, 2] }, 'detections', () => clock.advance(4));
    expect(of(7)).toBeUndefined();
    notes.ends(30);
    expect(of(7)).toEqual({ beganMs: 1000, workedMs: 30, sendingMs: 4, items: 2 });
    expect([frameTimes(table, 0, 7), frameTimes(table, 2, 7), of(6), of(8)]).toEqual(Array(4).fill(undefined));
  });

  test('frames that it makes of packets: each from the end of the one before', async () => {
    const { clock, notes, of } = rig();
    notes.begins({ packet: {} }, clock.monoMs());
    clock.advance(5);
    await notes.sends({ meta: { index: 0 } }, 'frame', async () => clock.advance(2));
    clock.advance(3);
    notes.sends({ meta: { index: 1 } }, 'frame', () => undefined);
    notes.ends(8);
    expect(of(0)).toEqual({ beganMs: 1000, workedMs: 5, sendingMs: 2, items: undefined });
    expect(of(1)).toEqual({ beganMs: 1007, workedMs: 3, sendingMs: 0, items: undefined });
  });

  test('a frame that it produces by itself, at that moment', () => {
    const { clock, notes, of } = rig();
    clock.advance(50);
    notes.sends({ ...frame(3), detections: [] }, 'detections', () => undefined);
    expect(of(3)).toEqual({ beganMs: 1050, workedMs: 0, sendingMs: 0, items: 0 });
  });

  test('a later frame in the place of one long ago, and nothing of values without a frame', () => {
    const { clock, notes, of } = rig();
    for (const index of [1, 513]) {
      notes.begins(frame(index), clock.monoMs());
      notes.ends(1);
    }
    expect([of(1), of(513)?.workedMs]).toEqual([undefined, 1]);
    for (const odd of [null, 3, {}, { frame: 3 }, { frame: { index: -1 } }, { frame: { index: Number.NaN } }]) {
      notes.begins(odd, clock.monoMs());
      notes.sends(odd, 'odd', () => undefined);
      notes.ends(1);
    }
    expect(of(513)?.workedMs).toBe(1);
  });
});

describe('of the frames that come to a message', () => {
  /** Which of so many messages, 100 ms apart, are traced. */
  function traced(rate: TraceRate, indexes: readonly number[]) {
    const clock = new ManualClock();
    const reports: NodeReport[] = [];
    const times = (index: number) => [{ node: 'n', beganMs: index, workedMs: 1, sendingMs: 0, items: undefined }];
    const tracer = new Tracer({ rate, pace: 'realtime', clock, times, report: (report) => reports.push(report) });
    const marked = indexes.filter((index) => {
      clock.advance(100);
      const about = { index, captureMonoMs: index * 100, decodedMonoMs: 0, inferenceMs: 0 };
      const message = { topic: 'tick', json: '{}', live: true, frame: about };
      const passed = tracer.passes({ type: 'published', message });
      return passed.type === 'published' && passed.message.traced;
    });
    return { marked, reports };
  }
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

  test.each([
    ['one a second', { perS: 1 }, upTo(25), [0, 10, 20]],
    ['all', { share: 1 }, upTo(4), [0, 1, 2, 3]],
    ['a quarter', { share: 0.25 }, upTo(12), [3, 7, 11]],
    ['none', { share: 0 }, upTo(12), []],
    ['each frame once', { share: 1 }, [5, 5, 5, 6], [5, 6]],
    ['a message without an index is passed on', { share: 1 }, [Number.NaN, 1], [1]],
  ] as const)('%s', (_what, rate, indexes, marked) => {
    expect(traced(rate, indexes).marked).toEqual([...marked]);
  });

  test('those that are traced are followed by what the nodes have noted', async () => {
    const { reports } = traced({ perS: 10 }, [4]);
    await until('the trace', () => reports.length === 1);
    const nodes = [{ node: 'n', beganMs: 4, workedMs: 1, sendingMs: 0, items: undefined }];
    expect(reports).toEqual([
      { type: 'trace', trace: { frameIndex: 4, capturedMs: 400, topic: 'tick', leftMs: 100, nodes } },
    ]);
  });
});
