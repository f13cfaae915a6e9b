import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import fc from 'fast-check';
import { CROWD_LIMIT_MS, CROWDS, measureCrowd } from '../../../bench/tracking/crowds.ts';
import { syntheticScene } from '../../../bench/tracking.ts';
import { ByteTrack } from '../../../nodes/track/byte-track.ts';
import { type TrackOptions, trackOptions } from '../../../nodes/track/options.ts';
import type { Detection } from '../../../runtime/node.ts';

const DT_S = 1 / 30;

function tracker(options: Partial<TrackOptions> = {}, nextId?: number): ByteTrack {
  return new ByteTrack({ ...Value.Create(trackOptions), ...options }, nextId);
}

function at(x: number, over: Partial<Detection & { y: number; w: number; h: number }> = {}): Detection {
  const { y = 100, w = 40, h = 80, confidence = 0.9, label = 'person' } = over;
  return { bboxPx: { x, y, w, h }, confidence, label };
}

/** Ids seen in each frame. */
function ids(track: ByteTrack, frames: readonly (readonly Detection[])[], dtS = DT_S): number[][] {
  return frames.map((detections, k) => track.step(k * dtS, detections).tracks.map((t) => t.id));
}

describe('which tracks are put out', () => {
  const weak = { confidence: 0.3 };
  const rows: [why: string, frames: Detection[][], expected: number[][]][] = [
    ['objects of the first frame are out at once', [[at(0), at(200)]], [[1, 2]]],
    ['a later one has to be confirmed by the next frame', [[], [at(0)], [at(1)]], [[], [], [1]]],
    [
      'seen once, then not: it never existed and used no id',
      [[], [at(0)], [], [at(0)], [at(0)]],
      [[], [], [], [], [1]],
    ],
    ['too weak to start a track', [[at(0, { confidence: 0.6 })], [at(0, { confidence: 0.6 })]], [[], []]],
    ['weak detections keep a track alive', [[at(0)], [at(1, weak)], [at(2, weak)]], [[1], [1], [1]]],
    ['below low_confidence they do not', [[at(0)], [at(1, { confidence: 0.05 })]], [[1], []]],
    ['a lost track is not found by a weak detection', [[at(0)], [], [at(0, weak)]], [[1], [], []]],
    ['a lost track is found again by a strong one', [[at(0)], [], [], [at(2)]], [[1], [], [], [1]]],
    ['nor in a box of another size', [[at(0)], [], [at(0, { h: 160, w: 20 })]], [[1], [], []]],
    ['an unseen frame has no tracks', [[at(0)], []], [[1], []]],
  ];
  test.each(rows)('%s', (_, frames, expected) => {
    expect(ids(tracker(), frames)).toEqual(expected);
  });

  test('with the confidence of the detection matched in this frame', () => {
    const track = tracker();
    track.step(0, [at(0)]);
    expect(track.step(DT_S, [at(1, { confidence: 0.3 })]).tracks[0]?.confidence).toBe(0.3);
  });

  test('with velocity in pixels per second, at any frame rate', () => {
    for (const hz of [5, 25, 60]) {
      const track = tracker();
      let last = track.step(0, [at(0)]);
      for (let k = 1; k <= 3 * hz; k++) last = track.step(k / hz, [at((60 * k) / hz)]);
      expect(last.tracks.map((t) => t.id)).toEqual([1]);
      expect(last.tracks[0]?.velocityPxPerS.x).toBeCloseTo(60, 0);
      expect(last.tracks[0]?.velocityPxPerS.y).toBeCloseTo(0, 6);
    }
  });
});

describe('lost tracks', () => {
  test.each([5, 10, 30, 60])('are kept for lost_after_s, not for a number of frames: %d Hz', (hz) => {
    const frames = (emptyS: number) => [
      [at(0)],
      ...Array.from({ length: Math.round(emptyS * hz) - 1 }, () => []),
      [at(0)],
    ];
    expect(ids(tracker(), frames(0.8), 1 / hz).at(-1)).toEqual([1]);
    expect(ids(tracker(), frames(1.2), 1 / hz).at(-1)).toEqual([]);
  });

  test('two objects that cross keep their ids through the moment of hiding', () => {
    const frames = Array.from({ length: 61 }, (_, k) => {
      const front = at(4 * k);
      const back = at(240 - 4 * k, { y: 110 });
      return Math.abs(front.bboxPx.x - back.bboxPx.x) < 24 ? [front] : [front, back];
    });
    const track = tracker();
    const last = frames.map((detections, k) => track.step(k * DT_S, detections)).at(-1);
    expect(last?.tracks.map((t) => [t.id, Math.round(t.bboxPx.x)])).toEqual([
      [1, 240],
      [2, 0],
    ]);
  });

  const duplicates: [why: string, duplicate_iou: number, expected: number[]][] = [
    ['a new track on the spot of an older lost one gives way to it', 0.85, []],
    ['unless they overlap too little to be called the same', 0.95, [2]],
  ];
  test.each(duplicates)('%s', (_, duplicate_iou, expected) => {
    // So strict a matching that a jump of 2 px (IoU 0.9) loses the track and starts another.
    const track = tracker({ match_iou: 0.95, fuse_confidence: false, duplicate_iou });
    const frames = [...Array.from({ length: 10 }, () => [at(0)]), [at(2)], [at(2)]];
    expect(ids(track, frames).at(-1)).toEqual(expected);
  });
});

describe('labels', () => {
  const flip = [[at(0)], [at(1, { label: 'drone' })], [at(2)], [at(3)]];

  test('per class, an object that is called otherwise stays the same, and two on one spot are one a label', () => {
    expect(ids(tracker(), flip)).toEqual([[1], [1], [1], [1]]);
    const two = [at(0), at(2, { label: 'drone' })];
    const track = tracker();
    for (let k = 0; k < 5; k++) {
      const labels = track.step(k * DT_S, k % 2 === 0 ? two : two.toReversed()).tracks.map((t) => t.label);
      expect(labels).toEqual(['person', 'drone']);
    }
  });

  test('whatever labels one object gets, and whether it is seen in each frame or not, it keeps its id', () => {
    const sighting = fc.option(fc.constantFrom('person', 'drone', 'bird'), { freq: 6 });
    fc.assert(
      fc.property(fc.array(sighting, { minLength: 3, maxLength: 120 }), (labels) => {
        const frames = labels.map((label, k) => (label === null ? [] : [at(2 * k, { label })]));
        // Confirmed before the labels waver.
        const seen = ids(tracker(), [[at(0)], [at(0)], ...frames]).flat();
        expect(new Set(seen)).toEqual(new Set([1]));
      }),
      { seed: 1 },
    );
  });

  test('across classes, any label matches and the most voted is the label', () => {
    const track = tracker({ per_class: false });
    const drone = (x: number) => at(x, { label: 'drone', confidence: 0.8 });
    const labels = [[at(0)], [drone(1)], [drone(2)], [drone(3)]].map(
      (detections, k) => track.step(k * DT_S, detections).tracks[0],
    );
    // 0.9 against 0.8, then against 1.6.
    expect(labels.map((t) => [t?.id, t?.label])).toEqual([
      [1, 'person'],
      [1, 'person'],
      [1, 'drone'],
      [1, 'drone'],
    ]);
  });
});

describe('what must not break it', () => {
  const bad: [why: string, detection: Detection][] = [
    ['x is NaN', at(Number.NaN)],
    ['y is infinite', at(0, { y: Number.NEGATIVE_INFINITY })],
    ['no width', at(0, { w: 0 })],
    ['negative height', at(0, { h: -80 })],
    ['infinite width', at(0, { w: Number.POSITIVE_INFINITY })],
    ['squares would overflow', at(0, { w: 1e200, h: 1e200 })],
    ['confidence is NaN', at(0, { confidence: Number.NaN })],
    ['confidence is a percentage', at(0, { confidence: 90 })],
  ];
  test.each(bad)('ignored and counted: %s', (_, detection) => {
    const track = tracker();
    track.step(0, [at(0)]);
    const result = track.step(DT_S, [detection, at(1)]);
    expect(result.invalid).toBe(1);
    expect(result.tracks.map((t) => t.id)).toEqual([1]);
  });

  const times: [why: string, timesS: number[], expected: number[]][] = [
    ['time stands still', [0, 0, 0], [1]],
    ['time goes back: a source that starts over', [100, 100.04, 0, 0.04], [1]],
    ['time is not a number for a frame', [0, Number.NaN, 0.08], [1]],
    ['a short gap', [0, 0.04, 0.9], [1]],
    ['a gap beyond lost_after_s: a new track, to be confirmed', [0, 0.04, 60, 60.04], [2]],
    ['time runs away', [0, Number.POSITIVE_INFINITY, 0.04], [1]],
  ];
  test.each(times)('%s', (_, timesS, expected) => {
    const track = tracker();
    const results = timesS.map((timeS) => track.step(timeS, [at(0)]));
    expect(results.at(-1)?.tracks.map((t) => t.id)).toEqual(expected);
  });

  test('lost tracks end even when time stands still', () => {
    const track = tracker();
    track.step(0, [at(0)]);
    for (let k = 0; k < 1100; k++) track.step(0, []);
    track.step(0, [at(0)]);
    expect(track.step(0, [at(0)]).tracks.map((t) => t.id)).toEqual([2]);
  });

  test('any input: ids are unique in a frame and never come back, boxes are finite', () => {
    const number = fc.oneof(fc.integer({ min: -50, max: 300 }), fc.constantFrom(Number.NaN, 0, 1e9, -1e300));
    const side = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom(0, -1, Number.NaN, 1e-300));
    const detection = fc.record({
      bboxPx: fc.record({ x: number, y: number, w: side, h: side }),
      confidence: fc.oneof(fc.double({ min: 0, max: 1 }), fc.constant(0.9)),
      label: fc.constantFrom('person', 'drone'),
    });
    const frame = fc.tuple(
      fc.oneof(fc.double({ min: -0.5, max: 2 }), fc.constant(DT_S)),
      fc.array(detection, { maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 40 }), fc.boolean(), (frames, per_class) => {
        const track = tracker({ per_class });
        let timeS = 0;
        const known = new Set<number>();
        for (const [stepS, detections] of frames) {
          timeS += stepS || 0;
          const { tracks } = track.step(timeS, detections);
          expect(new Set(tracks.map((t) => t.id)).size).toBe(tracks.length);
          for (const { id, bboxPx, velocityPxPerS } of tracks) {
            expect(id).toBeLessThan(track.nextId);
            if (!known.has(id)) expect(id).toBeGreaterThan(Math.max(0, ...known));
            known.add(id);
            expect(
              Object.values({ ...bboxPx, vx: velocityPxPerS.x, vy: velocityPxPerS.y }).every(Number.isFinite),
            ).toBe(true);
            expect(bboxPx.w > 0 && bboxPx.h > 0).toBe(true);
          }
        }
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});

describe('a crowded scene', () => {
  const scene = syntheticScene(30).take(300).toArray();

  test('is tracked the same on every run', () => {
    const run = () => {
      const track = tracker();
      return JSON.stringify(scene.map((detections, k) => track.step(k * DT_S, detections)));
    };
    expect(run()).toBe(run());
  });

  test('a new id is above all ids before it', () => {
    const track = tracker({}, 7);
    let highest = 6;
    const known = new Set<number>();
    for (const [k, detections] of scene.entries()) {
      for (const { id } of track.step(k * DT_S, detections).tracks) {
        if (known.has(id)) continue;
        expect(id).toBeGreaterThan(highest);
        highest = id;
        known.add(id);
      }
    }
    expect(known.size).toBeGreaterThanOrEqual(30);
    expect(track.nextId).toBeGreaterThan(highest);
  });
});

describe('a thousand detections in a frame', () => {
  // The least of several frames: others on the machine can only add to it.
  test.each(Object.keys(CROWDS))('%s: within the limit', (name) => {
    expect(measureCrowd(name, 8, 12).cpuMs[0]).toBeLessThanOrEqual(CROWD_LIMIT_MS);
  });
});
