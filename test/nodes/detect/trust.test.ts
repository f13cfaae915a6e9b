/** How sure of what only parts of a picture show. */
import { describe, expect, test } from 'bun:test';
import { Targets, trusted } from '../../../nodes/detect/fovea-targets.ts';
import { trackOptions } from '../../../nodes/track/options.ts';

const PICTURE = { w: 1920, h: 1080 };
const VIEW = { box: { x: 400, y: 300, w: 640, h: 512 }, scale: 1 };
const STARTS = trackOptions.properties.new_track_confidence.default;

/** What is published of one thing that is found with these confidences, one frame after the other; 0: not found. */
function published(confidences: readonly number[]): number[] {
  const targets = new Targets();
  return confidences.map((confidence, k) => {
    const one = { bboxPx: { x: 700 + k, y: 500, w: 10, h: 8 }, confidence, isCut: false };
    const target = targets.see(confidence > 0 ? [one] : [], [VIEW], PICTURE, k / 25).get(one);
    return target ? trusted(confidence, target) : 0;
  });
}

describe('what only parts show', () => {
  const cases: readonly { name: string; seen: readonly number[]; startsAt: number }[] = [
    { name: 'one look, however sure, and nothing after it', seen: [0.92, 0, 0, 0, 0], startsAt: -1 },
    { name: 'sure from the first look on', seen: [0.85, 0.85, 0.85, 0.85], startsAt: 1 },
    { name: 'now and then sure, seldom doubtful: by its third sighting', seen: [0.6, 0.62, 0.7, 0.4], startsAt: 2 },
    { name: 'found again after misses', seen: [0.7, 0, 0.6, 0, 0.7, 0.7], startsAt: 4 },
    {
      name: 'a lit window: doubtful, and sure now and then',
      seen: [0.23, 0.4, 0.7, 0.3, 0.44, 0.72, 0.35, 0.4],
      startsAt: -1,
    },
    {
      name: 'a nest in a tree',
      seen: [0.22, 0.3, 0.2, 0.51, 0.67, 0.63, 0.66, 0.68, 0.71, 0.61, 0.7, 0.59, 0.54, 0.44],
      startsAt: -1,
    },
    { name: 'never sure', seen: Array.from({ length: 20 }, () => 0.6), startsAt: -1 },
  ];
  for (const { name, seen, startsAt } of cases) {
    test(`${name}: ${startsAt < 0 ? 'no track' : `a track from sighting ${startsAt + 1} on`}`, () => {
      const all = published(seen);
      expect(all.findIndex((confidence) => confidence >= STARTS)).toBe(startsAt);
      for (const [k, confidence] of all.entries()) expect(confidence).toBeLessThanOrEqual(seen[k] ?? 0);
    });
  }
});
