/** The pure parts: rate limit, slow clients, commands. No sockets. */
import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import fc from 'fast-check';
import { KeyedRateLimit, RateLimit } from '../../runtime/rate-limit.ts';
import { readCommand } from '../../runtime/server/commands.ts';
import { DEFAULT_LIMITS } from '../../runtime/server/limits.ts';
import { AwakeTime, SlowClientWatch } from '../../runtime/server/slow-client.ts';
import { CommandSchema } from '../../schemas/index.ts';

describe('KeyedRateLimit', () => {
  test('counts each key for itself, and says how long to wait', () => {
    const limit = new KeyedRateLimit(2, 1);
    expect([limit.take('a', 0), limit.take('b', 0), limit.take('a', 0), limit.take('a', 250)]).toEqual([
      0, 0, 500, 250,
    ]);
    expect(limit.take('a', 500)).toBe(0);
  });

  test('forgets the first of very many keys', () => {
    const limit = new KeyedRateLimit(1, 1);
    for (let i = 0; i <= 10_000; i++) expect(limit.take(`key ${i}`, 0)).toBe(0);
    expect([limit.take('key 10000', 0), limit.take('key 0', 0)]).toEqual([1000, 0]);
  });
});

describe('RateLimit', () => {
  test('lets a burst through, then the rate', () => {
    const limit = new RateLimit(10, 3);
    expect([0, 0, 0, 0].map((at) => limit.take(at))).toEqual([true, true, true, false]);
    expect(limit.take(99)).toBe(false);
    expect(limit.take(101)).toBe(true);
    expect(limit.take(101)).toBe(false);
  });

  test('never more than burst + rate × time, whatever the times', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5000 })), (times) => {
        const limit = new RateLimit(20, 40);
        const taken = times.filter((at) => limit.take(at)).length;
        expect(taken).toBeLessThanOrEqual(40 + 20 * 5);
        expect([limit.takeRefused(), limit.takeRefused()]).toEqual([times.length - taken, 0]);
      }),
    );
  });

  test('a clock that goes back gives nothing away', () => {
    const limit = new RateLimit(1, 1);
    expect([1000, 0, 1000].map((at) => limit.take(at))).toEqual([true, false, false]);
  });
});

describe('SlowClientWatch', () => {
  const limits = {
    maxUnsentBytes: 1000,
    unsentForMs: 50,
    pingEveryMs: 20,
    lateAfterMs: 30,
    unansweredForMs: 100,
    neverAnsweredForMs: 100,
  };
  const watch = () => new SlowClientWatch(limits);

  test('one that never answered a ping is given longer than one that stopped answering', () => {
    const patient = { ...limits, unansweredForMs: 100, neverAnsweredForMs: 300 };
    const never = new SlowClientWatch(patient);
    never.pingDue(0);
    expect([never.step(299, 0), never.step(300, 0)]).toEqual(['keeps_up', 'too_slow']);
    const stopped = new SlowClientWatch(patient);
    stopped.pong(stopped.pingDue(0) ?? '');
    stopped.pingDue(20);
    expect([stopped.step(119, 0), stopped.step(120, 0)]).toEqual(['behind', 'too_slow']);
  });

  test('unsent data makes it behind, and too slow when it stays', () => {
    const w = watch();
    expect([0, 10, 49].map((at) => w.step(at, 1))).toEqual(['behind', 'behind', 'behind']);
    expect(w.step(50, 1)).toBe('too_slow');
  });

  test('an empty buffer in between starts the time anew', () => {
    const w = watch();
    w.step(0, 1);
    expect(w.step(40, 0)).toBe('keeps_up');
    w.step(45, 1);
    expect(w.step(94, 1)).toBe('behind');
    expect(w.step(95, 1)).toBe('too_slow');
  });

  test('too much unsent is too slow at once', () => {
    expect([1000, 1001].map((bytes) => watch().step(0, bytes))).toEqual(['behind', 'too_slow']);
  });

  test('pings at its rate, one under way at most', () => {
    const w = watch();
    expect([w.pingDue(0), w.pingDue(25)]).toEqual(['1', undefined]);
    w.pong('1');
    expect([w.pingDue(19), w.pingDue(20)]).toEqual([undefined, '2']);
  });

  test('a client that answered before and is late gets no ticks; an answer brings it back', () => {
    const w = watch();
    w.pingDue(0);
    w.pong('1');
    w.pingDue(20);
    expect([49, 50].map((at) => w.step(at, 0))).toEqual(['keeps_up', 'behind']);
    w.pong('2');
    expect(w.step(51, 0)).toBe('keeps_up');
  });

  test('a client that never answers keeps its ticks until it is closed', () => {
    const w = watch();
    w.pingDue(0);
    expect([60, 99, 100].map((at) => w.step(at, 0))).toEqual(['keeps_up', 'keeps_up', 'too_slow']);
  });

  test('pongs that answer nothing count for nothing', () => {
    const w = watch();
    w.pong('');
    w.pingDue(0);
    w.pong('7');
    expect(w.step(100, 0)).toBe('too_slow');
  });
});

test('AwakeTime leaves out what the process slept through', () => {
  const awake = new AwakeTime(10);
  expect([100, 105, 115, 90_000, 90_001, 80_000].map((at) => awake.at(at))).toEqual([0, 5, 15, 25, 26, 26]);
});

describe('readCommand', () => {
  const read = (text: string) => readCommand(text, DEFAULT_LIMITS.maxCommandChars);

  test('accepts exactly what the schema accepts', () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          type: fc.oneof(fc.constantFrom('set_target_id', 'clear_target', 'stop'), fc.jsonValue()),
          target_id: fc.oneof(fc.nat(), fc.double(), fc.integer(), fc.constantFrom(2 ** 53, true, '7', null)),
          extra: fc.jsonValue(),
        },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(value, (sent) => {
        const text = JSON.stringify(sent);
        const result = read(text);
        expect(typeof result === 'object').toBe(Value.Check(CommandSchema, JSON.parse(text)));
      }),
      { numRuns: 2000 },
    );
  });

  test('never throws, whatever the text', () => {
    fc.assert(fc.property(fc.string(), (text) => void read(text)));
  });
});
