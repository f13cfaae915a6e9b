/** Whose turn it is to run a model. */
import { describe, expect, test } from 'bun:test';
import { SystemClock } from '../../runtime/clock.ts';
import { Turns } from '../../runtime/engine/turns.ts';
import { TurnServer } from '../../runtime/session/turn-server.ts';
import { TurnTable } from '../../runtime/session/turn-table.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { until } from '../support/patience.ts';

/** Cameras that ask again as soon as their run is over. @returns runs of each after so many milliseconds */
function runs(threads: number, cameras: Record<string, { runMs: number; share?: number }>, forMs: number) {
  const clock = new ManualClock();
  const shares = Object.fromEntries(Object.entries(cameras).map(([name, { share = 1 }]) => [name, share]));
  const table = new TurnTable({ threads, shares }, clock);
  const ends = new Map<string, { atMs: number; end: () => void }>();
  const counts = Object.fromEntries(Object.keys(cameras).map((name) => [name, 0]));
  const longestWaitMs = { ...counts };
  const ask = (name: string) => {
    const askedMs = clock.monoMs();
    const turn = table.ask(name, 1, () => {
      longestWaitMs[name] = Math.max(longestWaitMs[name] ?? 0, clock.monoMs() - askedMs);
      ends.set(name, { atMs: clock.monoMs() + (cameras[name]?.runMs ?? 0), end: () => turn.end() });
    });
  };
  for (const name of Object.keys(cameras)) ask(name);
  for (let ms = 0; ms < forMs; ms++) {
    clock.advance(1);
    for (const [name, { atMs, end }] of [...ends]) {
      if (clock.monoMs() < atMs) continue;
      ends.delete(name);
      counts[name] = (counts[name] ?? 0) + 1;
      end();
      ask(name);
    }
    table.look();
  }
  return { counts, longestWaitMs };
}

describe('the table', () => {
  test('cameras of one model get the same number of turns, one after the other', () => {
    const cameras = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`cam${i}`, { runMs: 20 }]));
    const { counts, longestWaitMs } = runs(2, cameras, 9000);
    const [least, most] = [Math.min(...Object.values(counts)), Math.max(...Object.values(counts))];
    expect(most - least).toBeLessThanOrEqual(1);
    expect(least).toBeGreaterThan(95);
    expect(Math.max(...Object.values(longestWaitMs))).toBeLessThanOrEqual(100);
  });

  test('a slow camera gets as much time as another, not as many runs, and holds nobody up', () => {
    const { counts, longestWaitMs } = runs(1, { slow: { runMs: 900 }, quick: { runMs: 10 } }, 20_000);
    expect(longestWaitMs.quick).toBeLessThanOrEqual(110);
    expect(counts.quick).toBeGreaterThan(1000);
    expect(counts.slow).toBeGreaterThan(5);
  });

  test('a share of two is twice as much', () => {
    const one = { runMs: 10 };
    const { counts } = runs(1, { more: { ...one, share: 2 }, a: one, b: one, c: one }, 6000);
    expect((counts.more ?? 0) / (counts.a ?? 1)).toBeCloseTo(2, 1);
  });

  test('a run of more threads than there are takes all of them; what waits and is not wanted any more is left out', () => {
    const table = new TurnTable({ threads: 2, shares: {} }, new ManualClock());
    const begun: string[] = [];
    const wide = table.ask('wide', 8, () => begun.push('wide'));
    const gone = table.ask('gone', 1, () => begun.push('gone'));
    table.ask('next', 1, () => begun.push('next'));
    expect({ begun, isFull: table.isFull }).toEqual({ begun: ['wide'], isFull: true });
    gone.end();
    wide.end();
    expect({ begun, isFull: table.isFull }).toEqual({ begun: ['wide', 'next'], isFull: false });
  });
});

test('workers take turns over the socket; without a server, it is always their turn', async () => {
  const server = new TurnServer({ threads: 1, shares: {} }, new SystemClock());
  const [one, two] = [new Turns(server.path, 'one'), new Turns(server.path, 'two')];
  const order: string[] = [];
  const first = Promise.withResolvers<void>();
  const running = one.take(1, async () => {
    order.push('one begins');
    await first.promise;
    order.push('one ends');
  });
  await until('the first run', () => order.length === 1);
  const waiting = two.take(0, async () => order.push('two'));
  first.resolve();
  await Promise.all([running, waiting]);
  expect(order).toEqual(['one begins', 'one ends', 'two']);
  await expect(two.take(1, () => Promise.reject(new Error('the run failed')))).rejects.toThrow('the run failed');
  expect(await one.take(1, async () => 'after a failure')).toBe('after a failure');
  server[Symbol.dispose]();
  expect(await one.take(1, async () => 'alone')).toBe('alone');
  expect(await new Turns(server.path, 'three').take(1, async () => 'never connected')).toBe('never connected');
  expect(await new Turns(undefined, 'four').take(1, async () => 'no server')).toBe('no server');
});

test('a session that dies gives its turn back', async () => {
  using server = new TurnServer({ threads: 1, shares: {} }, new SystemClock());
  let told = '';
  const dying = await Bun.connect({
    unix: server.path,
    socket: {
      data: (_socket, bytes) => {
        told += bytes.toString();
      },
    },
  });
  dying.write('camera dying\nask 1\n');
  await until('its turn', () => told === 'go\n');
  const next = new Turns(server.path, 'next').take(1, async () => 'mine');
  dying.terminate();
  expect(await next).toBe('mine');
});
