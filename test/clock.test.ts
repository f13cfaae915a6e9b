/** Two clocks that are never tied for good: the wall clock may be set at any moment. */
import { describe, expect, test } from 'bun:test';
import { GraphFile } from '../runtime/catalog/graph-file.ts';
import { exactMomentOf, SystemClock, WallTime } from '../runtime/clock.ts';
import { createLog } from '../runtime/log.ts';
import { FaultBook } from '../runtime/session/fault-book.ts';
import { ManualClock } from './support/manual-clock.ts';

const HOUR_MS = 3_600_000;

describe('WallTime', () => {
  test.each([HOUR_MS, -HOUR_MS, 500, -500, 30, -30])('follows a wall clock that is set by %d ms, at once', (byMs) => {
    const clock = new ManualClock();
    const wall = new WallTime(clock);
    const atMs = clock.monoMs();
    const beforeMs = wall.at(atMs);
    clock.advance(1000);
    clock.setWall(byMs);
    expect(wall.at(atMs)).toBe(beforeMs + byMs);
    expect(wall.at(clock.monoMs())).toBe(clock.unixMs());
  });

  test('is steady while the readings of the clocks tremble', () => {
    const clock = new ManualClock();
    const trembling = { monoMs: () => clock.monoMs(), unixMs: () => Math.floor(clock.unixMs() - Math.random() * 5) };
    const wall = new WallTime(trembling);
    const firstMs = wall.at(0);
    for (let i = 0; i < 1000; i++) {
      clock.advance(33.37);
      expect(wall.at(0)).toBe(firstMs);
    }
  });

  test('takes nothing from a thread that was halted between the readings', () => {
    const clock = new ManualClock();
    let haltMs = 0;
    const halting = {
      monoMs: () => clock.monoMs(),
      unixMs: () => {
        clock.advance(haltMs);
        return clock.unixMs();
      },
    };
    const wall = new WallTime(halting);
    const firstMs = wall.at(0);
    haltMs = 300;
    expect(wall.at(0)).toBe(firstMs);
  });
});

describe('SystemClock', () => {
  test('agrees with the thread that it has its time from', () => {
    const parent = new SystemClock();
    const off = Array.from({ length: 9 }, () => {
      const child = new SystemClock(exactMomentOf(parent));
      return Math.abs(child.monoMs() - parent.monoMs());
    });
    // Halted threads are worse; the median is not.
    expect(off.toSorted((a, b) => a - b)[4]).toBeLessThan(0.3);
  });

  test.each([HOUR_MS, -HOUR_MS])('a wall clock set by %d ms long ago, or just then, changes nothing', (byMs) => {
    const parent = { monoMs: 7000, unixMs: Date.now() - byMs };
    const askedMs = performance.now();
    const offMs = new SystemClock(parent, askedMs).monoMs() - 7000;
    expect(offMs).toBeGreaterThanOrEqual(0);
    expect(offMs).toBeLessThanOrEqual(performance.now() - askedMs);
  });
});

test.each([HOUR_MS, -HOUR_MS])(
  'since when something is wrong is told by the wall clock as it is, set by %d ms',
  (byMs) => {
    const clock = new ManualClock();
    const log = createLog({ write: () => undefined, pretty: false });
    const book = new FaultBook(log, clock);
    const file = new GraphFile('a.yaml', '/', false);
    const problem = { code: 'range', message: 'too large', key: 'k' };
    const sinceMs = clock.unixMs();
    book.noFrames(5);
    file.broken([problem], log, clock);
    clock.advance(5000);
    clock.setWall(byMs);
    file.broken([problem], log, clock);
    expect(book.current?.since_unix_ms).toBe(sinceMs + byMs);
    expect(file.warnings.map(({ since_unix_ms }) => since_unix_ms)).toEqual([sinceMs + byMs]);
  },
);
