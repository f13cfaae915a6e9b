/** The sink `history`: remembers tracks, their boxes from time to time, and commands to cameras, in SQLite or PostgreSQL. */
import { join } from 'node:path';
import { pathOption, Type } from '../../node.ts';
import { defineSink } from '../sink.ts';

const DAY_MS = 86_400_000;
const MB = 1_000_000;

export const historySink = defineSink({
  name: 'history',
  doc: 'Remembers tracks, their boxes from time to time, and commands to cameras: GET /tracks and /history/replay.',
  options: Type.Object(
    {
      database: Type.String({
        default: '',
        description: 'PostgreSQL: postgres://user:password@host/name. Empty: SQLite',
      }),
      file: Type.String({
        ...pathOption(),
        default: '',
        description: 'File of SQLite. Empty: history.db in the state folder',
      }),
      sample_ms: Type.Integer({
        default: 500,
        minimum: 50,
        maximum: 2000,
        description:
          'Distance of the boxes that are kept of a track, in milliseconds; the first and the last are kept too',
      }),
      keep_days: Type.Number({
        default: 30,
        minimum: 0,
        maximum: 36_500,
        description: 'How long tracks are kept, in days; 0: without limit. Those that are retained stay',
      }),
      max_mb: Type.Number({
        default: 10_000,
        minimum: 0,
        description: 'Above that size the oldest tracks go, in megabytes; 0: without limit',
      }),
      server: Type.String({
        default: 'windhover',
        minLength: 1,
        maxLength: 100,
        description: 'Name of this server; servers that write into one database need distinct ones',
      }),
    },
    { additionalProperties: false },
  ),
  open: async ({ database, file, sample_ms, keep_days, max_mb, server }, host) => {
    const { History } = await import('./history.ts');
    const path = file === '' ? join(host.stateFolder, 'history.db') : file;
    return new History(
      {
        database: { url: database === '' ? null : database, file: path, server },
        sampleMs: sample_ms,
        keepMs: keep_days === 0 ? null : keep_days * DAY_MS,
        maxBytes: max_mb === 0 ? null : max_mb * MB,
      },
      host,
    );
  },
});
