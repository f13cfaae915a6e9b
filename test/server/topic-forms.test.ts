/** Forms in which `/ws` sends states: at most so many a second, and only what has changed. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Pace } from '../../runtime/server/topic-pace.ts';
import { applyDelta, deltaOf, type Json } from '../../schemas/delta.ts';
import { PROPERTY_LIMIT_MS, until } from '../support/patience.ts';
import { startRig } from './clients.ts';
import { event, tick } from './numbered.ts';
import { TopicClient } from './topic-clients.ts';

describe('hz', () => {
  test('in the long run so many a second, no more in any, whenever they come', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), gaps, (hz, waits) => {
        const pace = new Pace(hz);
        const went: number[] = [];
        let nowMs = 0;
        for (const waitMs of waits) {
          nowMs += waitMs;
          const dueMs = pace.take(nowMs);
          if (dueMs === 0) went.push(nowMs);
          else expect(dueMs).toBeLessThanOrEqual(2000 / hz + 1e-6);
        }
        for (const from of went) {
          expect(went.filter((at) => at >= from && at < from + 1000).length).toBeLessThanOrEqual(hz + 1);
        }
      }),
    );
    const steady = new Pace(10);
    const sent = Array.from({ length: 300 }, (_, n) => steady.take(n * (1000 / 30))).filter((ms) => ms === 0);
    expect(Math.abs(sent.length - 100)).toBeLessThanOrEqual(1);
    const uneven = new Pace(10);
    const waits = Array.from({ length: 300 }, (_, n) => uneven.take(n * 100 + (n % 3) * 20));
    expect(waits.filter((ms) => ms > 0)).toEqual([]);
  });

  test('two that come together delay none of those after them', () => {
    const comesMs = [0, 3, ...Array.from({ length: 50 }, (_, n) => 103 + 100 * n)];
    const pace = new Pace(10);
    const late: number[] = [];
    for (const [at, nowMs] of comesMs.entries()) {
      const waitMs = pace.take(nowMs);
      // It waits, and goes if the next one has not come by then.
      const isAlone = waitMs > 0 && nowMs + waitMs <= (comesMs[at + 1] ?? Number.POSITIVE_INFINITY);
      if (isAlone) pace.take(nowMs + waitMs);
      if (waitMs > 0) late.push(nowMs);
    }
    expect(late).toEqual([3]);
  });

  test('the latest wins, and the last comes by itself; events are not held', async () => {
    await using rig = startRig();
    const client = await TopicClient.open(rig);
    await client.subscribe(['cameras/cam_01/#'], { hz: 20 });
    for (let n = 0; n < 200; n++) {
      rig.sessions.emit(rig.id, 'tick', tick(n));
      if (n % 20 === 0) rig.sessions.emit(rig.id, 'tracks', event(n));
      rig.sessions.hub.flush();
    }
    await until('the last tick', () => client.taken.at(-1)?.json === tick(199));
    expect(client.taken.filter(({ topic }) => topic.endsWith('tracks')).length).toBe(10);
    expect(client.taken.length).toBeLessThanOrEqual(14);
  });
});

describe('delta', () => {
  const value: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(null, true, 0, 1, -0, 'a', ''),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'id', '__proto__', '1'), tie('value')),
      fc.uniqueArray(fc.record({ id: fc.integer({ min: 0, max: 4 }), a: tie('value') }), {
        selector: ({ id }) => id,
        maxLength: 4,
      }),
    ),
  })).value;

  test('what changes make of the message before is the message, or is known not to be', () => {
    let same = 0;
    fc.assert(
      fc.property(value, value, (before, after) => {
        const [old, next]: [Json, Json] = [JSON.parse(JSON.stringify(before)), JSON.parse(JSON.stringify(after))];
        const delta = deltaOf(old, next);
        if (delta === undefined) expect(JSON.stringify(next)).toBe(JSON.stringify(old));
        else if (JSON.stringify(applyDelta(old, delta)) === JSON.stringify(next)) same += 1;
      }),
      { numRuns: 200 },
    );
    expect(same).toBeGreaterThan(40);
  });

  test('a client that applies them has the same messages, byte for byte, also when tracks come and go and it lags', async () => {
    await using rig = startRig();
    const track = fc.record(
      {
        id: fc.integer({ min: 0, max: 5 }),
        label: fc.constantFrom('drone', 'bird'),
        conf: fc.constantFrom(0.5, 0.9),
        bbox: fc.record({ x: fc.constantFrom(0.1, 0.2), y: fc.constant(0.5) }),
        zones: fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 }),
      },
      { requiredKeys: ['id', 'label', 'conf', 'bbox'] },
    );
    const tracks = fc.uniqueArray(track, { selector: ({ id }) => id, maxLength: 5 });
    const clients = await Promise.all(
      [{}, { hz: 500 }].map(async (more) => {
        const client = await TopicClient.open(rig);
        await client.subscribe(['cameras/cam_01/tick'], { delta: true, ...more });
        return client;
      }),
    );
    const [exact, limited] = clients;
    if (!exact || !limited) throw new Error('no clients');
    let n = 0;
    const told = new Set<string>();
    await fc.assert(
      fc.asyncProperty(tracks, fc.boolean(), async (list, hasTarget) => {
        n += 1;
        const target = hasTarget ? { selected_target_id: n, ptz: { active: true } } : { selected_target_id: null };
        const json = JSON.stringify({ ...JSON.parse(tick(n)), ...target, tracks: list });
        told.add(json);
        rig.sessions.emit(rig.id, 'tick', json);
        await until('the tick', () => exact.taken.at(-1)?.json === json);
      }),
      { numRuns: 150, interruptAfterTimeLimit: PROPERTY_LIMIT_MS },
    );
    await until('the last tick', () => limited.taken.at(-1)?.json === exact.taken.at(-1)?.json);
    for (const client of clients) {
      expect(client.taken.every(({ json }) => told.has(json))).toBe(true);
      expect(client.taken.filter(({ isDelta }) => isDelta).length).toBeGreaterThan(client.taken.length / 4);
    }
  });
});
