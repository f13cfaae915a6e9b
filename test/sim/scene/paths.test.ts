import { describe, expect, test } from 'bun:test';
import { curveAt, knotTime, swayAt } from '../../../sim/scene/paths.ts';

const KNOTS = [
  { timeS: 0, at: 0 },
  { timeS: 2, at: 10 },
  { timeS: 3, at: 4 },
  { timeS: 7, at: 4 },
];
const at = (timeS: number) => curveAt(KNOTS, (knot) => knot.at, timeS);

describe('a curve', () => {
  test('goes through its knots', () => {
    for (const knot of KNOTS) expect(at(knot.timeS).value).toBeCloseTo(knot.at, 9);
  });

  test('has no jumps, neither in value nor in rate', () => {
    for (const knot of KNOTS.slice(1, -1)) {
      expect(at(knot.timeS - 1e-6).value).toBeCloseTo(at(knot.timeS + 1e-6).value, 4);
      expect(at(knot.timeS - 1e-6).rate).toBeCloseTo(at(knot.timeS + 1e-6).rate, 3);
    }
  });

  test('has the rate of its values', () => {
    for (let timeS = 0.05; timeS < 7; timeS += 0.4) {
      const measured = (at(timeS + 1e-5).value - at(timeS - 1e-5).value) / 2e-5;
      expect(at(timeS).rate).toBeCloseTo(measured, 3);
    }
  });

  test('stands still outside of its knots', () => {
    expect(at(-1)).toEqual({ value: 0, rate: 0 });
    expect(at(9)).toEqual({ value: 4, rate: 0 });
  });

  test('needs a knot', () => {
    expect(() => curveAt([], () => 0, 0)).toThrow('at least one knot');
  });
});

describe('time on the scale of the knots', () => {
  test.each([
    [false, -0.1, null, 'not begun'],
    [false, 7.1, null, 'over'],
    [false, 7, 7, 'the last moment belongs to it'],
    [true, 7.5, 0.5, 'begun again'],
    [true, -1, 6, 'as if it had always been repeating'],
  ])('repeats %p, at %p s: %p (%s)', (repeats, timeS, expected) => {
    const result = knotTime(KNOTS, repeats, timeS);
    expect(result === null ? null : Math.round(result * 1e6) / 1e6).toBe(expected);
  });
});

test('a sway stays within its amplitude and averages out', () => {
  const sway = { panDeg: 0.5, tiltDeg: 0.25, periodS: 2 };
  const pans = Array.from({ length: 200 }, (_, index) => swayAt(sway, index / 100).pan.value);
  expect(Math.max(...pans)).toBeCloseTo(0.5, 2);
  expect(pans.reduce((sum, pan) => sum + pan, 0)).toBeCloseTo(0, 6);
  expect(swayAt(undefined, 1).tilt).toEqual({ value: 0, rate: 0 });
});
