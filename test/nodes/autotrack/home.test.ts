import { describe, expect, test } from 'bun:test';
import { Home, type Traveller } from '../../../nodes/autotrack/home.ts';
import type { PtzStatus } from '../../../ptz/index.ts';
import { WindhoverError } from '../../../runtime/errors.ts';

function rig(preset: string | undefined, refuse?: WindhoverError) {
  const calls: string[] = [];
  const logs: string[] = [];
  const log = {
    debug: () => undefined,
    info: () => undefined,
    error: () => undefined,
    warn: (text: string) => void logs.push(text),
  };
  const home = new Home(preset, log);
  const camera: Traveller = {
    goTo: async (preset) => {
      calls.push(`go ${preset}`);
      if (refuse) throw refuse;
      return `token of ${preset}`;
    },
  };
  return { home, camera, calls, logs };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const status = (atMs: number, moving: boolean | null) => ({ atMs, moving }) as PtzStatus;

describe('a camera with a home', () => {
  test('is away at first: nobody knows where it points', () => {
    const { home } = rig('gate');
    expect([home.exists, home.isAway, home.isUnderWay, home.presetAt(false)]).toEqual([true, true, false, null]);
  });

  test('goes there once, and is there when it stands still; that it did before it set out counts for nothing', async () => {
    const { home, camera, calls } = rig('gate');
    home.go(camera, 1000);
    home.go(camera, 1050);
    await settled();
    home.go(camera, 1100);
    expect(calls).toEqual(['go gate']);
    expect(home.isUnderWay).toBe(true);
    home.status(status(1200, false), 1200);
    home.status(status(2500, true), 2500);
    expect([home.isReached, home.isAway]).toEqual([false, true]);
    home.status(status(3000, false), 3000);
    expect([home.isReached, home.isAway, home.isUnderWay]).toEqual([true, false, false]);
    expect([home.presetAt(false), home.presetAt(true), home.presetAt(null)]).toEqual(['token of gate', null, null]);
  });

  test('that does not say whether it moves is taken to be there after a while', async () => {
    const { home, camera } = rig('gate');
    home.go(camera, 1000);
    await settled();
    home.status(status(5000, null), 5000);
    expect(home.isReached).toBe(false);
    home.status(status(6100, null), 6100);
    expect(home.isReached).toBe(true);
  });

  test('is away again when it is moved, and can go again', async () => {
    const { home, camera, calls } = rig('gate');
    home.go(camera, 1000);
    await settled();
    home.status(status(3000, false), 3000);
    home.leave();
    expect([home.isAway, home.isReached, home.presetAt(false)]).toEqual([true, false, null]);
    home.go(camera, 4000);
    await settled();
    expect(calls).toEqual(['go gate', 'go gate']);
  });

  test('that has no such preset says so, once in a while', async () => {
    const { home, camera, calls, logs } = rig(
      'gate',
      new WindhoverError('ptz_preset', 'the camera has no preset "gate"'),
    );
    home.go(camera, 1000);
    await settled();
    home.go(camera, 2000);
    await settled();
    expect(calls).toEqual(['go gate']);
    expect(home.problem).toBe('the camera has no preset "gate"');
    expect(logs).toEqual(['the camera cannot move to its home: the camera has no preset "gate"']);
    home.go(camera, 32_000);
    await settled();
    expect(calls).toEqual(['go gate', 'go gate']);
  });
});

test('a camera without a home is never away', async () => {
  const { home, camera, calls } = rig(undefined);
  home.leave();
  home.go(camera, 1000);
  await settled();
  expect([home.exists, home.isAway, home.isUnderWay]).toEqual([false, false, false]);
  expect(calls).toEqual([]);
});
