/** The history in PostgreSQL. */
import { afterAll, describe, expect, test } from 'bun:test';
import { HistoryStore } from '../../../runtime/sinks/history/store.ts';
import { Postgres } from '../../support/postgres.ts';
import { batch, trackRow } from './rows.ts';
import { storeCases } from './store-cases.ts';

const postgres = await Postgres.start();
if (typeof postgres === 'string') test.skip(`skipped: ${postgres}`, () => undefined);
else {
  afterAll(() => postgres[Symbol.dispose]());
  let databases = 0;
  const where = () => ({ url: postgres.database(`history_${++databases}`), file: '' });
  describe('PostgreSQL', () => {
    storeCases(where);

    test('two servers write into one database, also when both make its tables', async () => {
      const place = where();
      const stores = ['one', 'two', 'three'].map((server) => ({ server, store: new HistoryStore() }));
      await Promise.all(stores.map(({ server, store }) => store.open({ ...place, server, liveSessions: [] })));
      await Promise.all(
        stores.map(({ server, store }) => store.write(batch({ tracks: [trackRow(`s-${server}`, 1)] }))),
      );
      const { tracks } = (await stores[0]?.store.tracks({ sort: 'newest', limit: 9, nowMs: 0 })) ?? { tracks: [] };
      expect(tracks.map(({ camera }) => camera).toSorted()).toEqual(['one', 'three', 'two']);
      await Promise.all(stores.map(({ store }) => store.close()));
    });
  });
}
