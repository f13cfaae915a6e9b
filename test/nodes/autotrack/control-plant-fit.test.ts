import { describe, expect, test } from 'bun:test';
import { OwnMotion } from '../../../nodes/autotrack/control/own-motion.ts';
import { fitAxis, type TimedCommand } from '../../../nodes/autotrack/control/plant-fit.ts';

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
