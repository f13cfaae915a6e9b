/** Leases: as long as can be, and short enough that everything stands 1.5 s after our process died. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { MAX_LEASE_MS } from '../../ptz/driver.ts';
import {
  BRAKING_MS,
  leaseFor,
  SHORTEST_LEASE_MS,
  STOPPED_WITHIN_MS,
  stoppedAfterMs,
  tooSlow,
} from '../../ptz/network/stopping-time.ts';
import { Rig } from './rig.ts';

interface Row {
  readonly lateMs: number;
  readonly leaseMs: number;
  readonly says: string[];
}
const rows: Row[] = [
  { lateMs: 0, leaseMs: MAX_LEASE_MS, says: [] },
  { lateMs: 100, leaseMs: 1000, says: [] },
  { lateMs: 300, leaseMs: 800, says: [] },
  { lateMs: 800, leaseMs: SHORTEST_LEASE_MS, says: [] },
  {
    lateMs: 1000,
    leaseMs: 300,
    says: ['too slow: if this process died, the camera would stand still 1700 ms later, not 1500 ms'],
  },
];

test.each(rows)('answers $lateMs ms late: a lease of $leaseMs ms', ({ lateMs, leaseMs, says }) => {
  expect([leaseFor(lateMs), tooSlow(lateMs)]).toEqual([leaseMs, says]);
});

test('either it stands in time, or the figure is told', () => {
  const property = fc.property(fc.double({ min: 0, max: 5000, noNaN: true }), (lateMs) => {
    const afterMs = leaseFor(lateMs) + lateMs + BRAKING_MS;
    expect(tooSlow(lateMs).length).toBe(Math.ceil(afterMs) > STOPPED_WITHIN_MS ? 1 : 0);
    expect(stoppedAfterMs(lateMs)).toBeGreaterThanOrEqual(afterMs);
  });
  fc.assert(property, { numRuns: 300 });
});

describe('a driver', () => {
  const cameras: { quirks: string[]; leaseMs: number }[] = [
    { quirks: [], leaseMs: 1000 },
    { quirks: ['latency-300'], leaseMs: 800 },
    { quirks: ['latency-1000'], leaseMs: 300 },
  ];
  test.each(cameras)('$quirks: names a lease of $leaseMs ms, and grants no longer one', async ({ quirks, leaseMs }) => {
    await using rig = await Rig.start(quirks);
    expect((await rig.open()).leaseMs).toBe(leaseMs);
    rig.holds = quirks.length > 0;
    const sent = rig.driver.velocity({ pan: 1, tilt: 0, zoom: 0 }, 10_000);
    if (rig.holds) (await rig.held()).over();
    expect(await sent).toBe('sent');
    // Our side is dead from here on.
    rig.time.clock.advance(leaseMs + BRAKING_MS);
    expect(rig.panRate()).toBe(0);
    rig.holds = false;
    await rig.driver.close();
  });
});
