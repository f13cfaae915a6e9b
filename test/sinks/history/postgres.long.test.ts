/** The history in PostgreSQL. */

import { afterAll, describe, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { HistoryStore } from '../../../runtime/sinks/history/store.ts';
import { Postgres } from '../../support/postgres.ts';
import { HistoryRig } from './rig.ts';
import { auditRow, batch, sampleRows, trackRow } from './rows.ts';
import { storeCases } from './store-cases.ts';

const postgres = await Postgres.start();
if (typeof postgres === 'string') test.skip(`skipped: ${postgres}`, () => undefined);
else {
  afterAll(() => postgres[Symbol.dispose]());
  let databases = 0;
  const where = () => ({ url: postgres.database(`history_${++databases}`), file: '' });
  describe('PostgreSQL', () => {
    const refused = [
      batch({ tracks: [trackRow('s-a', 200, { label: 'dro\0ne' })] }),
      batch({ tracks: [trackRow('s-a', 201, { topConf: 1e6 }), trackRow('s-a', 2 ** 70), trackRow('s-\0', 203)] }),
      batch({ samples: sampleRows(trackRow('s-b', 204)).map((row) => ({ ...row, atMs: row.atMs + 0.5 })) }),
      // Longer than what an index takes.
      batch({ audit: [auditRow('r2', `GET /${randomBytes(9000).toString('hex')}`)] }),
    ];
    storeCases(where, refused);

    test('a question that no row can answer is a bad one, and no fault of the database', async () => {
      await using rig = new HistoryRig(where());
      const query = { sort: 'newest', limit: 1, nowMs: 0, label: 'dro\0ne' } as const;
      await expect(rig.history.reader.tracks(query)).rejects.toMatchObject({ code: 'bad_query' });
    });

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
