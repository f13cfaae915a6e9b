import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { BoxKalman } from '../../../nodes/track/kalman.ts';

const BOX = { x: 100, y: 50, w: 40, h: 80 };

function seenTwice(): BoxKalman {
  const filter = new BoxKalman(BOX);
  filter.predict(1 / 30);
  filter.update({ ...BOX, x: 104 });
  return filter;
}

describe('box filter', () => {
  test('starts at rest on the box it is given', () => {
    const filter = new BoxKalman(BOX);
    expect([filter.centreX, filter.centreY, filter.width, filter.height]).toEqual([120, 90, 40, 80]);
    expect([filter.velocityX, filter.velocityY]).toEqual([0, 0]);
  });

  test('one step at 30 Hz is the per-frame filter, computed by hand', () => {
    const filter = seenTwice();
    // Per frame, in px: start var (2 * 40/20)^2 = 16, velocity var (10 * 40/160)^2 = 6.25, noise 2^2 = 4, measurement 4.
    const predicted = 16 + 6.25 + 4;
    expect(filter.centreX).toBeCloseTo(120 + (4 * predicted) / (predicted + 4), 9);
    expect(filter.velocityX).toBeCloseTo(((4 * 6.25) / (predicted + 4)) * 30, 9);
    expect(filter.stdX).toBeCloseTo(Math.sqrt(predicted - predicted ** 2 / (predicted + 4)), 9);
  });

  test('a jump is believed but for the noise of one measurement, and learnt as a velocity no faster', () => {
    for (const jump of [3, 10, 40, 400]) {
      const filter = new BoxKalman(BOX);
      for (let k = 0; k < 30; k++) {
        filter.predict(1 / 30);
        filter.update(BOX);
      }
      filter.predict(1 / 30);
      filter.update({ ...BOX, x: BOX.x + jump, y: BOX.y - jump });
      expect(120 + jump - filter.centreX).toBeGreaterThan(0);
      expect(120 + jump - filter.centreX).toBeLessThanOrEqual(40 / 20 + 1e-9);
      expect(filter.centreY - (90 - jump)).toBeLessThanOrEqual(80 / 20 + 1e-9);
      // As before: a small part of the speed that the jump alone would be.
      expect(filter.velocityX / (jump * 30)).toBeLessThan(0.1);
    }
  });

  test('predicting is the same in one step as in any two', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (dtS, part) => {
          const once = seenTwice();
          const twice = seenTwice();
          once.predict(dtS, true);
          twice.predict(dtS * part, true);
          twice.predict(dtS * (1 - part), true);
          expect(twice.centreX).toBeCloseTo(once.centreX, 6);
          expect(twice.stdX / once.stdX).toBeCloseTo(1, 6);
        },
      ),
      { seed: 1 },
    );
  });

  test.each([5, 10, 25, 30, 60])('finds the velocity of a steady object at %d Hz', (hz) => {
    const filter = new BoxKalman(BOX);
    for (let k = 1; k <= hz * 4; k++) {
      filter.predict(1 / hz);
      filter.update({ ...BOX, x: BOX.x + (60 * k) / hz, y: BOX.y - (30 * k) / hz });
    }
    expect(filter.velocityX).toBeCloseTo(60, 0);
    expect(filter.velocityY).toBeCloseTo(-30, 0);
    expect(filter.centreX).toBeCloseTo(120 + 240, 0);
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('a step of %d s changes nothing', (dtS) => {
    const filter = seenTwice();
    const before = [filter.centreX, filter.velocityX, filter.stdX];
    filter.predict(dtS);
    expect([filter.centreX, filter.velocityX, filter.stdX]).toEqual(before);
  });

  test('a shrinking box does not turn inside out over a gap', () => {
    const filter = new BoxKalman(BOX);
    for (let k = 1; k < 10; k++) {
      filter.predict(1 / 30);
      filter.update({ ...BOX, h: 80 - 4 * k });
    }
    filter.predict(5);
    expect(filter.height).toBeGreaterThan(0);
    expect(filter.width).toBeGreaterThan(0);
  });

  test('stays positive definite whatever the steps are', () => {
    const step = fc.tuple(
      fc.double({ min: 1e-4, max: 20, noNaN: true }),
      fc.double({ min: -300, max: 300, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const filter = new BoxKalman(BOX);
        for (const [dtS, x] of steps) {
          filter.predict(dtS);
          filter.update({ ...BOX, x });
          expect(filter.stdX).toBeGreaterThan(0);
          expect(Number.isFinite(filter.centreX + filter.velocityX + filter.width + filter.height)).toBe(true);
        }
      }),
      { seed: 1 },
    );
  });
});
