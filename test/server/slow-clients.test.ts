/** Clients that do not read, or too slowly, beside others that lose nothing. */

import { describe, expect, test } from 'bun:test';
import { TEST_LIMIT_MS, until } from '../support/patience.ts';
import { SilentClient, startRig, TestClient } from './clients.ts';
import { event, number, state, tick } from './numbered.ts';

describe('slow clients', () => {
  const quick = { sweepEveryMs: 5, unsentForMs: 150, pingEveryMs: 10_000 };
  /** Emits large ticks until the silent client's kernel buffers are full and `done` holds. */
  async function flood(
    rig: ReturnType<typeof startRig>,
    topic: 'tick' | 'tracks',
    done: () => boolean,
  ): Promise<number> {
    let n = 0;
    await until('flooded', () => {
      rig.sessions.emit(rig.id, topic, topic === 'tick' ? tick(n, 100_000) : event(n, 100_000));
      n += 1;
      return done();
    });
    return n;
  }

  test(
    'one that never reads is closed, and the others lose nothing',
    async () => {
      await using rig = startRig(quick);
      const silent = await SilentClient.open(rig);
      const good = await TestClient.open(rig);
      const sent = await flood(rig, 'tick', () => rig.app.clients.stats().closedForSlowness === 1);
      await until('the good one has all', () => good.received.length === sent);
      expect(good.received.map(number)).toEqual(Array.from({ length: sent }, (_, n) => n));
      expect(rig.app.clients.stats()).toEqual({ connected: 1, closedForSlowness: 1 });
      expect(good.closed).toBeUndefined();
      // Within Bun's grace it still gets the close frame: 0x88, length, 1001, reason.
      silent.read();
      await until('close frame', () => silent.gone);
      expect(silent.text()).toEndWith('\x88\x11\x03\xe9client too slow');
    },
    TEST_LIMIT_MS,
  );

  test(
    'one that is behind gets no ticks, all events, and the latest tick when it is back',
    async () => {
      await using rig = startRig({ ...quick, unsentForMs: 60_000, maxUnsentBytes: 64 * 1024 * 1024 });
      const silent = await SilentClient.open(rig);
      // About 5 MB fill the kernel's buffers; all that comes after stays unsent.
      let sent = 0;
      await until('far too much', () => {
        rig.sessions.emit(rig.id, 'tick', tick(sent, 100_000));
        sent += 1;
        return sent === 200;
      });
      for (let n = 0; n < 10; n += 1) rig.sessions.emit(rig.id, 'tracks', event(n));
      silent.read();
      await until('the latest tick', () => silent.text().includes(`"n":${sent - 1},`));
      const text = silent.text();
      const ticks = [...text.matchAll(/metadata_tick","n":(\d+)/g)].map((m) => Number(m[1]));
      const events = [...text.matchAll(/track_event","n":(\d+)/g)].map((m) => Number(m[1]));
      expect(events).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(ticks.at(-1)).toBe(sent - 1);
      expect(ticks.length).toBeLessThan(150);
      expect(ticks).toEqual([...ticks].sort((a, b) => a - b));
      rig.sessions.emit(rig.id, 'tick', tick(7777));
      await until('ticks go on', () => silent.text().includes('"n":7777,'));
      silent.destroy();
    },
    TEST_LIMIT_MS,
  );

  test(
    'one that is behind gets the latest of each state when it is back',
    async () => {
      await using rig = startRig({ ...quick, unsentForMs: 60_000, maxUnsentBytes: 64 * 1024 * 1024 });
      const silent = await SilentClient.open(rig, '?topics=ptz,autotrack');
      for (let n = 0; n < 200; n += 1) {
        rig.sessions.emit(rig.id, n % 2 === 0 ? 'ptz' : 'autotrack', state(n, 100_000));
        await new Promise((resolve) => setImmediate(resolve));
      }
      silent.read();
      const seen = () => [...silent.text().matchAll(/ptz_state","n":(\d+)/g)].map((match) => Number(match[1]));
      await until('the latest of both', () => seen().includes(198) && seen().includes(199));
      expect(seen().length).toBeLessThan(150);
      expect(new Set(seen()).size).toBe(seen().length);
      silent.destroy();
    },
    TEST_LIMIT_MS,
  );

  test(
    'too many unsent events close it at once',
    async () => {
      await using rig = startRig({ ...quick, unsentForMs: 60_000 });
      const silent = await SilentClient.open(rig);
      await flood(rig, 'tracks', () => rig.app.clients.stats().closedForSlowness === 1);
      expect(rig.log.lines).toMatchObject([{ level: 'warn', message: 'client too slow, closed' }]);
      silent.destroy();
    },
    TEST_LIMIT_MS,
  );

  test('one that does not read is found by its pings even when all fits the kernel', async () => {
    await using rig = startRig({ sweepEveryMs: 5, pingEveryMs: 20, neverAnsweredForMs: 600 });
    const silent = await SilentClient.open(rig);
    const good = await TestClient.open(rig);
    await until('closed', () => rig.app.clients.stats().closedForSlowness === 1);
    silent.read();
    await until('close frame', () => silent.gone);
    expect(silent.text()).toEndWith('\x88\x11\x03\xe9client too slow');
    expect(await good.ask('{"type":"clear_target"}')).toMatchObject({ type: 'ack' });
  });
});
