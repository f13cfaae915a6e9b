/** Which frames are looked at with `when: motion`. The stepper alone: motion in, decisions out. */
import { describe, expect, test } from 'bun:test';
import { type Glance, LookGate } from '../../../nodes/detect/gate.ts';
import type { Detection } from '../../../runtime/node.ts';

type Motion = Glance['motion'];
const FPS = 5;
const STILL: Motion = { moved: null, follows: true, regions: [], stirs: false };
const REGION = { bboxPx: { x: 10, y: 10, w: 8, h: 8 }, strength: 2 };
const turned = (right: number): Motion['moved'] => ({
  ...{ right, down: 0, rightStd: 0, downStd: 0 },
  ...{ scale: 1, roll: 0, confidence: 1 },
});
const at = (x: number, confidence = 0.8): Detection => ({
  bboxPx: { x, y: 100, w: 20, h: 12 },
  confidence,
  label: 'drone',
});

/** Seconds of frames. @returns when it looked */
function watch(
  seconds: number,
  motionAt: (timeS: number) => Partial<Motion>,
  { everyS = 2, finds = (_: number): Detection[] => [] } = {},
): number[] {
  const gate = new LookGate(everyS * 1000);
  const looks: number[] = [];
  for (let k = 0; k < seconds * FPS; k++) {
    const atMs = (k * 1000) / FPS;
    if (!gate.looks({ atMs, motion: { ...STILL, ...motionAt(atMs / 1000) } })) continue;
    looks.push(atMs / 1000);
    gate.found(atMs, finds(atMs / 1000));
  }
  return looks;
}

const between = (looks: readonly number[], fromS: number, toS: number) =>
  looks.filter((timeS) => timeS >= fromS && timeS < toS).length;

describe('a still scene', () => {
  test('is looked at every so often', () => {
    expect(watch(10, () => ({}))).toEqual([0, 2, 4, 6, 8]);
    expect(watch(10, () => ({}), { everyS: 5 })).toEqual([0, 5]);
  });

  test('in which something waits: each second', () => {
    expect(watch(10, () => ({}), { finds: () => [at(50)] }).filter((timeS) => timeS > 1)).toEqual([
      2, 3, 4, 5, 6, 7, 8, 9,
    ]);
  });

  test('what is missed once is looked for in every frame, for as long as it takes to lose it', () => {
    const looks = watch(20, () => ({}), { finds: (timeS) => (timeS < 10 ? [at(50)] : []) });
    expect(between(looks, 10, 11)).toBe(FPS);
    expect(between(looks, 14, 20)).toBe(3);
  });

  test('what is new at a look is seen in every frame for a while', () => {
    const looks = watch(20, () => ({}), { finds: (timeS) => (timeS < 9.5 ? [] : [at(50)]) });
    expect(between(looks, 10, 11)).toBe(FPS);
  });

  test('doubtful detections that come and go keep nothing awake', () => {
    expect(watch(10, () => ({}), { finds: (timeS) => (timeS % 4 === 0 ? [at(50, 0.15)] : []) })).toHaveLength(5);
  });
});

describe('every frame is looked at', () => {
  test.each<[string, Partial<Motion>]>([
    ['while it is not known what moves', { follows: false }],
    ['while something moves', { regions: [REGION] }],
    ['while something may move', { stirs: true }],
    ['while the camera turns', { moved: turned(0.01) }],
    ['while it zooms', { moved: turned(0) && ({ ...turned(0), scale: 1.01 } as Motion['moved']) }],
  ])('%s, and for a second after that', (_, motion) => {
    const looks = watch(10, (timeS) => (timeS >= 3 && timeS < 5 ? motion : {}));
    expect(between(looks, 3, 6)).toBe(3 * FPS);
    expect(between(looks, 6, 10)).toBeLessThan(4);
  });

  test('a slow turn adds up', () => {
    expect(watch(10, () => ({ moved: turned(0.001) })).length).toBeGreaterThan(10);
  });

  test('one that shakes about a place rests', () => {
    expect(watch(10, (timeS) => ({ moved: turned(0.003 * (-1) ** Math.round(timeS * FPS)) }))).toHaveLength(5);
  });
});
