import { expect, test } from 'bun:test';
import { fuse, type ViewDetections } from '../../../nodes/detect/fuse.ts';
import type { Box, Detection } from '../../../runtime/data.ts';

const PICTURE = { w: 3840, h: 2160 };
const WHOLE: Box = { x: 0, y: 0, ...PICTURE };
const LEFT: Box = { x: 0, y: 0, w: 640, h: 512 };
const RIGHT: Box = { x: 608, y: 0, w: 640, h: 512 };

function found(x: number, y: number, w: number, h: number, confidence = 0.8, label = 'drone'): Detection {
  return { bboxPx: { x, y, w, h }, confidence, label };
}

function view(box: Box, ...detections: Detection[]): ViewDetections {
  return { box, scale: box.w / 640, detections };
}

const table: {
  readonly what: string;
  readonly views: readonly ViewDetections[];
  readonly kept: readonly Detection[];
  readonly cut?: number;
  readonly known?: readonly Box[];
  readonly sameLabel?: boolean;
}[] = [
  {
    what: 'an object in both halves of a seam is one, its cut part is none',
    views: [view(LEFT, found(611, 100, 29, 20)), view(RIGHT, found(611, 100, 60, 20))],
    kept: [found(611, 100, 60, 20)],
    cut: 1,
  },
  {
    what: 'an object in the overlap of two views is one',
    views: [view(LEFT, found(614, 100, 12, 10)), view(RIGHT, found(615, 101, 12, 10, 0.7))],
    kept: [found(614, 100, 12, 10)],
  },
  {
    what: 'the closer look has the better box',
    views: [view(WHOLE, found(96, 96, 48, 36, 0.9)), view(LEFT, found(103, 100, 30, 20))],
    kept: [found(103, 100, 30, 20)],
  },
  {
    what: 'a large object is not split: the whole has it, the closer look only a part of it',
    views: [
      view(WHOLE, found(50, 50, 900, 400, 0.9)),
      view(LEFT, found(52, 51, 560, 390, 0.95), found(90, 80, 60, 40)),
    ],
    kept: [found(50, 50, 900, 400, 0.9)],
  },
  {
    what: 'nor where the whole is not looked at: what is inside an object that is known to be large is left out',
    views: [view(LEFT, found(90, 80, 60, 40), found(100, 470, 30, 20))],
    known: [{ x: 50, y: 50, w: 900, h: 400 }],
    kept: [found(100, 470, 30, 20)],
  },
  {
    what: 'an object that fills most of the picture, and one in front of it, are seen in the whole again and again',
    views: [view(WHOLE, found(100, 100, 3600, 1900), found(900, 900, 200, 100))],
    known: [{ x: 100, y: 100, w: 3600, h: 1900 }],
    kept: [found(100, 100, 3600, 1900), found(900, 900, 200, 100)],
  },
  {
    what: 'at the border of the picture nothing is cut',
    views: [view(LEFT, found(0, 0, 30, 20))],
    kept: [found(0, 0, 30, 20)],
  },
  {
    what: 'a cut object that no other view shows is not put out',
    views: [view(RIGHT, found(608, 100, 30, 20))],
    kept: [],
    cut: 1,
  },
  {
    what: 'two objects of one view stay two, however near',
    views: [view(LEFT, found(100, 100, 40, 40, 0.9), found(104, 110, 20, 20))],
    kept: [found(100, 100, 40, 40, 0.9), found(104, 110, 20, 20)],
  },
  {
    what: 'of two labels: one object where the class is decided later',
    views: [view(WHOLE, found(96, 96, 48, 36, 0.9, 'bird')), view(LEFT, found(103, 100, 30, 20))],
    kept: [found(103, 100, 30, 20)],
  },
  {
    what: 'of two labels: two objects elsewhere',
    views: [view(WHOLE, found(96, 96, 48, 36, 0.9, 'bird')), view(LEFT, found(103, 100, 30, 20))],
    sameLabel: true,
    kept: [found(96, 96, 48, 36, 0.9, 'bird'), found(103, 100, 30, 20)],
  },
];

test.each(table)('$what', ({ views, kept, cut = 0, known = [], sameLabel = false }) => {
  for (const order of [views, views.toReversed()]) {
    const fused = fuse(order, PICTURE, { known, sameLabel, most: 100 });
    expect(fused.detections).toEqual([...kept]);
    expect(fused.cut.length).toBe(cut);
  }
});

test('the most confident ones are kept', () => {
  const many = Array.from({ length: 20 }, (_, i) => found(20 + i * 30, 100, 10, 10, (i + 1) / 20));
  const { detections } = fuse([view(LEFT, ...many.slice(0, 19))], PICTURE, { known: [], sameLabel: true, most: 3 });
  expect(detections.map(({ confidence }) => confidence)).toEqual([0.95, 0.9, 0.85]);
});
