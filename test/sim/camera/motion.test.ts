/** The motors: limits of speed, acceleration and range, backlash, command delay, timeouts, the lens. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { MotorCommand } from '../../../runtime/node.ts';
import { type AxisGoal, type AxisSpec, axisAt, isAtRest, stepAxis } from '../../../sim/camera/motion/axis.ts';
import { PtzHead } from '../../../sim/camera/motion/head.ts';
import { defaultMotors, headSpec, hfovDegAt } from '../../../sim/camera/motion/motors.ts';

const AXIS: AxisSpec = { min: -90, max: 90, maxRate: 60, acceleration: 200, backlash: 0.1 };
const DT_S = 1 / 250;
const START = { panDeg: 0, tiltDeg: 0, zoom: 0 };

describe('an axis', () => {
  test('property: whatever it is told, it keeps its limits of rate, acceleration and range, and its play', () => {
    const goal: fc.Arbitrary<AxisGoal> = fc.oneof(
      fc.constant({ mode: 'hold' } as const),
      fc.double({ min: -200, max: 200, noNaN: true }).map((rate) => ({ mode: 'rate', rate }) as const),
      fc
        .record({
          position: fc.double({ min: -90, max: 90, noNaN: true }),
          maxRate: fc.double({ min: 0.1, max: 60, noNaN: true }),
        })
        .map((to) => ({ mode: 'position', ...to }) as const),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(goal, fc.integer({ min: 1, max: 200 })), { maxLength: 12 }), (plan) => {
        let state = axisAt(0);
        for (const [next, steps] of plan) {
          for (let step = 0; step < steps; step++) {
            const before = state;
            state = stepAxis(AXIS, state, next, DT_S);
            expect(Math.abs(state.rate)).toBeLessThanOrEqual(60 + 1e-9);
            expect(Math.abs(state.position)).toBeLessThanOrEqual(90);
            expect(Math.abs(state.position - state.load)).toBeLessThanOrEqual(0.05 + 1e-9);
            // Reaching a place or the range's end takes away what is left: at most one more step's worth.
            const change = Math.abs(state.rate - before.rate);
            expect(change).toBeLessThanOrEqual(200 * DT_S * 3 + 1e-9);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  test.each([0.01, 0.5, 7, 80, -90])('reaches %p° exactly, without passing it, and rests', (position) => {
    const goal: AxisGoal = { mode: 'position', position, maxRate: 60 };
    let state = axisAt(0);
    let farthest = 0;
    for (let step = 0; step < 1500 && !isAtRest(AXIS, state, goal); step++) {
      state = stepAxis(AXIS, state, goal, DT_S);
      farthest = Math.max(farthest, Math.abs(state.position));
    }
    expect(state).toMatchObject({ position, rate: 0 });
    expect(farthest).toBeLessThanOrEqual(Math.abs(position) + 0.005);
  });

  test('speeds up as v = a·t', () => {
    let state = axisAt(0);
    for (let step = 0; step < 25; step++) state = stepAxis(AXIS, state, { mode: 'rate', rate: 60 }, DT_S);
    expect(state.rate).toBeCloseTo(20, 6);
    expect(state.position).toBeCloseTo(0.5 * 200 * 0.1 ** 2, 6);
  });
});

describe('the head', () => {
  const head = (changes: Partial<ReturnType<typeof defaultMotors>> = {}) =>
    new PtzHead(headSpec({ ...defaultMotors(), ...changes }), START, 100);
  const pan = (rate: number, forS: number | null = null): MotorCommand => ({
    kind: 'rate',
    rates: { pan: rate },
    forS,
  });

  test('a command has its effect after the command delay', () => {
    const ptz = head({ command_delay_ms: 300 });
    ptz.command(pan(10), 100);
    ptz.advance(100.296);
    expect(ptz.state.pan.rate).toBe(0);
    expect(ptz.isMoving('pan')).toBe(true);
    ptz.advance(100.4);
    expect(ptz.state.pan.rate).toBeCloseTo(10, 6);
  });

  test('a move ends by itself when its time is over', () => {
    const ptz = head({ command_delay_ms: 0 });
    ptz.command(pan(30, 0.5), 100);
    ptz.advance(100.49);
    expect(ptz.state.pan.rate).toBeCloseTo(30, 6);
    ptz.advance(100.7);
    expect(ptz.state.pan.rate).toBe(0);
    expect(ptz.isMoving('pan')).toBe(false);
  });

  test('how often somebody looks changes nothing', () => {
    const seldom = head();
    const often = head();
    for (const ptz of [seldom, often]) ptz.command(pan(40, 0.7), 100);
    for (let at = 100; at < 101.2; at += 0.0031) often.advance(at);
    for (const ptz of [seldom, often]) ptz.command({ kind: 'by', values: { pan: -5 }, maxRates: {} }, 101.2);
    for (const ptz of [seldom, often]) ptz.advance(104);
    expect(seldom.state).toEqual(often.state);
  });

  test('backlash: after a reversal the picture waits for the play, the encoder does not', () => {
    const motors = defaultMotors();
    const ptz = head({ command_delay_ms: 0, pan: { ...motors.pan, backlash_deg: 0.4 } });
    ptz.command(pan(5, 1), 100);
    ptz.advance(102);
    const turned = ptz.state.pan;
    expect(turned.position - turned.load).toBeCloseTo(0.2, 6);
    ptz.command({ kind: 'by', values: { pan: -0.3 }, maxRates: {} }, 102);
    ptz.advance(104);
    expect(ptz.state.pan.position).toBeCloseTo(turned.position - 0.3, 6);
    expect(ptz.state.pan.load).toBeCloseTo(turned.load, 6);
  });

  test('the pose of a moment ago is known, between steps too', () => {
    const ptz = head({ command_delay_ms: 0, pan: { ...defaultMotors().pan, backlash_deg: 0 } });
    ptz.command(pan(30, 2), 100);
    ptz.advance(101);
    const early = ptz.poseAt(100.5).panDeg;
    expect(ptz.poseAt(100.502).panDeg - early).toBeCloseTo(0.06, 3);
    ptz.advance(105);
    expect(ptz.poseAt(100.5).panDeg).toBe(early);
    ptz.advance(500);
    expect(ptz.poseAt(100.5).panDeg).toBe(ptz.state.pan.load);
  });

  test('at the end of the range it stops and rests', () => {
    const ptz = head();
    ptz.command(pan(90), 100);
    ptz.advance(110);
    expect(ptz.state.pan).toMatchObject({ position: 180, rate: 0 });
    expect(ptz.isMoving('pan')).toBe(false);
  });
});

test('the lens: each step of the position multiplies the magnification equally', () => {
  const motors = defaultMotors();
  expect(hfovDegAt(motors, 0)).toBe(60);
  expect(hfovDegAt(motors, 1)).toBeCloseTo(3, 9);
  expect(hfovDegAt(motors, 0.25) / hfovDegAt(motors, 0.75)).toBeCloseTo(Math.sqrt(20), 9);
});
