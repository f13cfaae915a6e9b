/** What `roi: auto` asks for when it also knows what moves (`when: motion`). */
import { expect, test } from 'bun:test';
import { Looks } from '../../../nodes/detect/looks.ts';
import type { Model } from '../../../nodes/detect/model.ts';
import type { Box, FramePart, FrameRequest, FrameView } from '../../../runtime/node.ts';
import { withDefaults } from './detect-runner.ts';

const SIZE = { w: 1920, h: 1080 };
const INPUT = { w: 640, h: 360 };
const request: FrameRequest = { width: INPUT.w, height: INPUT.h, format: 'rgb24', fit: 'letterbox', regions: 3 };
const model = { image: { size: INPUT }, reading: { scoring: 'class' } } as unknown as Model;
const WHOLE = { x: 0, y: 0, w: 1, h: 1 };

/** Gives each frame the parts that were asked for, and tells those that the model runs on. */
class Watched {
  readonly #looks = new Looks(withDefaults({ roi: 'auto', when: 'motion' }), model, 'asap');
  wanted: readonly Box[] = [];
  #index = 0;

  next(rests: boolean, regions: readonly Box[] = []): readonly Box[] {
    const data = new Uint8Array(0);
    const parts = (this.wanted.length > 0 ? this.wanted : [WHOLE]).map(({ x, y, w, h }): FramePart => {
      const viewportPx = { x: x * SIZE.w, y: y * SIZE.h, w: w * SIZE.w, h: h * SIZE.h };
      return { data, mapping: { viewportPx, contentPx: { x: 0, y: 0, ...INPUT } } };
    });
    const [first] = parts;
    if (!first) throw new Error('a frame has a part');
    const captureMonoMs = 40 * this.#index;
    const times = { mediaTimeS: 0, captureUnixMs: 0, captureMonoMs, decodedMonoMs: 0 };
    const frame: FrameView = {
      ...{ ...first, parts, request, meta: { index: this.#index++, ...times, size: SIZE } },
      lookNext: (regionsNorm) => {
        this.wanted = regionsNorm;
      },
    };
    const motion = { moved: null, regions: regions.map((bboxPx) => ({ bboxPx, strength: 2 })) };
    const run = this.#looks.begin(frame, { told: { motion }, rests });
    if (!rests)
      this.#looks.finish(
        frame,
        run,
        run.map(() => []),
        10,
      );
    return run.map(({ mapping }) => mapping.viewportPx);
  }
}

test('while nothing moves, the whole picture is all that is asked for, and the model does not run on it', () => {
  const watched = new Watched();
  watched.next(false);
  for (let k = 0; k < 10; k++) {
    expect(watched.next(true)).toEqual([]);
    expect(watched.wanted).toEqual([WHOLE]);
  }
});

test('what moves is looked at closely in the next frame, beside the whole picture that tells what moves', () => {
  const watched = new Watched();
  for (let k = 0; k < 10; k++) watched.next(true);
  const moves = { x: 1500, y: 700, w: 30, h: 20 };
  // Only the whole picture is here.
  expect(watched.next(false, [moves])).toEqual([{ x: 0, y: 0, ...SIZE }]);
  expect(watched.wanted[0]).toEqual(WHOLE);
  const [view] = watched.next(false, [moves]);
  expect(view?.w).toBeLessThanOrEqual(SIZE.w / 2);
  expect(view?.x).toBeLessThan(moves.x);
  expect((view?.x ?? 0) + (view?.w ?? 0)).toBeGreaterThan(moves.x + moves.w);
});

test('every frame has the whole picture first', () => {
  const watched = new Watched();
  for (let k = 0; k < 60; k++) {
    watched.next(false);
    expect(watched.wanted[0]).toEqual(WHOLE);
    expect(watched.wanted.length).toBeLessThanOrEqual(3);
  }
});
