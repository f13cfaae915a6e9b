import { describe, expect, test } from 'bun:test';
import { Pursuit, sceneOf } from './pursuit.ts';

/** From 18° to the right, 8 °/s to the left for four seconds, and so on: [t_s, pan_deg, tilt_deg, width_deg]. */
const FLIGHT: [number, number, number, number][] = Array.from({ length: 61 }, (_, k) => {
  const timeS = 2 * k;
  return [timeS, 18 * Math.cos(timeS / 3), 12 + 3 * Math.sin(timeS / 4), 2.4];
});
const HOVER: [number, number, number, number][] = [[0, 12, 14, 2.4]];
/** There for ten seconds, then off to the right, beyond the picture, and back after a while. */
const RUNAWAY: [number, number, number, number][] = [
  [0, 5, 12, 2.4],
  [8, 5, 12, 2.4],
  [10, 5, 12, 2.4],
  [14, 37, 12, 2.4],
  [16, 37, 12, 2.4],
  [60, 37, 12, 2.4],
];

describe('a selected target', () => {
  test('is in the middle within three seconds, and stays there for a minute, under one id', () => {
    const pursuit = new Pursuit(sceneOf(FLIGHT)).run(2).select(1).run(63);
    const fromS = 5;
    expect(pursuit.looks.find(({ timeS, off }) => timeS > 2 && off !== null && off < 0.05)?.timeS).toBeLessThan(5);
    const looks = pursuit.since(fromS);
    expect(looks.length).toBeGreaterThan(700);
    expect(Math.max(...looks.map(({ off }) => off ?? 1))).toBeLessThan(0.1);
    expect(new Set(looks.map(({ tracks }) => tracks.map(({ id }) => id).join()))).toEqual(new Set(['1']));
    expect(new Set(looks.map(({ phase }) => phase))).toEqual(new Set(['tracking']));
  });

  test('that hovers is centred, and then the camera rests', () => {
    const pursuit = new Pursuit(sceneOf(HOVER)).run(2).select(1).run(30);
    expect(pursuit.last.state).toBe('resting');
    expect(pursuit.last.off).toBeLessThan(0.06);
    const late = pursuit.sent.filter(({ timeS, command }) => timeS > 15 && (command.pan !== 0 || command.tilt !== 0));
    expect(late).toEqual([]);
  });

  test('that is none: nothing moves', () => {
    const pursuit = new Pursuit(sceneOf(HOVER)).run(2).select(77).run(10);
    expect(pursuit.last).toMatchObject({ phase: 'lost', state: 'idle', order: 'nothing', selection: { id: 77 } });
    expect(pursuit.sent).toEqual([]);
  });

  test('is let go of: the camera stops', () => {
    const pursuit = new Pursuit(sceneOf(FLIGHT)).run(2).select(1).run(10).select(null).run(2);
    expect(pursuit.last).toMatchObject({ phase: 'idle', state: 'idle', selection: null });
    expect(pursuit.sent.at(-1)?.command).toEqual({ pan: 0, tilt: 0, zoom: 0 });
    expect(pursuit.camera.isMoving('pan') || pursuit.camera.isMoving('tilt')).toBe(false);
  });

  test('is not followed by a camera that can’t be moved, and is as soon as it can', () => {
    const pursuit = new Pursuit(sceneOf(HOVER)).run(2);
    pursuit.canMove = false;
    pursuit.select(1).run(5);
    expect(pursuit.sent).toEqual([]);
    pursuit.canMove = true;
    pursuit.run(5);
    expect(pursuit.last.off).toBeLessThan(0.06);
  });
});

describe('a target that is lost', () => {
  test('is waited for, looked for, and found again where it went, under its new id', () => {
    const pursuit = new Pursuit(sceneOf(RUNAWAY)).run(2).select(1).run(6);
    expect(pursuit.last.state).toBe('resting');
    // Unseen while it flies off.
    pursuit.isBlind = true;
    pursuit.run(8);
    pursuit.isBlind = false;
    pursuit.run(16);
    const states = pursuit.since(8).map(({ state }) => state);
    expect(states).toContain('holding');
    expect(states).toContain('searching');
    expect(pursuit.last.selection).toEqual({ id: expect.any(Number), by: 'operator' });
    expect(pursuit.last.phase).toBe('tracking');
    expect(pursuit.last.off).toBeLessThan(0.06);
  });

  test('for a moment only: it goes on under another id, if it is about where it should be', () => {
    const pursuit = new Pursuit(sceneOf(FLIGHT)).run(2).select(1).run(8);
    pursuit.isBlind = true;
    // Longer than the tracker keeps a track for.
    pursuit.run(1.4);
    pursuit.isBlind = false;
    pursuit.run(4);
    expect(pursuit.last.selection).toEqual({ id: 2, by: 'operator' });
    expect(pursuit.last.phase).toBe('tracking');
    expect(pursuit.last.off).toBeLessThan(0.06);
  });

  test('and known again, but the tracker finds its first id again: back to that', () => {
    const pursuit = new Pursuit(sceneOf(HOVER)).run(2).select(1).run(3);
    const { last } = pursuit;
    const see = (id: number) => {
      pursuit.clock.advance(300);
      const nowMs = pursuit.clock.monoMs();
      const frame = {
        index: 900,
        mediaTimeS: nowMs / 1000,
        captureMonoMs: nowMs,
        captureUnixMs: 0,
        decodedMonoMs: nowMs,
      };
      const tracks = last.tracks.map((track) => ({ ...track, id }));
      return pursuit.steering.see({ ...frame, size: { w: 640, h: 360 } }, tracks, nowMs, true);
    };
    expect([see(2), see(1), see(2)]).toEqual(['tracking', 'tracking', 'tracking']);
    expect(pursuit.steering.selection).toEqual({ id: 2, by: 'operator' });
  });

  test('just before it was chosen: what the operator saw is followed under the id that it has by now', () => {
    const pursuit = new Pursuit(sceneOf(FLIGHT)).run(3);
    pursuit.isBlind = true;
    pursuit.run(1.2);
    pursuit.isBlind = false;
    pursuit.run(0.5);
    expect(pursuit.last.tracks.map(({ id }) => id)).toEqual([2]);
    pursuit.select(1).run(4);
    expect(pursuit.last).toMatchObject({ selection: { id: 2, by: 'operator' }, phase: 'tracking' });
    expect(pursuit.last.off).toBeLessThan(0.06);
  });

  test('long before it was chosen: nothing moves', () => {
    const pursuit = new Pursuit(sceneOf(FLIGHT)).run(3);
    pursuit.isBlind = true;
    pursuit.run(3.5);
    pursuit.isBlind = false;
    pursuit.run(0.5).select(1).run(4);
    expect(pursuit.last).toMatchObject({ selection: { id: 1, by: 'operator' }, phase: 'lost' });
    expect(pursuit.sent).toEqual([]);
  });

  test('for good: the camera stands still in the end, and the operator’s target stays selected', () => {
    const pursuit = new Pursuit(sceneOf(FLIGHT)).run(2).select(1).run(8);
    pursuit.isBlind = true;
    pursuit.run(40);
    expect(pursuit.last).toMatchObject({ phase: 'lost', state: 'idle', selection: { id: 1, by: 'operator' } });
    expect(pursuit.sent.at(-1)?.command).toEqual({ pan: 0, tilt: 0, zoom: 0 });
    expect(pursuit.camera.isMoving('pan')).toBe(false);
  });
});

describe('the graph’s own choice', () => {
  test('is followed without an operator, who may take another one', () => {
    const pursuit = new Pursuit(sceneOf(FLIGHT), { auto: true }).run(8);
    expect(pursuit.last).toMatchObject({ selection: { id: 1, by: 'graph' }, phase: 'tracking' });
    expect(pursuit.last.off).toBeLessThan(0.06);
    pursuit.select(99).run(3);
    expect(pursuit.last).toMatchObject({ selection: { id: 99, by: 'operator' } });
  });

  test('is let go of when it does not move for long', () => {
    const pursuit = new Pursuit(sceneOf(HOVER), { auto: true, stationary_release_s: 20 }).run(15);
    expect(pursuit.last.selection?.id).toBe(1);
    pursuit.run(30);
    expect(pursuit.last).toMatchObject({ selection: null, phase: 'idle', state: 'idle' });
  });

  test('goes home after it is lost, when there is a home', () => {
    const pursuit = new Pursuit(sceneOf(FLIGHT), { auto: true, hasHome: true }).run(8);
    pursuit.isAway = true;
    pursuit.isBlind = true;
    pursuit.run(24);
    expect(pursuit.last).toMatchObject({ selection: null, state: 'returning', order: 'home' });
  });
});

test('what is put right about the pose moves no picture', () => {
  const pursuit = new Pursuit(sceneOf(HOVER, { home: { pan_deg: 33, tilt_deg: 14, zoom: 0 } })).run(0.3);
  const turned = () => {
    const { panDeg, tiltDeg } = pursuit.steering.turned(pursuit.clock.monoMs());
    return [panDeg, tiltDeg];
  };
  const before = turned();
  // The camera says that it looks elsewhere than was thought.
  pursuit.camera.command({ kind: 'to', values: { pan: 60 }, maxRates: {} });
  pursuit.run(5);
  expect(turned()).toEqual(before);
  expect(pursuit.steering.view(pursuit.clock.monoMs())?.panDeg).toBeCloseTo(60, 6);
});
