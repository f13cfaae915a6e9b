/** What holds of the history in any database. */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { allTracks } from '../../../runtime/sinks/history/read.ts';
import { nameOf, sizeOf, writeAllBut } from '../../../runtime/sinks/history/refusals.ts';
import {
  type Batch,
  type DatabaseOptions,
  SORTS,
  type StoredTrack,
  type TrackQuery,
} from '../../../runtime/sinks/history/rows.ts';
import { HistoryStore } from '../../../runtime/sinks/history/store.ts';
import { StoreThread } from '../../../runtime/sinks/history/store-thread.ts';
import { PROPERTY_LIMIT_MS } from '../../support/patience.ts';
import { auditRow, batch, START_MS, sampleRows, trackRow } from './rows.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = START_MS + HOUR_MS;
const ALL = { sort: 'newest', limit: 1000, nowMs: NOW_MS } as const;

/**
 * @param where gives an empty database
 * @param refused rows that only this database refuses
 */
export function storeCases(where: () => Pick<DatabaseOptions, 'url' | 'file'>, refused: readonly Batch[]): void {
  const open = async (place = where(), more: Partial<DatabaseOptions> = {}) => {
    const store = new HistoryStore();
    await store.open({ ...place, server: 'one', liveSessions: [], ...more });
    return Object.assign(store, { [Symbol.asyncDispose]: () => store.close() });
  };

  test('what is written is read as it was, also when it is written twice', async () => {
    await using store = await open();
    const track = trackRow('s-a', 7, {
      zones: ['sky', 'yard "1"'],
      best: { x: 0.1, y: 0.2, w: 0.3, h: 0.4 },
      topConf: 0.987654,
    });
    const samples = sampleRows(track);
    const rows = batch({ tracks: [{ ...track, endMs: null }], samples });
    await store.write(rows);
    await store.write({ ...rows, tracks: [track] });
    const stored = { ...track, isRetained: false, isInterrupted: false };
    expect(await store.tracks(ALL)).toEqual({ tracks: [stored], nextCursor: null });
    expect(await store.track({ session: 's-a', id: 7 })).toEqual(stored);
    expect(await store.track({ session: 's-b', id: 7 })).toBeNull();
    const all = { session: 's-a', fromMs: 0, toMs: NOW_MS, limit: 100 };
    expect(await store.samples(all)).toEqual(samples);
    expect(await store.samples({ ...all, id: 7, limit: 2 })).toEqual(samples.slice(0, 2));
    expect(await store.samples({ ...all, after: { atMs: START_MS, id: 7 } })).toEqual(samples.slice(1));
    const sessions = { camera: 'a', afterMs: START_MS, beforeMs: START_MS + 1 };
    expect(await store.sessions(sessions)).toEqual([...rows.sessions]);
    expect(await store.sessions({ ...sessions, afterMs: START_MS + 1001, beforeMs: NOW_MS })).toEqual([]);
  });

  test('any filters, in any order and pages of any size, give what a plain list gives', async () => {
    await using store = await open();
    const tracks = Array.from({ length: 60 }, (_, i) =>
      trackRow(`s-${'abc'[i % 3]}`, i, {
        ...{ label: ['drone', 'bird'][i % 2] ?? '', topConf: (i % 7) / 10, startMs: START_MS + (i % 13) * 1000 },
        ...{ endMs: i % 5 === 0 ? null : START_MS + (i % 13) * 1000 + (i % 11) * 700 },
        zones: [[], ['sky'], ['sky_2', 'yard'], ['100%']][i % 4] ?? [],
      }),
    );
    await store.write(batch({ tracks }));
    const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
    const time = fc.integer({ min: START_MS - 1000, max: START_MS + 20_000 });
    const filter = fc.record({
      cameras: maybe(fc.subarray(['a', 'b', 'c', 'd'])),
      label: maybe(fc.constantFrom('drone', 'bird', 'cat')),
      session: maybe(fc.constantFrom('s-a', 's-x')),
      zone: maybe(fc.constantFrom('sky', 'sky_2', 'sky%', '_', '100%', 'ard')),
      afterMs: maybe(time),
      beforeMs: maybe(time),
      minScore: maybe(fc.constantFrom(0, 0.3, 0.6, 1)),
      isInProgress: maybe(fc.boolean()),
      minLengthMs: maybe(fc.integer({ min: 0, max: 10_000 })),
      sort: fc.constantFrom(...SORTS),
      limit: fc.integer({ min: 1, max: 70 }),
    });
    const property = fc.asyncProperty(filter, async ({ limit, ...wanted }) => {
      const query = { ...wanted, nowMs: NOW_MS };
      const found: StoredTrack[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.tracks({ ...query, limit, cursor });
        expect(page.tracks.length).toBeLessThanOrEqual(limit);
        found.push(...page.tracks);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      const places = found.map((track) => placeOf(track, wanted.sort));
      expect(places).toEqual(places.toSorted((a, b) => (wanted.sort === 'oldest' ? a - b : b - a)));
      const ids = (list: readonly { id: number }[]) => list.map(({ id }) => id).toSorted((a, b) => a - b);
      expect(ids(found)).toEqual(ids(tracks.filter((track) => isMeant(track, query))));
    });
    await fc.assert(property, { numRuns: 60, interruptAfterTimeLimit: PROPERTY_LIMIT_MS });
    const listed = [];
    for await (const track of allTracks(store, { sort: 'newest', nowMs: NOW_MS })) listed.push(track);
    expect(listed).toHaveLength(60);
    await expect(store.tracks({ ...ALL, cursor: 'x' })).rejects.toMatchObject({ code: 'bad_query' });
  });

  test('rows that no try can write are found among the others, which are written', async () => {
    const thread = new StoreThread();
    await thread.call('open', { ...where(), server: 'one', liveSessions: [] });
    const tracks = Array.from({ length: 40 }, (_, id) => trackRow('s-a', id));
    const samples = tracks.flatMap((track) => sampleRows(track));
    const good = batch({ tracks, samples, audit: [auditRow('r1')] });
    const bad = [
      batch({ tracks: [trackRow('s-a', 100, { startMs: Number.NaN })] }),
      batch({ tracks: [trackRow('s-b', 101, { label: null as never })] }),
      batch({
        samples: sampleRows(trackRow('s-a', 102))
          .slice(1)
          .map((row) => ({ ...row, conf: 1 / 0 })),
      }),
      ...refused,
    ];
    const names: string[] = [];
    let written = 0;
    await writeAllBut(allOf([...bad.slice(0, 2), good, ...bad.slice(2)]), (part) => thread.call('write', part), {
      written: (part) => {
        written += sizeOf(part);
      },
      refused: (row, why) => {
        names.push(nameOf(row));
        expect(why).toMatchObject({ code: 'value_refused' });
      },
    });
    expect(names.toSorted()).toEqual(bad.flatMap(rowsOf).map(nameOf).toSorted());
    expect(written).toBe(sizeOf(good));
    const stored = await thread.call('tracks', { ...ALL, sort: 'oldest' });
    expect(stored.tracks.map(({ id }) => id)).toEqual(tracks.map(({ id }) => id));
    const all = { session: 's-a', fromMs: 0, toMs: NOW_MS, limit: 1000 };
    expect(await thread.call('samples', all)).toHaveLength(samples.length);
    await thread.call('close', undefined);
    thread.end();
  });

  test('tracks that a dead server left open end when they were seen last; those of others go on', async () => {
    const place = where();
    const [dead, live] = [trackRow('s-dead', 1, { endMs: null }), trackRow('s-live', 2, { endMs: null })];
    {
      await using store = await open(place);
      await store.write(batch({ tracks: [dead, live, trackRow('s-dead', 3)], samples: sampleRows(dead, 4000) }));
      await using other = await open(place, { server: 'two' });
      await other.write(batch({ tracks: [trackRow('s-other', 4, { endMs: null })] }));
    }
    await using store = await open(place, { liveSessions: ['s-live'] });
    const { tracks } = await store.tracks({ ...ALL, sort: 'oldest' });
    const ends = Object.fromEntries(tracks.map(({ id, endMs, isInterrupted }) => [id, [endMs, isInterrupted]]));
    expect(ends).toEqual({
      1: [START_MS + 4000, true],
      2: [null, false],
      3: [START_MS + 1000, false],
      4: [null, false],
    });
  });

  test('what is too old goes with its boxes; what is retained, or goes on, stays', async () => {
    await using store = await open();
    const tracks = Array.from({ length: 450 }, (_, i) =>
      trackRow('s-a', i, { startMs: START_MS + i * 1000, endMs: START_MS + i * 1000 + 600 }),
    );
    const open_ = trackRow('s-a', 1000, { endMs: null });
    await store.write(batch({ tracks: [...tracks, open_], samples: tracks.flatMap((track) => sampleRows(track)) }));
    expect(await store.retain({ session: 's-a', id: 3, isRetained: true })).toBe(true);
    expect(await store.retain({ session: 's-a', id: 4000, isRetained: true })).toBe(false);
    const rounds = await pruned(store, { untilMs: START_MS + 440_000, maxBytes: null });
    expect(rounds).toBeGreaterThan(1);
    const left = (await store.tracks({ ...ALL, sort: 'oldest' })).tracks.map(({ id }) => id).toSorted((a, b) => a - b);
    expect(left).toEqual([3, ...Array.from({ length: 10 }, (_, i) => 440 + i), 1000]);
    const samples = await store.samples({ session: 's-a', fromMs: 0, toMs: NOW_MS, limit: 10_000 });
    expect(new Set(samples.map(({ id }) => id))).toEqual(new Set(left.filter((id) => id !== 1000)));
    await store.retain({ session: 's-a', id: 3, isRetained: false });
    await pruned(store, { untilMs: NOW_MS, maxBytes: null });
    expect((await store.tracks(ALL)).tracks.map(({ id }) => id)).toEqual([1000]);
    // The number of the session is still that of the session.
    await store.write(batch({ tracks: [{ ...open_, endMs: NOW_MS }] }));
    expect((await store.track({ session: 's-a', id: 1000 }))?.endMs).toBe(NOW_MS);
  });
}

function allOf(batches: readonly Batch[]): Batch {
  const kinds = ['tracks', 'samples', 'commands', 'audit'] as const;
  return batch(Object.fromEntries(kinds.map((kind) => [kind, batches.flatMap((one) => [...one[kind]])])));
}

function rowsOf({ tracks, samples, commands, audit }: Batch): Batch[] {
  const none = batch({});
  return [
    ...tracks.map((row) => ({ ...none, tracks: [row] })),
    ...samples.map((row) => ({ ...none, samples: [row] })),
    ...commands.map((row) => ({ ...none, commands: [row] })),
    ...audit.map((row) => ({ ...none, audit: [row] })),
  ];
}

/** @returns after how many rounds it was done */
export async function pruned(store: HistoryStore, options: Parameters<HistoryStore['prune']>[0]): Promise<number> {
  for (let round = 1; ; round++) if ((await store.prune(options)).isDone) return round;
}

function placeOf({ startMs, endMs, topConf }: StoredTrack, sort: (typeof SORTS)[number]): number {
  if (sort === 'score') return topConf;
  return sort === 'length' ? (endMs ?? NOW_MS) - startMs : startMs;
}

function isMeant(track: ReturnType<typeof trackRow>, query: Omit<TrackQuery, 'limit'>): boolean {
  const { cameras, label, session, zone, afterMs, beforeMs, minScore, isInProgress, minLengthMs } = query;
  const { startMs, endMs } = track;
  return (
    (cameras === undefined || cameras.includes(track.camera)) &&
    (label === undefined || track.label === label) &&
    (session === undefined || track.session === session) &&
    (zone === undefined || track.zones.includes(zone)) &&
    (afterMs === undefined || endMs === null || endMs >= afterMs) &&
    (beforeMs === undefined || startMs <= beforeMs) &&
    (minScore === undefined || track.topConf >= minScore) &&
    (isInProgress === undefined || (endMs === null) === isInProgress) &&
    (minLengthMs === undefined || (endMs ?? NOW_MS) - startMs >= minLengthMs)
  );
}
