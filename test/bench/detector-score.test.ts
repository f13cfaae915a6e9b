import { describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { grow, LABEL_MARGIN, marginIn, shrinkLabel, shrunkPicture, tighten } from '../../bench/detector/boxes.ts';
import { ClipScorer, coverage } from '../../bench/detector/clip-score.ts';
import type { ClassName, Clip, Label } from '../../bench/detector/data-set.ts';
import { classOf, type ModelFacts, modelFacts } from '../../bench/detector/model-facts.ts';
import type { FrameRecord } from '../../bench/detector/run-clip.ts';
import { FrameScorer } from '../../bench/detector/score.ts';
import type { Box } from '../../runtime/data.ts';

const SIZE = { w: 640, h: 512 };
const TIGHT: Box = { x: 100, y: 100, w: 10, h: 10 };
/** The same with the pad: 2·9.6 wider, 2·8.5 higher. */
const LOOSE: Box = { x: 90.4, y: 91.5, w: 29.2, h: 27 };
const OWN: ModelFacts = { name: 'own', file: '', confidence: 0.1, sure: 0.35, tight: true, coco: false };
const RIVAL: ModelFacts = { ...OWN, name: 'rival', tight: false, coco: true };

function expectBox(box: Box, expected: Box): void {
  for (const side of ['x', 'y', 'w', 'h'] as const) expect(box[side]).toBeCloseTo(expected[side], 9);
}

/** A clip of 2 seconds a frame, so that numbers a minute are easy. */
function clipOf(name: ClassName, labels: readonly (readonly Label[])[]): Clip {
  return { name: 'clip', video: '', class: name, size: SIZE, fps: 0.5, frames: labels.length, labels };
}

function drone(): Label {
  return { class: 'drone', box: LOOSE, tight: TIGHT };
}

interface Seen {
  readonly label: string;
  readonly box?: Box;
  readonly confidence?: number;
  readonly id?: number;
}

function frame(index: number, detections: readonly Seen[], tracks: readonly Seen[] = []): FrameRecord {
  const out = ({ label, box = TIGHT, confidence = 0.9 }: Seen) => ({ label, bboxPx: box, confidence });
  return {
    frame: index,
    mediaTimeS: index,
    inferenceMs: 1,
    detections: detections.map(out),
    tracks: tracks.map((seen) => ({ ...out(seen), id: seen.id ?? 1, velocityPxPerS: { x: 0, y: 0 } })),
  };
}

function score(model: ModelFacts, labels: readonly (readonly Label[])[], records: readonly FrameRecord[]) {
  const scorer = new FrameScorer(model, LABEL_MARGIN);
  scorer.add(clipOf('drone', labels), records);
  return scorer.report();
}

describe('the pad of the labels', () => {
  test('on and off again', () => {
    expectBox(grow(TIGHT, LABEL_MARGIN, SIZE), LOOSE);
    expectBox(tighten(LOOSE, LABEL_MARGIN), TIGHT);
  });

  test('half of it in a frame half as wide', () => {
    expect(marginIn({ w: 320, h: 256 }, LABEL_MARGIN)).toEqual({ x: 4.8, y: 4.25 });
  });

  test('ends at the border of the frame', () => {
    expectBox(grow({ x: 0, y: 505, w: 10, h: 7 }, LABEL_MARGIN, SIZE), { x: 0, y: 496.5, w: 19.6, h: 15.5 });
  });

  test('a label smaller than the pad keeps 0.3 of its side, and 1.5 px', () => {
    expectBox(tighten({ x: 0, y: 0, w: 20, h: 4 }, LABEL_MARGIN), { x: 7, y: 1.25, w: 6, h: 1.5 });
  });
});

describe('clips made smaller', () => {
  test('to a half: the picture in the middle, the pad as large as before', () => {
    const picture = shrunkPicture(SIZE, 2);
    expect(picture).toEqual({ x: 160, y: 128, w: 320, h: 256 });
    const small = shrinkLabel(drone(), SIZE, picture, LABEL_MARGIN);
    expectBox(small.tight, { x: 210, y: 178, w: 5, h: 5 });
    expectBox(small.box, { x: 200.4, y: 169.5, w: 24.2, h: 22 });
  });

  test('to a third: all sides even, for the colour planes', () => {
    expect(shrunkPicture(SIZE, 3)).toEqual({ x: 214, y: 172, w: 214, h: 170 });
  });
});

describe('figures of frames', () => {
  test('tight boxes hit loose labels once grown, and tight ones as they are', () => {
    const { labelled, tight } = score(OWN, [[drone()]], [frame(0, [{ label: 'drone' }])]);
    expect(labelled.groups.drone).toMatchObject({ labels: 1, ap50: 1, ap5095: 1 });
    expect(tight.groups.drone).toMatchObject({ labels: 1, ap50: 1, ap5095: 1 });
    expect(labelled.meanF1.detections).toEqual({ at50: 1, at30: 1 });
  });

  test('loose boxes of a model that claims tight ones are judged as tight ones', () => {
    // Grown: 48.4×44; of 29.2×27 within it, IoU 0.37.
    const { labelled } = score(OWN, [[drone()]], [frame(0, [{ label: 'drone', box: LOOSE }])]);
    expect(labelled.groups.drone).toMatchObject({ ap50: 0, ap30: 1 });
  });

  test('a model that claims nothing gets the better of the two', () => {
    for (const box of [TIGHT, LOOSE]) {
      const { labelled } = score(RIVAL, [[drone()]], [frame(0, [{ label: 'kite', box }])]);
      expect(labelled.groups.drone.ap50).toBe(1);
    }
  });

  test('two classes: the wrong one is a miss and a false box, but an object all the same', () => {
    const { labelled } = score(
      OWN,
      [[drone()], [drone()]],
      [frame(0, [{ label: 'bird' }]), frame(1, [{ label: 'drone' }])],
    );
    // Drones: one of two labels found, no false box: recalls 0 … 0.50.
    expect(labelled.groups.drone.ap50).toBeCloseTo(51 / 101, 12);
    expect(labelled.groups.bird.ap50).toBeNaN();
    expect(labelled.groups.bird.detections.at50).toMatchObject({ boxes: 1, labels: 0, hits: 0, precision: 0 });
    expect(labelled.groups.any.ap50).toBe(1);
    // Birds are not labelled: the mean is that of the drones alone, 2·1 / (1 + 2).
    expect(labelled.meanF1.detections.at50).toBeCloseTo(2 / 3, 12);
  });

  test('below the default threshold a box is on the curve, and not put out', () => {
    const { labelled } = score(OWN, [[drone()]], [frame(0, [{ label: 'drone', confidence: 0.34 }])]);
    expect(labelled.groups.drone.ap50).toBe(1);
    expect(labelled.groups.drone.detections.at50).toMatchObject({ boxes: 0, hits: 0, recall: 0 });
  });

  test('a track without a class yet is a miss of the class, not a false one', () => {
    const { labelled } = score(OWN, [[drone()]], [frame(0, [], [{ label: 'flying' }])]);
    expect(labelled.groups.drone.published.at50).toMatchObject({ boxes: 0, labels: 1, recall: 0 });
    expect(labelled.groups.any.published.at50).toMatchObject({ boxes: 1, hits: 1, recall: 1 });
  });

  test('labelled frames that never came out are misses', () => {
    const { labelled } = score(OWN, [[drone()], [drone()]], [frame(0, [{ label: 'drone' }])]);
    expect(labelled.groups.drone.detections.at50.recall).toBe(0.5);
  });

  test('recall by the size of the label as it is', () => {
    const { labelled, tight } = score(OWN, [[drone()]], [frame(0, [{ label: 'drone' }])]);
    const expected = [0, 1, 0, 0];
    for (const way of [labelled, tight]) {
      expect(way.groups.any.bySize.detections.map(({ labels }) => labels)).toEqual(expected);
      expect(way.groups.any.bySize.detections[1]?.recall).toBe(1);
    }
  });
});

describe('figures of clips', () => {
  const labels = Array.from({ length: 4 }, () => [drone()]);

  test('several tracks cover an object together, one of them alone less', () => {
    const records = [
      frame(0, [], [{ label: 'flying', id: 1 }]),
      frame(1, [], [{ label: 'drone', id: 1 }]),
      frame(2, [], [{ label: 'drone', id: 2 }]),
      frame(3, [], [{ label: 'drone', id: 2, box: { ...TIGHT, x: 400 } }]),
    ];
    const clip = clipOf('drone', labels);
    expect(coverage(clip, 'drone', records, OWN, LABEL_MARGIN)).toEqual({ ofClass: 0.5, oneId: 0.25, anyLabel: 0.75 });
  });

  test('half of the frames are not over half', () => {
    const scorer = new ClipScorer(OWN, LABEL_MARGIN);
    const covered = (count: number) => labels.slice(0, count).map((_, index) => frame(index, [], [{ label: 'drone' }]));
    scorer.add(clipOf('drone', labels), covered(2));
    scorer.add(clipOf('drone', labels), covered(3));
    expect(scorer.followed('drone')).toEqual({ clips: 2, share: 0.5, shareOneId: 0.5, shareAnyLabel: 0.5 });
    expect(scorer.falseTracks('drone')).toEqual({ tracks: 0, minutes: 0, perMinute: Number.NaN });
  });

  test('false drones: each id once, only on clips without drones', () => {
    const scorer = new ClipScorer(OWN, LABEL_MARGIN);
    const birds: Label[][] = Array.from({ length: 30 }, () => [{ ...drone(), class: 'bird' }]);
    // 30 frames of 2 s: a minute. Id 1 is a drone in two frames and a bird later.
    const records = birds.map((_, index) => {
      const label = index < 2 ? 'drone' : 'bird';
      return frame(index, [{ label: 'drone' }, { label: 'drone', confidence: 0.1 }], [{ label, id: 1 }]);
    });
    scorer.add(clipOf('bird', birds), records);
    expect(scorer.falseTracks('drone')).toEqual({ tracks: 1, minutes: 1, perMinute: 1 });
    expect(scorer.falsePositives('drone')).toEqual({ minutes: 1, detectionsPerMinute: 30, publishedBoxesPerMinute: 2 });
  });
});

describe('models', () => {
  test('classes of COCO: a kite is the nearest to a drone', () => {
    expect(classOf('kite', RIVAL)).toBe('drone');
    expect(classOf('airplane', RIVAL)).toBe('airplane');
    expect(classOf('person', RIVAL)).toBeNull();
    expect(classOf('kite', OWN)).toBeNull();
    expect(classOf('flying', OWN)).toBeNull();
  });

  const nano = join(import.meta.dir, '../../../shared/models/yolox_nano.onnx');
  if (!existsSync(nano)) console.log(`skipped: the rival's classes, there is no ${nano}`);
  test.skipIf(!existsSync(nano))('the rival', () => {
    expect(modelFacts(nano)).toMatchObject({ name: 'yolox_nano', coco: true, tight: false });
  });
});
