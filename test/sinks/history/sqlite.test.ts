/** The history in SQLite. */
import { afterAll, expect, test } from 'bun:test';
import { lstatSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { HistoryStore } from '../../../runtime/sinks/history/store.ts';
import { Folder } from '../../support/graphs.ts';
import { batch, START_MS, sampleRows, trackRow } from './rows.ts';
import { pruned, storeCases } from './store-cases.ts';

const folder = new Folder();
afterAll(() => folder[Symbol.dispose]());
let files = 0;
const where = () => ({ url: null, file: join(folder.path, 'deep', `history-${++files}.db`) });

storeCases(where, []);

test('above its size the oldest tracks go, and the file gets no larger', async () => {
  const store = new HistoryStore();
  const place = where();
  await store.open({ ...place, server: 'one', liveSessions: [] });
  const maxBytes = 700_000;
  for (let round = 0; round < 4; round++) {
    const at = round * 1_000_000;
    const tracks = Array.from({ length: 300 }, (_, i) =>
      trackRow('s-a', round * 300 + i, { startMs: START_MS + at + i * 1000, endMs: START_MS + at + i * 1000 + 9000 }),
    );
    await store.write(batch({ tracks, samples: tracks.flatMap((track) => sampleRows(track)) }));
    await pruned(store, { untilMs: null, maxBytes });
    const { usedBytes } = await store.prune({ untilMs: null, maxBytes });
    expect(usedBytes).toBeLessThanOrEqual(maxBytes);
    expect(usedBytes).toBeGreaterThan(maxBytes / 4);
  }
  const { tracks } = await store.tracks({ sort: 'newest', limit: 1, nowMs: START_MS });
  expect(tracks[0]?.id).toBe(1199);
  await store.close();
  expect(Bun.file(place.file).size).toBeLessThan(3 * maxBytes);
});

test('its files are for their owner alone', async () => {
  const store = new HistoryStore();
  const { file, url } = where();
  await store.open({ file, url, server: 'one', liveSessions: [] });
  await store.write(batch({ tracks: [trackRow('s-a', 1, { startMs: START_MS, endMs: START_MS + 1000 })] }));
  const all = readdirSync(dirname(file)).filter((name) => name.startsWith(basename(file)));
  expect(all).toContain(`${basename(file)}-wal`);
  for (const name of all) {
    const stat = lstatSync(join(dirname(file), name));
    if (!stat.isSymbolicLink()) expect([name, stat.mode & 0o077]).toEqual([name, 0]);
  }
  expect(lstatSync(dirname(file)).mode & 0o077).toBe(0);
  await store.close();
});
