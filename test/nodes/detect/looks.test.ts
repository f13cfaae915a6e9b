/** Frames looked at by parts: what detect says of them, and how often it looks. */
import { expect, test } from 'bun:test';
import { Looks } from '../../../nodes/detect/looks.ts';
import type { Model } from '../../../nodes/detect/model.ts';
import type { Box, Detection, FrameView, Pace, Size } from '../../../runtime/node.ts';
import { withDefaults } from './detect-runner.ts';

const INPUT = { w: 640, h: 512 };
const MODEL = { image: { size: INPUT }, reading: { scoring: 'product' } } as unknown as Model;
const HD = { w: 1920, h: 1080 };

/** Plays frames in which an object of 12 pixels is found with these confidences wherever a part shows it closely. */
function play(
  frames: number,
  {
    picture = HD,
    pace = 'asap',
    budget_ms,
    runMs = 50,
    confidence = () => 0.8,
  }: Partial<{
    picture: Size;
    pace: Pace;
    budget_ms: number;
    runMs: number;
    confidence: (sighting: number) => number;
  }>,
) {
  const looks = new Looks(withDefaults({ roi: 'auto', ...(budget_ms ? { budget_ms } : {}) }), MODEL, pace);
  const object = { x: 700, y: 300, w: 12, h: 12 };
  let wanted: readonly Box[] = [];
  let [runs, sightings] = [0, 0];
  const outcomes = Array.from({ length: frames }, (_, index) => {
    const boxes = wanted.length > 0 ? wanted : [{ x: 0, y: 0, w: 1, h: 1 }];
    const parts = boxes.map(({ x, y, w, h }) => ({
      mapping: {
        viewportPx: { x: x * picture.w, y: y * picture.h, w: w * picture.w, h: h * picture.h },
        contentPx: { x: 0, y: 0, ...INPUT },
      },
      data: new Uint8Array(),
    }));
    const meta = {
      index,
      mediaTimeS: index / 25,
      captureUnixMs: 0,
      captureMonoMs: index * 40,
      decodedMonoMs: 0,
      size: picture,
    };
    const lookNext = (regions: readonly Box[]) => {
      wanted = regions;
    };
    const frame = { meta, ...parts[0], parts, lookNext, request: {} } as unknown as FrameView;
    const looked = looks.begin(frame);
    runs += looked.length;
    const found = looked.map(
      ({
        mapping: {
          viewportPx: { x, y, w, h },
        },
      }): Detection[] => {
        const isShown = w <= 700 && object.x >= x && object.y >= y && object.x + 12 <= x + w && object.y + 12 <= y + h;
        return isShown ? [{ bboxPx: object, confidence: confidence(sightings++), label: 'drone' }] : [];
      },
    );
    return looks.finish(frame, looked, found, runMs * looked.length);
  });
  return { outcomes, runs };
}

test('what only parts show is as sure as its sightings were on the whole', () => {
  const confidences = (confidence: (sighting: number) => number) =>
    play(100, { confidence }).outcomes.flatMap(({ detections }) => detections.map((one) => one.confidence));
  const steady = confidences(() => 0.8);
  expect(steady.length).toBeGreaterThan(80);
  expect(steady[0]).toBeLessThan(0.65);
  expect(steady[1]).toBeGreaterThanOrEqual(0.65 - 1e-9);
  // A lit window: now and then quite sure, and on the whole not.
  const window = confidences((sighting) => (sighting % 4 === 0 ? 0.75 : 0.42));
  expect(window.length).toBeGreaterThan(8);
  expect(Math.max(...window)).toBeLessThan(0.6);
  // It takes up no looks for long: two a second.
  expect(window.length).toBeLessThan(30);
});

test('says which parts were looked at; of a picture as large as the input, that nothing was left out', () => {
  for (const { views } of play(30, {}).outcomes) {
    expect(views?.length).toBeGreaterThan(0);
    for (const { regionPx, leastPx } of views ?? []) {
      const isWhole = regionPx.w === HD.w;
      expect(leastPx).toBe(isWhole ? 24 : 0);
      // What lies at an inner edge may be cut off.
      if (!isWhole && regionPx.x > 0) expect(regionPx.w).toBeLessThan(640);
    }
  }
  expect(play(30, { picture: INPUT }).outcomes.every(({ views }) => views === undefined)).toBe(true);
});

test('realtime: runs stay within the budget, and frames beyond it say that nothing was looked at', () => {
  const { outcomes, runs } = play(250, { pace: 'realtime', budget_ms: 500 });
  // Ten seconds of 500 ms at 50 ms a run.
  expect(runs).toBeLessThanOrEqual(110);
  expect(runs).toBeGreaterThan(85);
  const resting = outcomes.filter(({ views }) => views?.length === 0);
  expect(resting.length).toBeGreaterThan(100);
  expect(resting.every(({ detections }) => detections.length === 0)).toBe(true);
});

test('asap: the budget takes nothing away, so that every run over a file gives the same', () => {
  expect(play(100, { budget_ms: 100 }).runs).toBe(play(100, {}).runs);
});
