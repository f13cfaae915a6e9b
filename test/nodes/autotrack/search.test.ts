import { describe, expect, test } from 'bun:test';
import { type Candidate, knownAgain, type LostTrack } from '../../../nodes/autotrack/reacquire.ts';
import { Search, whereNow } from '../../../nodes/autotrack/search.ts';
import type { Direction } from '../../../runtime/node.ts';

const FIELD_DEG = 20;
const LOST: LostTrack = {
  panDeg: 30,
  tiltDeg: 10,
  panDegPerS: 4,
  tiltDegPerS: 0,
  atMs: 10_000,
  label: 'drone',
  widthDeg: 1,
};

/** A camera that turns at 30 °/s towards where it is told to look. @returns the places at which it stood still */
function look(search: Search, forS: number): Direction[] {
  let camera: Direction = { panDeg: 30, tiltDeg: 10 };
  const visited: Direction[] = [];
  for (let ms = 12_000; ms < 12_000 + forS * 1000; ms += 50) {
    const aim = search.step(ms, camera, FIELD_DEG);
    if (Math.hypot(aim.panDeg - (visited.at(-1)?.panDeg ?? 0), aim.tiltDeg - (visited.at(-1)?.tiltDeg ?? 0)) > 0.5) {
      visited.push(aim);
    }
    const near = (from: number, to: number) => from + Math.min(1.5, Math.max(-1.5, to - from));
    camera = { panDeg: near(camera.panDeg, aim.panDeg), tiltDeg: near(camera.tiltDeg, aim.tiltDeg) };
  }
  return visited;
}

describe('looking around', () => {
  test('first where the target should be by now, then ahead of it', () => {
    const [first, second] = look(new Search(LOST, FIELD_DEG, 16 / 9), 10);
    expect(first).toEqual({ panDeg: 36, tiltDeg: 10 });
    expect(second).toEqual({ panDeg: 36 + 0.65 * FIELD_DEG, tiltDeg: 10 });
  });

  test('then to all sides, and from the beginning again', () => {
    const visited = look(new Search(LOST, FIELD_DEG, 16 / 9), 30);
    const angles = visited.slice(1, 7).map(({ panDeg, tiltDeg }) => {
      return Math.round((Math.atan2(((tiltDeg - 10) * 16) / 9, panDeg - 36) * 180) / Math.PI);
    });
    expect(angles.map((angle) => (angle + 360) % 360).sort((a, b) => a - b)).toEqual([0, 60, 120, 180, 240, 300]);
    expect(visited[7]).toEqual({ panDeg: 36, tiltDeg: 10 });
  });

  test('neighbouring looks overlap: no gap to slip through', () => {
    const visited = look(new Search(LOST, FIELD_DEG, 1), 30).slice(0, 7);
    for (const one of visited) {
      const nearest = Math.min(
        ...visited
          .filter((other) => other !== one)
          .map((other) => Math.hypot(other.panDeg - one.panDeg, other.tiltDeg - one.tiltDeg)),
      );
      expect(nearest).toBeLessThan(FIELD_DEG);
    }
  });

  test('a look that the camera does not get to is given up', () => {
    const search = new Search(LOST, FIELD_DEG, 16 / 9);
    const stuck = { panDeg: 0, tiltDeg: 0 };
    const before = search.step(12_000, stuck, FIELD_DEG);
    expect(search.step(15_900, stuck, FIELD_DEG)).toEqual(before);
    expect(search.step(16_000, stuck, FIELD_DEG)).not.toEqual(before);
  });

  test('the last velocity counts for a second and a half', () => {
    expect(whereNow(LOST, 11_000).panDeg).toBe(34);
    expect(whereNow(LOST, 60_000).panDeg).toBe(36);
    expect(whereNow(LOST, 9000).panDeg).toBe(30);
  });
});

describe('known again under another id', () => {
  const candidate = (more: Partial<Candidate>): Candidate => ({
    id: 9,
    label: 'drone',
    panDeg: 34,
    tiltDeg: 10,
    widthDeg: 1.1,
    isOther: false,
    ...more,
  });
  const at = (more: Partial<Candidate>, nowMs = 11_000) => knownAgain(LOST, [candidate(more)], nowMs, FIELD_DEG);

  test.each([
    ['where it should be', {}, 9],
    ['a little off', { panDeg: 37.5 }, 9],
    ['where it was, but it was moving', { panDeg: 29 }, null],
    ['was in a picture together with the target: another object', { isOther: true }, null],
    ['much larger', { widthDeg: 4 }, null],
    ['of another label, at the very place', { label: 'bird', panDeg: 34.5 }, 9],
    ['of another label, a little off', { label: 'bird', panDeg: 37.5 }, null],
  ])('%s', (_what, more, expected) => {
    expect(at(more)).toBe(expected);
  });

  test('the longer it is away, the further off it may be, up to a limit', () => {
    expect(at({ panDeg: 43 }, 11_000)).toBe(null);
    expect(at({ panDeg: 43 }, 14_000)).toBe(9);
    expect(at({ panDeg: 60 }, 100_000)).toBe(null);
  });

  test('of several the nearest', () => {
    const two = [candidate({ id: 1, panDeg: 36 }), candidate({ id: 2, panDeg: 34.2 })];
    expect(knownAgain(LOST, two, 11_000, FIELD_DEG)).toBe(2);
  });

  test('sizes that are none match nothing', () => {
    expect(at({ widthDeg: Number.NaN })).toBe(null);
    expect(at({ widthDeg: 0 })).toBe(null);
  });
});
