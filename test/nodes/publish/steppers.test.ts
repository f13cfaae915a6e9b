import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { round6, unitInterval, wireBbox } from '../../../nodes/publish/bbox.ts';
import { type LifecycleEvent, type Sighting, TrackLifecycle } from '../../../nodes/publish/lifecycle.ts';
import { TickRate } from '../../../nodes/publish/tick-rate.ts';

const FRAME = { w: 1000, h: 500 };

describe('a box on the wire', () => {
  test.each([
    { why: 'inside', box: [100, 50, 200, 100], wire: [0.1, 0.1, 0.2, 0.2] },
    { why: 'beyond the left and the top: cut off', box: [-50, -25, 100, 50], wire: [0, 0, 0.05, 0.05] },
    { why: 'beyond the right and the bottom: cut off', box: [950, 475, 100, 100], wire: [0.95, 0.95, 0.05, 0.05] },
    { why: 'all of the frame and more', box: [-1, -1, 2000, 2000], wire: [0, 0, 1, 1] },
    { why: 'altogether outside: empty, at the edge', box: [1200, 600, 10, 10], wire: [1, 1, 0, 0] },
    { why: 'a negative size is none', box: [100, 50, -10, -10], wire: [0.1, 0.1, 0, 0] },
    { why: 'six decimals', box: [1 / 3, 1 / 3, 1, 1], wire: [0.000333, 0.000667, 0.001, 0.002] },
    { why: 'no numbers: nothing', box: [Number.NaN, Number.NaN, Number.NaN, Number.NaN], wire: [0, 0, 0, 0] },
  ])('$why', ({ box: [x = 0, y = 0, w = 0, h = 0], wire }) => {
    const box = wireBbox({ x, y, w, h }, FRAME);
    expect([box.x, box.y, box.w, box.h]).toEqual([...wire]);
  });

  test('lies in the frame, with both edges, in floating point, and has 6 decimals', () => {
    const px = fc.double({ min: -1e5, max: 1e5, noNaN: true });
    const side = fc.integer({ min: 1, max: 8192 });
    fc.assert(
      fc.property(px, px, px, px, side, side, (x, y, w, h, frameW, frameH) => {
        const box = wireBbox({ x, y, w, h }, { w: frameW, h: frameH });
        for (const value of [box.x, box.y, box.w, box.h]) {
          expect(value >= 0 && value <= 1).toBe(true);
          expect(Object.is(value, -0)).toBe(false);
          expect(Number(value.toFixed(6))).toBe(value);
        }
        expect(box.x + box.w <= 1 && box.y + box.h <= 1).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  test('is not moved by more than the rounding', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, share, (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const box = wireBbox({ x: from * 1920, y: 0, w: (to - from) * 1920, h: 1 }, { w: 1920, h: 1080 });
        expect(Math.abs(box.x - from)).toBeLessThan(1e-6);
        expect(Math.abs(box.x + box.w - to)).toBeLessThan(2.1e-6);
      }),
    );
  });

  test('single numbers', () => {
    expect([round6(0.12345678), round6(-0.0000001), round6(Number.NaN), round6(Number.POSITIVE_INFINITY)]).toEqual([
      0.123457, 0, 0, 0,
    ]);
    expect([unitInterval(-1), unitInterval(2), unitInterval(0.5)]).toEqual([0, 1, 0.5]);
  });
});

describe('the tick rate', () => {
  const due = (hz: number, timesMs: readonly number[]) => {
    const rate = new TickRate(hz);
    return timesMs.filter((ms) => rate.due(ms));
  };
  test.each([
    { why: 'the first one at once', hz: 10, timesMs: [12_345], ticks: [12_345] },
    {
      why: 'frames at the tick rate with some jitter: none is left out',
      hz: 10,
      timesMs: [0, 97, 203, 298, 401, 499],
      ticks: [0, 97, 203, 298, 401, 499],
    },
    {
      why: '25 frames a second, 10 ticks: the beat is kept',
      hz: 10,
      timesMs: Array.from({ length: 26 }, (_, i) => i * 40),
      ticks: [0, 80, 200, 280, 400, 480, 600, 680, 800, 880, 1000],
    },
    {
      why: 'after a gap one tick and a new beat, no burst',
      hz: 10,
      timesMs: [0, 5000, 5010, 5060, 5100],
      ticks: [0, 5000, 5100],
    },
    { why: 'fewer frames than ticks: each frame', hz: 100, timesMs: [0, 40, 80], ticks: [0, 40, 80] },
  ])('$why', ({ hz, timesMs, ticks }) => {
    expect(due(hz, timesMs)).toEqual([...ticks]);
  });

  test('is never higher than asked for, over any span', () => {
    const gaps = fc.array(fc.double({ min: 0.1, max: 300, noNaN: true }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 100, noNaN: true }), gaps, (hz, gapsMs) => {
        let now = 0;
        const ticks = due(
          hz,
          gapsMs.map((gap) => {
            now += gap;
            return now;
          }),
        );
        const span = (ticks.at(-1) ?? 0) - (ticks[0] ?? 0);
        expect(ticks.length - 1).toBeLessThanOrEqual((span * hz) / 1000 + 0.2501);
      }),
    );
  });
});

const at = (ms: number) => ({ monoMs: ms, unixMs: 1_000_000 + ms });
const box = { x: 0, y: 0, w: 0.1, h: 0.1 };
const sighting = (id: number, confidence = 0.5, zones?: string[]): Sighting => ({
  id,
  label: 'drone',
  confidence,
  bboxNorm: box,
  ...(zones ? { zones } : {}),
});

/** Frames of [ms, …sightings]; `event id` of what came of it. */
type Script = readonly (readonly [number, ...Sighting[]])[];
const tell = (events: readonly LifecycleEvent[]) => events.map(({ event, after }) => `${event} ${after.id}`);

describe('the life of a track', () => {
  const rows: { why: string; confirmAfter?: number; script: Script; events: string[][] }[] = [
    {
      why: 'announced at the second sighting',
      script: [
        [0, sighting(1)],
        [40, sighting(1)],
      ],
      events: [[], ['new 1']],
    },
    { why: 'at once when asked to', confirmAfter: 1, script: [[0, sighting(1)]], events: [['new 1']] },
    {
      why: 'sightings need not be in a row',
      confirmAfter: 3,
      script: [[0, sighting(1)], [40], [80, sighting(1)], [120], [160, sighting(1)]],
      events: [[], [], [], [], ['new 1']],
    },
    { why: 'never confirmed: never told of, not even its end', script: [[0, sighting(1)], [2000]], events: [[], []] },
    {
      why: 'the same again is no news',
      confirmAfter: 1,
      script: [
        [0, sighting(1)],
        [40, sighting(1)],
        [80, sighting(1, 0.4)],
      ],
      events: [['new 1'], [], []],
    },
    {
      why: 'a better confidence is',
      confirmAfter: 1,
      script: [
        [0, sighting(1, 0.5)],
        [40, sighting(1, 0.6)],
        [80, sighting(1, 0.55)],
        [120, sighting(1, 0.7)],
      ],
      events: [['new 1'], ['update 1'], [], ['update 1']],
    },
    {
      why: 'and so are other zones',
      confirmAfter: 1,
      script: [
        [0, sighting(1)],
        [40, sighting(1, 0.5, ['sky'])],
        [80, sighting(1, 0.5, ['sky'])],
        [120, sighting(1)],
      ],
      events: [['new 1'], ['update 1'], [], ['update 1']],
    },
    {
      why: 'ended when unseen for a second, not before',
      confirmAfter: 1,
      script: [[0, sighting(1)], [999.9], [1000]],
      events: [['new 1'], [], ['end 1']],
    },
    {
      why: 'another label is told',
      confirmAfter: 1,
      script: [
        [0, { ...sighting(1), label: 'flying' }],
        [40, { ...sighting(1), label: 'drone' }],
        [80, { ...sighting(1), label: 'drone' }],
      ],
      events: [['new 1'], ['update 1'], []],
    },
    {
      why: 'seen again after exactly that long: one life',
      confirmAfter: 1,
      script: [[0, sighting(1)], [900, sighting(1)], [1800], [1900, sighting(1)]],
      events: [['new 1'], [], [], []],
    },
    {
      why: 'no frame came meanwhile: one life, however long',
      confirmAfter: 1,
      script: [
        [0, sighting(1)],
        [9000, sighting(1)],
      ],
      events: [['new 1'], []],
    },
    {
      why: 'its end was told: nothing more of this id',
      confirmAfter: 1,
      script: [[0, sighting(1)], [1000], [1040, sighting(1)], [1080, sighting(1), sighting(2)], [9000]],
      events: [['new 1'], ['end 1'], [], ['new 2'], ['end 2']],
    },
    {
      why: 'not announced yet, so not over: it may come back',
      script: [[0, sighting(1)], [1000], [1040, sighting(1)], [1080, sighting(1)]],
      events: [[], [], [], ['new 1']],
    },
    {
      why: 'each track for itself',
      confirmAfter: 1,
      script: [[0, sighting(1), sighting(2)], [500, sighting(2)], [1000, sighting(2)], [1500]],
      events: [['new 1', 'new 2'], [], ['end 1'], []],
    },
  ];
  test.each(rows)('$why', ({ confirmAfter = 2, script, events }) => {
    const lifecycle = new TrackLifecycle({ cameraId: 'cam', confirmAfter, endAfterMs: 1000 });
    expect(script.map(([ms, ...seen]) => tell(lifecycle.see(seen, at(ms))))).toEqual(events);
  });

  test('summaries: times, best confidence and its box, what was told before', () => {
    const lifecycle = new TrackLifecycle({ cameraId: 'cam', confirmAfter: 2, endAfterMs: 1000 });
    const best = { ...box, x: 0.5 };
    lifecycle.see([{ ...sighting(3, 0.9, ['sky']), bboxNorm: best }], at(0));
    const [told] = lifecycle.see([sighting(3, 0.4, ['sky'])], at(40));
    const after = {
      track_id: 'cam/3',
      id: 3,
      label: 'drone',
      top_conf: 0.9,
      confirmed: true,
      start_ts_unix_ms: 1_000_000,
      end_ts_unix_ms: null,
      zones: ['sky'],
      best_bbox: best,
    };
    expect(told).toEqual({ event: 'new', before: null, after });
    const [end] = lifecycle.endAll(at(40));
    expect(end).toEqual({ event: 'end', before: after, after: { ...after, end_ts_unix_ms: 1_000_040 } });
    expect(lifecycle.open).toBe(0);
    expect(lifecycle.endAll(at(40))).toEqual([]);
  });

  test('every new has exactly one end, and news are about open tracks only, whatever is seen', () => {
    const seen = fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { maxLength: 5 });
    const frame = fc.tuple(fc.integer({ min: 1, max: 700 }), seen, fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 80 }), fc.integer({ min: 1, max: 4 }), (frames, confirmAfter) => {
        const lifecycle = new TrackLifecycle({ cameraId: 'cam', confirmAfter, endAfterMs: 1000 });
        let now = 0;
        const open = new Map<number, LifecycleEvent['after']>();
        const check = (events: readonly LifecycleEvent[]) => {
          for (const { event, before, after } of events) {
            expect(open.has(after.id)).toBe(event !== 'new');
            expect<unknown>(before).toEqual(open.get(after.id) ?? null);
            expect(typeof after.end_ts_unix_ms).toBe(event === 'end' ? 'number' : 'object');
            if (event === 'end') open.delete(after.id);
            else open.set(after.id, after);
          }
          expect(lifecycle.open).toBe(open.size);
        };
        for (const [gapMs, ids, confidence] of frames) {
          now += gapMs;
          check(
            lifecycle.see(
              ids.map((id) => sighting(id, confidence)),
              at(now),
            ),
          );
        }
        check(lifecycle.endAll(at(now)));
        expect(open.size).toBe(0);
      }),
    );
  });
});
