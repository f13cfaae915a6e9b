import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { Controller } from '../../../nodes/autotrack/control/controller.ts';
import { type ControlOptions, controlOptions } from '../../../nodes/autotrack/control/options.ts';
import { OwnMotion } from '../../../nodes/autotrack/control/own-motion.ts';
import { NO_VELOCITY, type Plant, UNKNOWN_PLANT, type Velocity } from '../../../nodes/autotrack/control/types.ts';

const PLANT: Plant = {
  pan: { gainPerS: 60, rampS: 0.3, delayMs: 400 },
  tilt: { gainPerS: 40, rampS: 0.3, delayMs: 400 },
  zoom: { gainPerS: 2, rampS: 0, delayMs: 400 },
};
const DEG_TO_SHARE = Math.PI / 180 / (2 * Math.tan(Math.PI / 6));

/** Over the last 15 s. */
const rms = (errors: readonly number[]) => Math.hypot(...errors.slice(-300));

interface Sent {
  readonly atMs: number;
  readonly command: Velocity;
}

/** Follows a target at `panDegAt(timeS)` near the horizon, in pictures that lie about the time of exposure in no way. */
function follow(
  panDegAt: (timeS: number) => number | null,
  seconds: number,
  options: Partial<ControlOptions> = {},
  believed: Plant = PLANT,
  plant: Plant = PLANT,
): { learned: Plant; isSure: boolean; sent: Sent[]; errorsDeg: number[] } {
  const controller = new Controller({ ...Value.Create(controlOptions), ...options }, 16 / 9, believed);
  const sign = options.invert_pan ? -1 : 1;
  const camera = new OwnMotion(plant.pan, 0);
  const sent: Sent[] = [];
  const errorsDeg: number[] = [];
  for (let nowMs = 0; nowMs <= seconds * 1000; nowMs += 50) {
    const target = panDegAt(nowMs / 1000);
    const errorDeg = (target ?? 0) - camera.at(nowMs).position;
    errorsDeg.push(errorDeg);
    const bbox = {
      x: 0.5 + Math.tan((errorDeg * Math.PI) / 180) / (2 * Math.tan(Math.PI / 6)) - 0.02,
      y: 0.46,
      w: 0.04,
      h: 0.08,
    };
    const sighting = target === null || nowMs % 100 !== 0 ? undefined : { atMs: nowMs, bbox };
    const { command } = controller.step(nowMs, { sighting });
    if (command === null) continue;
    controller.sent(command, nowMs);
    camera.sent(nowMs, sign * command.pan);
    sent.push({ atMs: nowMs, command });
  }
  return { learned: controller.plant, isSure: controller.watch.isSure, sent, errorsDeg };
}

describe('controller', () => {
  test('nothing is sent before there is a target', () => {
    expect(follow(() => null, 3).sent).toEqual([]);
  });

  test('a moving target is met and held, ten commands a second at most', () => {
    const { sent, errorsDeg } = follow((timeS) => 5 + 6 * timeS, 10);
    for (const errorDeg of errorsDeg.slice(60)) expect(Math.abs(errorDeg) * DEG_TO_SHARE).toBeLessThan(0.01);
    for (const [k, { atMs }] of sent.slice(1).entries())
      expect(atMs - (sent[k]?.atMs ?? 0)).toBeGreaterThanOrEqual(100);
  });

  test('a target that stays: one approach, then silence', () => {
    const { sent, errorsDeg } = follow(() => 12, 20);
    expect(Math.abs(errorsDeg.at(-1) ?? 99) * DEG_TO_SHARE).toBeLessThan(0.01);
    expect(sent.at(-1)?.command).toEqual(NO_VELOCITY);
    expect(sent.at(-1)?.atMs).toBeLessThan(6000);
  });

  test('a steady motion keeps its lease', () => {
    const { sent } = follow((timeS) => 8 * timeS, 10);
    for (const [k, { atMs }] of sent.slice(1).entries()) expect(atMs - (sent[k]?.atMs ?? 0)).toBeLessThan(600);
  });

  test('a target that is gone is followed for a second, then the camera stops and is silent', () => {
    const { sent } = follow((timeS) => (timeS < 5 ? 8 * timeS : null), 10);
    const last = sent.at(-1);
    expect(last?.command).toEqual(NO_VELOCITY);
    expect(last?.atMs).toBeGreaterThan(5800);
    expect(last?.atMs).toBeLessThan(6400);
  });

  test('equal inputs, equal outputs', () => {
    const path = (timeS: number) => 10 * Math.sin(timeS);
    expect(follow(path, 8)).toEqual(follow(path, 8));
  });

  test.each([
    ['100 ms sooner', -100, 1],
    ['100 ms later', 100, 1],
    ['faster', 0, 1.25],
    ['slower', 0, 0.8],
  ])('a camera that answers %s than it is taken to is found out while it follows', (_, offMs, factor) => {
    const { delayMs, gainPerS, rampS } = PLANT.pan;
    const pan = { delayMs: delayMs - offMs, gainPerS: gainPerS / factor, rampS };
    const path = (timeS: number) => 8 * Math.abs((timeS % 6) - 3);
    const { learned, errorsDeg } = follow(path, 40, {}, { ...PLANT, pan });
    expect(Math.abs(learned.pan.delayMs - delayMs)).toBeLessThan(50);
    expect(Math.abs(learned.pan.gainPerS / gainPerS - 1)).toBeLessThan(0.12);
    // In the end it does about as well as one that knew: the turns of the target can't be foreseen.
    expect(rms(errorsDeg)).toBeLessThan(1.2 * rms(follow(path, 40).errorsDeg));
  });

  test.each([
    ['180 °/s, 150 ms', 180, 150],
    ['60 °/s, 800 ms', 60, 800],
    ['12 °/s, 250 ms', 12, 250],
  ])('a camera of which nothing is known (%s) is followed with carefully, and found out', (_, gainPerS, delayMs) => {
    const pan = { gainPerS, delayMs, rampS: 0.3 };
    const path = (timeS: number) => 2 + 2 * Math.abs((timeS % 10) - 5);
    const { learned, errorsDeg, isSure } = follow(path, 40, {}, UNKNOWN_PLANT, { ...PLANT, pan });
    expect(isSure).toBe(true);
    expect(Math.abs(learned.pan.delayMs - delayMs)).toBeLessThan(100);
    // Slow motion shows speed and acceleration together only.
    expect(Math.abs(Math.log(learned.pan.gainPerS / gainPerS))).toBeLessThan(Math.log(1.6));
    // Never out of the picture (30° to its edge), and in the end as near as with a camera that was known.
    for (const errorDeg of errorsDeg) expect(Math.abs(errorDeg)).toBeLessThan(29);
    const known = follow(path, 40, {}, { ...PLANT, pan }, { ...PLANT, pan });
    expect(rms(errorsDeg)).toBeLessThan(1.3 * rms(known.errorsDeg));
  });

  test('a target that stands still proves nothing about a guess', () => {
    expect(follow(() => 0, 20, {}, UNKNOWN_PLANT).isSure).toBe(false);
  });

  test('inverted axes', () => {
    const plain = follow((timeS) => 5 + 6 * timeS, 4);
    const inverted = follow((timeS) => 5 + 6 * timeS, 4, { invert_pan: true });
    expect(inverted.sent.map(({ command }) => command.pan)).toEqual(plain.sent.map(({ command }) => 0 - command.pan));
    expect(inverted.errorsDeg).toEqual(plain.errorsDeg);
  });

  test('boxes that are no boxes are ignored', () => {
    const controller = new Controller(Value.Create(controlOptions), 16 / 9, PLANT);
    const bbox = { x: Number.NaN, y: 0, w: 0.1, h: 0.1 };
    expect(controller.step(0, { sighting: { atMs: 0, bbox } })).toEqual({
      command: null,
      state: 'idle',
      errorShare: null,
    });
  });

  test('a status that puts the reckoning right moves nothing', () => {
    const controller = new Controller(Value.Create(controlOptions), 16 / 9, PLANT);
    const bbox = { x: 0.48, y: 0.46, w: 0.04, h: 0.08 };
    const at = (nowMs: number, status?: { atMs: number; panDeg: number }) =>
      controller.step(nowMs, { sighting: { atMs: nowMs, bbox }, status });
    for (let nowMs = 0; nowMs < 3000; nowMs += 100) expect(at(nowMs).command).toBeNull();
    expect(at(3000, { atMs: 2900, panDeg: 77 })).toMatchObject({ command: null, state: 'rest' });
    expect(at(3100).errorShare).toBeLessThan(0.001);
  });

  test('zooms in until the target takes its share of the frame, within the lens', () => {
    const controller = new Controller({ ...Value.Create(controlOptions), max_zoom: 4, fill: 0.2 }, 16 / 9, PLANT);
    const zoom = new OwnMotion(PLANT.zoom, 1, [1, 4]);
    for (let nowMs = 0; nowMs < 8000; nowMs += 100) {
      const w = 0.08 * zoom.at(nowMs).position;
      const bbox = { x: 0.5 - w / 2, y: 0.5 - w / 2, w, h: w };
      const { command } = controller.step(nowMs, { sighting: { atMs: nowMs, bbox } });
      if (command === null) continue;
      controller.sent(command, nowMs);
      zoom.sent(nowMs, command.zoom);
    }
    expect(0.08 * zoom.at(8000).position).toBeGreaterThan(0.18);
    expect(0.08 * zoom.at(8000).position).toBeLessThan(0.22);
  });
});
