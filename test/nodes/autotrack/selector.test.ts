import { describe, expect, test } from 'bun:test';
import { type SelectionOptions, TargetSelector } from '../../../nodes/autotrack/selector.ts';
import type { Track } from '../../../runtime/data.ts';

const AUTO: SelectionOptions = { auto: true, required_zones: [], labels: [], min_confidence: 0.5, min_age_s: 1 };

function track(id: number, more: Partial<Track> = {}): Track {
  const bboxPx = { x: 10 * id, y: 0, w: 10, h: 10 };
  return { id, label: 'drone', confidence: 0.8, bboxPx, velocityPxPerS: { x: 0, y: 0 }, ...more };
}

/** Ten pictures a second of the same tracks. @returns what is selected after each */
function watch(selector: TargetSelector, tracks: readonly Track[], fromS: number, toS: number, mayChoose = true) {
  const seen: (number | null)[] = [];
  for (let ms = fromS * 1000; ms < toS * 1000; ms += 100) seen.push(selector.step(tracks, ms, mayChoose)?.id ?? null);
  return seen;
}

describe('the graph chooses', () => {
  test('a track that has been seen for long enough, and then keeps to it', () => {
    const selector = new TargetSelector(AUTO);
    const seen = watch(selector, [track(1)], 0, 2);
    expect(seen.indexOf(1)).toBe(10);
    expect(
      watch(selector, [track(1, { confidence: 0.6 }), track(2, { confidence: 0.99 })], 2, 5).every((id) => id === 1),
    ).toBe(true);
    expect(selector.selection).toEqual({ id: 1, by: 'graph' });
  });

  test.each([
    ['is not told to', { auto: false }, {}],
    ['wants another label', { labels: ['bird'] }, {}],
    ['wants more confidence', { min_confidence: 0.9 }, {}],
    ['wants it in a zone', { required_zones: ['sky'] }, {}],
    ['wants it in another zone', { required_zones: ['sky'] }, { zones: ['yard'] }],
    ['wants it for longer', { min_age_s: 10 }, {}],
  ])('nothing while it %s', (_why, options, more) => {
    const selector = new TargetSelector({ ...AUTO, ...options });
    expect(watch(selector, [track(1, more)], 0, 3)).toEqual(Array(30).fill(null));
  });

  test('nothing while the camera cannot follow', () => {
    const selector = new TargetSelector(AUTO);
    expect(watch(selector, [track(1)], 0, 3, false)).toEqual(Array(30).fill(null));
    expect(selector.step([track(1)], 3000, true)?.id).toBe(1);
  });

  test('the most wanted label first, then the surest track', () => {
    const selector = new TargetSelector({ ...AUTO, labels: ['drone', 'bird'] });
    const tracks = [track(1, { label: 'bird', confidence: 0.99 }), track(2), track(3, { confidence: 0.9 })];
    expect(watch(selector, tracks, 0, 2).at(-1)).toBe(3);
  });

  test('one in a required zone', () => {
    const selector = new TargetSelector({ ...AUTO, required_zones: ['sky', 'roof'] });
    expect(watch(selector, [track(1), track(2, { zones: ['roof'] })], 0, 2).at(-1)).toBe(2);
  });
});

describe('the operator', () => {
  test('always wins, also with a track that is not in sight', () => {
    const selector = new TargetSelector(AUTO);
    watch(selector, [track(1)], 0, 2);
    selector.operate(99);
    expect(watch(selector, [track(1)], 2, 4).at(-1)).toBe(99);
    expect(selector.selection).toEqual({ id: 99, by: 'operator' });
  });

  test('lets go: what was in sight then is not chosen again, another one is', () => {
    const selector = new TargetSelector(AUTO);
    watch(selector, [track(1)], 0, 2);
    selector.operate(null);
    expect(watch(selector, [track(1)], 2, 8).at(-1)).toBe(null);
    expect(watch(selector, [track(1), track(2)], 8, 10).at(-1)).toBe(2);
  });

  test('chooses one that was let go of: it may be chosen again later', () => {
    const selector = new TargetSelector(AUTO);
    watch(selector, [track(1)], 0, 2);
    selector.operate(null);
    selector.operate(1);
    expect(watch(selector, [track(1)], 2, 3).at(-1)).toBe(1);
  });
});

test('a target that is released is passed over until the tracker has forgotten it', () => {
  const selector = new TargetSelector(AUTO);
  watch(selector, [track(1)], 0, 2);
  selector.release();
  expect(watch(selector, [track(1)], 2, 5).at(-1)).toBe(null);
  selector.step([], 16_000, true);
  expect(watch(selector, [track(1)], 17, 19).at(-1)).toBe(1);
});

test('the same target goes on under another id, chosen by whom it was', () => {
  const selector = new TargetSelector(AUTO);
  selector.operate(4);
  selector.rename(7);
  expect(selector.selection).toEqual({ id: 7, by: 'operator' });
});
