import { describe, expect, test } from 'bun:test';
import type { TrackingPhase } from '../runtime/data.ts';
import { TargetPhase } from '../runtime/target-phase.ts';

const GRACE_MS = 2000;

describe('the phase of a target', () => {
  const rows: { why: string; selectAt: number; seenAt: number[]; lookAt: number; phase: TrackingPhase }[] = [
    { why: 'seen in this frame', selectAt: 0, seenAt: [500], lookAt: 500, phase: 'tracking' },
    {
      why: 'selected but not in sight: searched for first',
      selectAt: 100,
      seenAt: [],
      lookAt: 100,
      phase: 'searching',
    },
    { why: 'just within the grace time', selectAt: 0, seenAt: [1000], lookAt: 2999.9, phase: 'searching' },
    { why: 'the grace time itself is over', selectAt: 0, seenAt: [1000], lookAt: 3000, phase: 'lost' },
    { why: 'lost stays lost', selectAt: 0, seenAt: [1000], lookAt: 1e9, phase: 'lost' },
    {
      why: 'every sighting starts the grace time anew',
      selectAt: 0,
      seenAt: [1000, 2900],
      lookAt: 4800,
      phase: 'searching',
    },
    {
      why: 'never seen: the grace time counts from the selection',
      selectAt: 5000,
      seenAt: [],
      lookAt: 7000,
      phase: 'lost',
    },
    { why: 'found again after it was lost', selectAt: 0, seenAt: [0, 9000], lookAt: 9000, phase: 'tracking' },
  ];
  test.each(rows)('$why → $phase', ({ selectAt, seenAt, lookAt, phase }) => {
    const target = new TargetPhase(GRACE_MS);
    target.select(7, selectAt);
    for (const ms of seenAt) if (ms !== lookAt) target.step([3, 7], ms);
    expect(target.step(seenAt.includes(lookAt) ? [7] : [3], lookAt)).toBe(phase);
  });
});

test('without a target it is idle, whoever is in sight', () => {
  expect(new TargetPhase(GRACE_MS).step([1, 2], 0)).toBe('idle');
});

test('target 0 is a target', () => {
  const target = new TargetPhase(GRACE_MS);
  target.select(0, 0);
  expect(target.step([0], 0)).toBe('tracking');
});

test('a cleared target is idle at once, also while it is in sight', () => {
  const target = new TargetPhase(GRACE_MS);
  target.select(7, 0);
  target.step([7], 0);
  target.select(null, 10);
  expect(target.step([7], 10)).toBe('idle');
  expect(target.targetId).toBeNull();
});

test('a new target does not inherit the sightings of the one before', () => {
  const target = new TargetPhase(GRACE_MS);
  target.select(7, 0);
  target.step([7], 1000);
  target.select(8, 1500);
  expect(target.step([7], 3400)).toBe('searching');
  expect(target.step([7], 3500)).toBe('lost');
});

test('no grace time: unseen is lost', () => {
  const target = new TargetPhase(0);
  target.select(7, 0);
  expect(target.step([], 0)).toBe('lost');
});

test('a target from before a restart is lost until it is seen: nobody knows for how long it was away', () => {
  const target = new TargetPhase(GRACE_MS, 7);
  expect(target.step([], 0)).toBe('lost');
  expect(target.step([7], 10)).toBe('tracking');
  expect(target.step([], 20)).toBe('searching');
});
