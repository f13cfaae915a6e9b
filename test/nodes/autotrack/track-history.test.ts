/** What is remembered of tracks that come and go. */
import { describe, expect, test } from 'bun:test';
import { type TrackDirection, TrackHistory } from '../../../nodes/autotrack/track-history.ts';

const look = (id: number, panDeg: number, tiltDeg = 10): TrackDirection => ({
  id,
  panDeg,
  tiltDeg,
  widthDeg: 3,
  label: 'drone',
});

describe('lately', () => {
  test('where it was last, and how it moved over the last second', () => {
    const sightings = new TrackHistory();
    for (let i = 0; i <= 20; i++) sightings.see([look(1, i < 10 ? 0 : i - 10, 10 - i / 10)], 100 * i);
    expect(sightings.lately(1, 2500)).toMatchObject({ atMs: 2000, panDeg: 10, tiltDeg: 8, panDegPerS: 10 });
    expect(sightings.lately(1, 2500)?.tiltDegPerS).toBeCloseTo(-1, 6);
  });

  test('one or two looks say nothing of motion', () => {
    const sightings = new TrackHistory();
    sightings.see([look(1, 0)], 0);
    expect(sightings.lately(1, 0)).toMatchObject({ panDegPerS: 0, tiltDegPerS: 0 });
    sightings.see([look(1, 1)], 100);
    expect(sightings.lately(1, 100)).toMatchObject({ panDeg: 1, panDegPerS: 0 });
  });

  test('what is unknown, or gone for long, is null', () => {
    const sightings = new TrackHistory();
    sightings.see([look(1, 0)], 0);
    expect([sightings.lately(2, 0), sightings.lately(1, 2001)]).toEqual([null, null]);
    expect(sightings.lately(1, 2000)).not.toBeNull();
  });
});

test('what was in one picture is two things, for good', () => {
  const sightings = new TrackHistory();
  sightings.see([look(1, 0), look(2, 5)], 0);
  sightings.see([look(3, 5)], 100);
  expect([sightings.wereTogether(1, 2), sightings.wereTogether(2, 1)]).toEqual([true, true]);
  expect([sightings.wereTogether(2, 3), sightings.wereTogether(3, 1), sightings.wereTogether(1, 1)]).toEqual([
    false,
    false,
    false,
  ]);
});

test('hours of clutter are forgotten', () => {
  const sightings = new TrackHistory();
  for (let id = 1; id <= 2000; id++) sightings.see([look(id, 0), look(id + 1, 3)], id * 1000);
  expect([sightings.wereTogether(1, 2), sightings.wereTogether(1999, 2000)]).toEqual([false, true]);
});
