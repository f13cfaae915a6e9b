import { describe, expect, test } from 'bun:test';
import { Calibration } from '../../../nodes/autotrack/control/calibration.ts';
import { OwnMotion } from '../../../nodes/autotrack/control/own-motion.ts';
import { fitAxis, type TimedCommand } from '../../../nodes/autotrack/control/plant-fit.ts';
import type { AxisPlant } from '../../../nodes/autotrack/control/types.ts';

const DEAD: AxisPlant = { gainPerS: 0, rampS: 0, delayMs: 0 };

/** Calibrates a camera of which only the own motion is seen, with some noise. */
function calibrate(pan: AxisPlant, tilt: AxisPlant, hz: number, noiseDeg: number) {
  const calibration = new Calibration({ fieldDeg: 60, aspect: 16 / 9, zoom: false });
  const motions = { pan: new OwnMotion(pan, 0), tilt: new OwnMotion(tilt, 0) };
  let picture = 0;
  for (let nowMs = 0; !calibration.done && nowMs < 600_000; nowMs += 10) {
    let seen: { atMs: number; panDeg: number; tiltDeg: number } | undefined;
    if (nowMs >= (picture * 1000) / hz) {
      picture++;
      const noise = noiseDeg * Math.sqrt(2) * Math.sin(picture * picture);
      seen = {
        atMs: nowMs,
        panDeg: motions.pan.at(nowMs).position + noise,
        tiltDeg: motions.tilt.at(nowMs).position - noise,
      };
    }
    const command = calibration.step(nowMs, seen);
    if (command === null) continue;
    motions.pan.sent(nowMs, command.pan);
    motions.tilt.sent(nowMs, command.tilt);
  }
  return calibration;
}

describe('calibration', () => {
  test.each<[string, AxisPlant, number, number]>([
    ['fast, short delay', { gainPerS: 120, rampS: 0.25, delayMs: 100 }, 25, 0.1],
    ['fast, 700 ms, five pictures a second', { gainPerS: 120, rampS: 0.3, delayMs: 700 }, 5, 0.2],
    ['slow', { gainPerS: 8, rampS: 0.5, delayMs: 300 }, 10, 0.1],
    ['slow to start', { gainPerS: 40, rampS: 1.6, delayMs: 400 }, 12, 0.1],
    ['turns the other way', { gainPerS: -60, rampS: 0, delayMs: 500 }, 10, 0.1],
    ['very late', { gainPerS: 60, rampS: 0.3, delayMs: 2000 }, 10, 0.1],
  ])('delay within 50 ms and speed within 10 %%: %s', (_, plant, hz, noiseDeg) => {
    const calibration = calibrate(plant, { ...plant, gainPerS: plant.gainPerS / 2 }, hz, noiseDeg);
    const { pan, tilt } = calibration.result().plant;
    expect(calibration.done).toBe(true);
    for (const [found, gainPerS] of [
      [pan, plant.gainPerS],
      [tilt, plant.gainPerS / 2],
    ] as const) {
      expect(Math.abs(found.gainPerS / gainPerS - 1)).toBeLessThan(0.1);
      expect(Math.abs(found.delayMs - plant.delayMs)).toBeLessThan(50);
    }
  });

  test('an axis that does not move is said to have none', () => {
    const calibration = calibrate({ gainPerS: 60, rampS: 0.2, delayMs: 300 }, DEAD, 10, 0.05);
    const { fits } = calibration.result();
    expect(calibration.done).toBe(true);
    expect(fits.pan?.explained).toBeGreaterThan(0.99);
    expect(fits.tilt).toBeNull();
  });
});

describe('fit', () => {
  const commands: TimedCommand[] = [
    { atMs: 0, command: 1 },
    { atMs: 800, command: 0 },
    { atMs: 1500, command: -1 },
    { atMs: 2300, command: 0 },
  ];
  const motion = new OwnMotion({ gainPerS: 30, rampS: 0.4, delayMs: 350 }, 7);
  for (const { atMs, command } of commands) motion.sent(atMs, command);
  const positions = Array.from({ length: 40 }, (_, k) => ({ atMs: k * 100, position: motion.at(k * 100).position }));

  test('is exact without noise', () => {
    const fit = fitAxis(positions, commands);
    expect(fit?.plant.gainPerS).toBeCloseTo(30, 0);
    expect(Math.abs((fit?.plant.delayMs ?? 0) - 350)).toBeLessThan(10);
    expect(Math.abs((fit?.plant.rampS ?? 0) - 0.4)).toBeLessThan(0.03);
  });

  test('a few wild positions do not bend it', () => {
    const wild = positions.map((seen, k) => (k % 13 === 5 ? { ...seen, position: seen.position + 40 } : seen));
    expect(Math.abs((fitAxis(wild, commands)?.plant.delayMs ?? 0) - 350)).toBeLessThan(50);
  });

  test('nothing to go by is no fit', () => {
    expect(fitAxis(positions.slice(0, 3), commands)).toBeNull();
    expect(fitAxis(positions, [])).toBeNull();
  });
});
