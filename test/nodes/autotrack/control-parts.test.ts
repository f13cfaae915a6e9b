import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { DeadZone, type Following } from '../../../nodes/autotrack/control/dead-zone.ts';
import { fieldOfViewDeg, toDirection } from '../../../nodes/autotrack/control/lens.ts';
import { CommandGate } from '../../../nodes/autotrack/control/limits.ts';
import { BoxNoise } from '../../../nodes/autotrack/control/noise.ts';
import { controlOptions } from '../../../nodes/autotrack/control/options.ts';
import { OwnMotion } from '../../../nodes/autotrack/control/own-motion.ts';
import { TargetFilter } from '../../../nodes/autotrack/control/target-filter.ts';
import { NO_VELOCITY } from '../../../nodes/autotrack/control/types.ts';
import { meetingCommand } from '../../../nodes/autotrack/control/velocity-law.ts';

const OPTIONS = Value.Create(controlOptions);

/** Numbers that look random, the same on every run; standard deviation about 1. */
function jitter(k: number): number {
  const part = Math.sin(k * 12.9898) * 43758.5453;
  return ((part - Math.floor(part)) * 2 - 1) * Math.sqrt(3);
}

describe('target filter', () => {
  test.each([
    ['clean', 0.04, 0, 1],
    ['noisy', 0.08, 0.2, 1],
    ['noisy, two in five missed', 0.08, 0.2, 0.6],
    ['seldom', 0.5, 0.05, 1],
  ])('a constant rate is found: %s', (_, stepS, noise, seen) => {
    const filter = new TargetFilter();
    for (let k = 0; k * stepS <= 8; k++) {
      if (Math.abs(jitter(k + 500)) > seen * Math.sqrt(3)) continue;
      const direction = [6 * k * stepS + noise * jitter(2 * k), 4 - 2 * k * stepS + noise * jitter(2 * k + 1)];
      filter.update(k * stepS * 1000, direction, [noise ** 2 + 1e-6, noise ** 2 + 1e-6], 60);
    }
    expect(Math.abs(filter.at(8700, 0).position - 6 * 8.7)).toBeLessThan(0.1 + 2 * noise);
    expect(Math.abs(filter.at(8700, 0).velocity - 6)).toBeLessThan(0.1 + noise);
    expect(Math.abs(filter.at(8700, 1).velocity + 2)).toBeLessThan(0.1 + noise);
  });

  test('a sharp turn is followed within three sightings', () => {
    const filter = new TargetFilter();
    const place = (timeS: number) => (timeS < 4 ? 10 * timeS : 80 - 10 * timeS);
    for (let k = 0; k <= 43; k++) filter.update(k * 100, [place(k / 10), 0], [0.01, 0.01], 60);
    expect(filter.at(4300, 0).velocity).toBeLessThan(-7);
  });

  test('what is old or no number is ignored', () => {
    const filter = new TargetFilter();
    filter.update(1000, [5, 5], [0.01, 0.01], 60);
    filter.update(500, [50, 50], [0.01, 0.01], 60);
    filter.update(1100, [Number.NaN, 50], [0.01, 0.01], 60);
    filter.update(Number.POSITIVE_INFINITY, [50, 50], [0.01, 0.01], 60);
    expect([filter.atMs, filter.at(1000, 0).position]).toEqual([1000, 5]);
  });
});

test('the jitter of boxes is learned, whatever the target does', () => {
  const noise = new BoxNoise();
  for (let k = 0; k < 100; k++) noise.add(k * 100, [Math.abs(k - 50) + 0.3 * jitter(k), 0.3 * jitter(k + 1000)], 2);
  expect(noise.share).toBeGreaterThan(0.1);
  expect(noise.share).toBeLessThan(0.22);
});

describe('own motion', () => {
  test('acts after the delay, with the ramp, and is known as far ahead as the delay', () => {
    const motion = new OwnMotion({ gainPerS: 20, rampS: 0.5, delayMs: 300 }, 0);
    motion.sent(1000, 0.5);
    expect(motion.at(1300).position).toBe(0);
    // Half speed is reached after 0.25 s: 1.25 degrees; then 10 degrees a second.
    expect(motion.at(1550).position).toBeCloseTo(1.25, 9);
    expect(motion.at(2550)).toEqual({ position: expect.closeTo(11.25, 9), velocity: 10 });
  });

  test('old commands are folded away without a change', () => {
    const kept = new OwnMotion({ gainPerS: 20, rampS: 0.5, delayMs: 300 }, 0);
    let position = 0;
    for (let k = 0; k < 200; k++) {
      kept.sent(k * 100, Math.sin(k));
      if (k === 199) position = kept.at(k * 100).position;
    }
    const again = new OwnMotion({ gainPerS: 20, rampS: 0.5, delayMs: 300 }, 0);
    for (let k = 0; k < 200; k++) again.sent(k * 100, Math.sin(k));
    expect(again.at(199 * 100).position).toBe(position);
    expect(Math.abs(position)).toBeLessThan(20);
  });

  test('end stops hold', () => {
    const zoom = new OwnMotion({ gainPerS: 2, rampS: 0, delayMs: 0 }, 1, [1, 4]);
    zoom.sent(0, -1);
    zoom.sent(1000, 1);
    expect([zoom.at(1000).position, zoom.at(1500).position, zoom.at(9000).position]).toEqual([1, 2, 4]);
  });
});

describe('velocity law', () => {
  const plant = { gainPerS: 50, rampS: 0.5, delayMs: 300 };

  test.each([
    ['on target at its speed: keep it', { errorDeg: 0, targetDegPerS: 10, axisDegPerS: 10 }, 0.2],
    ['at rest on a resting target: nothing', { errorDeg: 0, targetDegPerS: 0, axisDegPerS: 0 }, 0],
  ])('%s', (_, meeting, command) => {
    expect(meetingCommand(meeting, plant, 0.3)).toBeCloseTo(command, 9);
  });

  test('never faster than it can brake', () => {
    const command = meetingCommand({ errorDeg: 2, targetDegPerS: 0, axisDegPerS: 30 }, plant, 0.05);
    expect(command * 50).toBeLessThanOrEqual(Math.sqrt(2 * 100 * 2));
  });

  test('an axis that turns the other way gets the other sign; one that does not move gets nothing', () => {
    const meeting = { errorDeg: 1, targetDegPerS: 0, axisDegPerS: 0 };
    expect(meetingCommand(meeting, { ...plant, gainPerS: -50 }, 0.3)).toBeLessThan(0);
    expect(meetingCommand(meeting, { ...plant, gainPerS: 0 }, 0.3)).toBe(0);
  });
});

describe('dead zone', () => {
  const STEP_MS = 100;

  /** A camera that goes where it is told to at once; the target's place by time. Dead zone: 3 of 60 degrees. */
  function watch(placeAt: (timeS: number) => readonly [number, number], seconds: number) {
    const zone = new DeadZone({ dead_zone: 0.05 });
    const states: Following[] = [];
    let axis = { panDeg: 0, tiltDeg: 0 };
    let movedMs = 0;
    for (let nowMs = 0; nowMs <= seconds * 1000; nowMs += STEP_MS) {
      const [panDeg, tiltDeg] = placeAt(nowMs / 1000);
      const seen = { panDeg, tiltDeg };
      zone.add(nowMs, seen);
      const moving = states.at(-1) === 'settle';
      const state = zone.step({
        ...{ nowMs, axis, seen, ahead: seen, cos: 1, fieldDeg: 60, stdDeg: 0.01, moving },
        moveS: () => 0.2,
      });
      if (state === 'track') axis = seen;
      if (state === 'settle') axis = zone.aim;
      if (state !== 'rest' && nowMs >= 3000) movedMs += STEP_MS;
      states.push(state);
    }
    return { states, last: states.at(-1), axis, still: 1 - movedMs / (seconds * 1000 - 3000) };
  }

  const wave = (timeS: number, periodS: number) => Math.sin((2 * Math.PI * timeS) / periodS);

  test('a target that stays is centred and left alone', () => {
    const { states, axis } = watch(() => [5, 5], 10);
    expect(states.slice(0, 10)).toEqual(Array(10).fill('track'));
    expect(states.slice(30)).toEqual(Array(71).fill('rest'));
    expect(axis).toEqual({ panDeg: 5, tiltDeg: 5 });
  });

  test.each<[string, (timeS: number) => readonly [number, number]]>([
    ['hovers', (t) => [5 + 1.2 * wave(t, 4), 2 + 0.8 * wave(t, 2.7)]],
    ['sways slowly', (t) => [5 + wave(t, 19), 2]],
    ['sways, seen first at the end of its way', (t) => [5 + wave(t + 4.75, 19), 2]],
    ['sways by nearly the dead zone', (t) => [5 + 1.5 * wave(t, 13), 2]],
  ])('a target that %s: still for 95 %% of the time', (_, placeAt) => {
    expect(watch(placeAt, 60).still).toBeGreaterThan(0.95);
  });

  test('the camera comes to point at the middle of a hover that it saw first at its edge', () => {
    const { axis } = watch((t) => [5 + wave(t + 1, 4), 2], 30);
    expect(Math.abs(axis.panDeg - 5)).toBeLessThan(0.4);
  });

  test.each<[string, (timeS: number) => readonly [number, number], number]>([
    ['quick', (t) => [6 * t, 2], 3],
    ['slow', (t) => [0.8 * t, 2], 8],
    ['hardly moving', (t) => [0.1 * t, 0.05 * t], 16],
    ['coming nearer', (t) => [60 / (38 - t), 2], 16],
  ])('a target that goes on one way is followed: %s', (_, placeAt, seconds) => {
    expect(watch(placeAt, seconds).last).toBe('track');
  });

  test('a hovering target that flies off is followed before it has gone far', () => {
    const { states } = watch((t) => [t < 10 ? 5 + 0.5 * wave(t, 3) : 5 + 4 * (t - 10), 2], 12);
    expect(states[95]).toBe('rest');
    expect(states.indexOf('track', 95)).toBeLessThan(110);
    expect(states.at(-1)).toBe('track');
  });

  test('a target that stops is centred', () => {
    const { last, axis } = watch((t) => [Math.min(30, 5 * t), 2], 16);
    expect([last, axis.panDeg]).toEqual(['rest', 30]);
  });
});

describe('command gate', () => {
  const least = { pan: 0.01, tilt: 0.01, zoom: 0.01 };
  const pan = (value: number) => ({ ...NO_VELOCITY, pan: value });

  test('nothing at rest, ten a second at most, small changes not at all, a stop at once', () => {
    const gate = new CommandGate(OPTIONS);
    expect(gate.offer(0, NO_VELOCITY, least)).toBeNull();
    expect(gate.offer(0, pan(0.5), least)).toEqual(pan(0.5));
    gate.sent(pan(0.5), 0);
    expect(gate.offer(50, pan(0.9), least)).toBeNull();
    expect(gate.offer(100, pan(0.505), least)).toBeNull();
    expect(gate.offer(100, NO_VELOCITY, least)).toEqual(NO_VELOCITY);
    gate.sent(NO_VELOCITY, 100);
    expect(gate.offer(2000, NO_VELOCITY, least)).toBeNull();
  });

  test('a motion that goes on is renewed well within its lease', () => {
    const gate = new CommandGate(OPTIONS);
    gate.sent(pan(0.5), 0);
    const renewals: number[] = [];
    for (let nowMs = 50; nowMs <= 3000; nowMs += 50) {
      const command = gate.offer(nowMs, pan(0.5), least);
      if (command === null) continue;
      expect(command).toEqual(pan(0.5));
      gate.sent(command, nowMs);
      renewals.push(nowMs);
    }
    expect(renewals).toEqual([450, 900, 1350, 1800, 2250, 2700]);
  });

  test('bounds of speed and change', () => {
    const gate = new CommandGate({ ...OPTIONS, max_speed: 0.6, max_change_per_s: 2 });
    gate.sent(NO_VELOCITY, 0);
    expect(gate.offer(100, pan(5), least)?.pan).toBeCloseTo(0.2, 9);
    expect(gate.offer(1000, pan(5), least)?.pan).toBeCloseTo(0.6, 9);
    expect(gate.offer(1000, pan(Number.NaN), least)).toBeNull();
  });
});

describe('view', () => {
  const lens = { hfovDeg: 60, aspect: 16 / 9 };

  test('the centre is where the camera points, the edge half a field of view away', () => {
    expect(toDirection(lens, { panDeg: 30, tiltDeg: 20, zoomX: 3 }, 0.5, 0.5)).toEqual({
      panDeg: expect.closeTo(30, 9),
      tiltDeg: expect.closeTo(20, 9),
    });
    expect(toDirection(lens, { panDeg: 0, tiltDeg: 0, zoomX: 1 }, 1, 0.5).panDeg).toBeCloseTo(30, 9);
  });

  test('zoom narrows the field of view by the tangent', () => {
    expect(fieldOfViewDeg(lens, 1)).toBeCloseTo(60, 9);
    expect(Math.tan((fieldOfViewDeg(lens, 2) * Math.PI) / 360)).toBeCloseTo(Math.tan(Math.PI / 6) / 2, 9);
  });
});
