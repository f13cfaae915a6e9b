/** Totals of a session while the nodes that count come and go. */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { Figures } from '../../runtime/session/figures.ts';
import { PROPERTY_LIMIT_MS } from '../support/patience.ts';

const stats = (nodes: Record<string, Record<string, number>>) => new Map(Object.entries(nodes));

test('a node that counts what is processed goes, and another one takes its place: no total falls or jumps', () => {
  const figures = new Figures();
  figures.update(stats({ decode: { decoded: 100 }, publish: { processed: 80, settled: 98 } }), 0);
  expect(figures.frames()).toEqual({ decoded: 98, processed: 80, dropped: 18, in_flight: 2 });
  figures.forget(['publish']);
  expect(figures.frames()).toEqual({ decoded: 98, processed: 80, dropped: 18, in_flight: 2 });
  figures.update(stats({ decode: { decoded: 110 } }), 1000);
  expect(figures.frames()).toEqual({ decoded: 98, processed: 80, dropped: 18, in_flight: 12 });
  figures.update(stats({ decode: { decoded: 120 }, tell: { processed: 5, settled: 118 } }), 2000);
  expect(figures.frames()).toEqual({ decoded: 118, processed: 85, dropped: 33, in_flight: 2 });
  figures.forget(['zones']);
  figures.processEnded();
  expect(figures.frames()).toEqual({ decoded: 120, processed: 85, dropped: 35, in_flight: 0 });
  figures.processStarted();
  figures.update(stats({ decode: { decoded: 10 }, tell: { processed: 9, settled: 10 } }), 3000);
  expect(figures.frames()).toEqual({ decoded: 130, processed: 94, dropped: 36, in_flight: 0 });
});

test('frame rates of a process that has stopped sending are 0 after 3 s, and never more than they were', () => {
  const figures = new Figures();
  for (let i = 0; i <= 20; i++) {
    figures.update(stats({ decode: { decoded: i * 10 }, publish: { processed: i * 5 } }), i * 250);
  }
  expect(figures.fps(5000)).toEqual({ in: 40, out: 20 });
  const rates = Array.from({ length: 13 }, (_, i) => figures.fps(5000 + i * 250).in);
  expect(rates).toEqual(rates.toSorted((a, b) => b - a));
  expect(rates.at(-1)).toBe(0);
  expect(figures.fps(60_000)).toEqual({ in: 0, out: 0 });
});

test('the counters of the decoder come a moment later than those of the publisher: no frame is lost to either count', () => {
  const figures = new Figures();
  figures.update(stats({ decode: { decoded: 100 }, publish: { processed: 95, settled: 100 } }), 0);
  figures.update(stats({ publish: { processed: 99, settled: 104 } }), 100);
  expect(figures.frames()).toEqual({ decoded: 100, processed: 95, dropped: 5, in_flight: 0 });
  figures.update(stats({ decode: { decoded: 107 } }), 200);
  expect(figures.frames()).toEqual({ decoded: 104, processed: 99, dropped: 5, in_flight: 3 });
});

test('whatever nodes count: decoded = processed + dropped, none below 0, and none falls', () => {
  const count = fc.oneof(
    fc.integer({ min: -5, max: 200 }),
    fc.constantFrom(Number.NaN, 1e300, Number.POSITIVE_INFINITY),
  );
  const counters = fc.record({ decoded: count, processed: count, settled: count }, { requiredKeys: [] });
  const step = fc.oneof(
    { weight: 10, arbitrary: fc.tuple(fc.constantFrom('decode', 'publish', 'other'), counters) },
    { weight: 1, arbitrary: fc.constantFrom('ended', 'started', 'forget') },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const figures = new Figures();
      let before = figures.frames();
      for (const [at, each] of steps.entries()) {
        if (each === 'ended') figures.processEnded();
        else if (each === 'started') figures.processStarted();
        else if (each === 'forget') figures.forget(['publish']);
        else if (typeof each === 'object') figures.update(new Map([each]), at * 100);
        const now = figures.frames();
        expect(now.decoded).toBe(now.processed + now.dropped);
        expect(now.in_flight).toBeGreaterThanOrEqual(0);
        for (const name of ['decoded', 'processed', 'dropped'] as const) {
          expect(now[name]).toBeGreaterThanOrEqual(before[name]);
        }
        before = now;
      }
    }),
    { numRuns: 2000, interruptAfterTimeLimit: PROPERTY_LIMIT_MS },
  );
});
