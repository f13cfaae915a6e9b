/**
 * What the history knows: GET /tracks and /tracks/{track_id} with the boxes of a track, POST …/retain, GET /tracks/export, and
 * GET /history/replay, a past stretch in the form of a recording.
 */
import type { Static } from '@sinclair/typebox';
import type { Elysia } from 'elysia';
import { seesCamera } from '../access/caller.ts';
import type { Clock } from '../clock.ts';
import { WindhoverError } from '../errors.ts';
import { allTracks, pastLines } from '../sinks/history/read.ts';
import type { HistoryReader, StoredTrack, TrackKey, TrackQuery } from '../sinks/history/rows.ts';
import { readJson } from './body.ts';
import { callerOf } from './context.ts';
import { unknownCamera } from './errors.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { csv, download, jsonl } from './lines.ts';
import { parametersOf, readQuery, unixMsOf } from './query.ts';
import {
  ExportSchema,
  type FilterSchema,
  ListSchema,
  PageSchema,
  ReplaySchema,
  RetainSchema,
  SamplesSchema,
  StoredTrackSchema,
  sampleView,
  TrackWithSamplesSchema,
  trackView,
} from './track-views.ts';
import { describe, ErrorSchema } from './views.ts';

const DEFAULT_PAGE = 100;
const DEFAULT_SAMPLES = 5000;
const LONGEST_REPLAY_MS = 86_400_000;
const BAD_QUERY = { says: 'Bad query', schema: ErrorSchema };
const UNAVAILABLE = { says: "The history can't be read now", schema: ErrorSchema };
const UNKNOWN = { says: 'Unknown track', schema: ErrorSchema };

export interface TrackRoutes {
  /** @throws WindhoverError `history_unavailable` while it is not open */
  readonly history: () => HistoryReader;
  readonly clock: Clock;
}

export function addTracks(app: Elysia, routes: TrackRoutes): void {
  addLists(app, routes);
  addOne(app, routes);
  addPast(app, routes);
}

function addLists(app: Elysia, { history, clock }: TrackRoutes): void {
  app.get(
    '/tracks',
    async ({ request, query }): Promise<Static<typeof PageSchema>> => {
      const { limit = DEFAULT_PAGE, cursor, ...filter } = readQuery(ListSchema, query);
      const page = await history().tracks({ ...queryOf(filter, request, clock), limit, cursor });
      return { tracks: page.tracks.map(trackView), next_cursor: page.nextCursor };
    },
    {
      detail: {
        ...describe(
          'Tracks that were, and those that go on',
          { 200: { says: 'One page', schema: PageSchema }, 400: BAD_QUERY, 503: UNAVAILABLE },
          { role: 'viewer' },
        ),
        parameters: parametersOf(ListSchema),
      },
    },
  );
  app.get(
    '/tracks/export',
    async ({ request, query }) => {
      const { format = 'jsonl', ...filter } = readQuery(ExportSchema, query);
      const found = allTracks(history(), queryOf(filter, request, clock));
      return download(
        format === 'csv' ? csv(views(found)) : jsonl(views(found)),
        `tracks.${format}`,
        callerOf(request).ended,
      );
    },
    {
      detail: {
        ...describe(
          'All tracks that the filters mean, as JSON Lines or CSV',
          { 200: { says: 'One track a line' }, 400: BAD_QUERY, 503: UNAVAILABLE },
          { role: 'viewer' },
        ),
        parameters: parametersOf(ExportSchema),
      },
    },
  );
}

function addOne(app: Elysia, { history }: TrackRoutes): void {
  const find = async (request: Request, key: TrackKey): Promise<StoredTrack> => {
    const track = await history().track(key);
    if (!track || !seesCamera(callerOf(request), track.camera)) throw unknownTrack();
    return track;
  };
  app.get(
    '/tracks/:id',
    async ({ request, params, query }): Promise<Static<typeof TrackWithSamplesSchema>> => {
      const { after, before, limit = DEFAULT_SAMPLES } = readQuery(SamplesSchema, query);
      const key = keyOf(params.id);
      const track = await find(request, key);
      const fromMs = Math.max(track.startMs, unixMsOf('after', after) ?? track.startMs);
      const toMs = unixMsOf('before', before) ?? track.endMs ?? Number.MAX_SAFE_INTEGER;
      const samples = await history().samples({ ...key, fromMs, toMs, limit: limit + 1 });
      return {
        ...trackView(track),
        samples: samples.slice(0, limit).map(sampleView),
        samples_next_after: samples[limit]?.atMs ?? null,
      };
    },
    {
      detail: {
        ...describe(
          'One track with its boxes',
          {
            200: { says: 'Boxes in order', schema: TrackWithSamplesSchema },
            400: BAD_QUERY,
            404: UNKNOWN,
            503: UNAVAILABLE,
          },
          { role: 'viewer' },
        ),
        parameters: parametersOf(SamplesSchema),
      },
    },
  );
  app.post(
    '/tracks/:id/retain',
    async ({ request, params }): Promise<Static<typeof StoredTrackSchema>> => {
      const { retain_indefinitely = true } = await readJson(request, RetainSchema, DEFAULT_LIMITS.maxBodyBytes);
      const key = keyOf(params.id);
      const track = await find(request, key);
      if (!(await history().retain({ ...key, isRetained: retain_indefinitely }))) throw unknownTrack();
      return trackView({ ...track, isRetained: retain_indefinitely });
    },
    {
      parse: 'none',
      detail: describe(
        'Keep a track however old it gets',
        {
          200: { says: 'As it is now', schema: StoredTrackSchema },
          400: { says: 'Bad body', schema: ErrorSchema },
          404: UNKNOWN,
          503: UNAVAILABLE,
        },
        { role: 'controller', body: RetainSchema },
      ),
    },
  );
}

function addPast(app: Elysia, { history, clock }: TrackRoutes): void {
  app.get(
    '/history/replay',
    async ({ request, query }) => {
      const { camera_id: camera, after, before } = readQuery(ReplaySchema, query);
      const [afterMs = 0, beforeMs = 0] = [unixMsOf('after', after), unixMsOf('before', before)];
      if (beforeMs < afterMs || beforeMs - afterMs > LONGEST_REPLAY_MS) {
        throw new WindhoverError('bad_query', 'before must be later than after, by at most a day');
      }
      const caller = callerOf(request);
      if (!seesCamera(caller, camera)) throw unknownCamera(camera);
      const lines = pastLines(history(), { camera, afterMs, beforeMs, nowMs: clock.unixMs() });
      return download(lines, `${camera}.jsonl`, caller.ended);
    },
    {
      detail: {
        ...describe(
          'What the tracker thought in a past stretch, in the form of a recording: play it with `bun run replay`',
          {
            200: { says: 'One message a line: history_state, metadata_tick, track_event' },
            400: BAD_QUERY,
            404: { says: 'Unknown camera', schema: ErrorSchema },
            503: UNAVAILABLE,
          },
          { role: 'viewer' },
        ),
        parameters: parametersOf(ReplaySchema),
      },
    },
  );
}

function queryOf(filter: Static<typeof FilterSchema>, request: Request, clock: Clock): Omit<TrackQuery, 'limit'> {
  const { camera_id, label, session, zone, min_length, sort = 'newest' } = filter;
  const { min_score: minScore, in_progress: isInProgress } = filter;
  const [afterMs, beforeMs] = [unixMsOf('after', filter.after), unixMsOf('before', filter.before)];
  const caller = callerOf(request);
  const seen = camera_id === undefined ? caller.cameras : [camera_id].filter((camera) => seesCamera(caller, camera));
  return {
    ...{ cameras: seen ?? undefined, label, session, zone, afterMs, beforeMs, minScore, isInProgress, sort },
    minLengthMs: min_length === undefined ? undefined : Math.round(min_length * 1000),
    nowMs: Math.round(clock.unixMs()),
  };
}

/** `<session_id>~<id>`. @throws WindhoverError `unknown_track` */
function keyOf(trackId: string): TrackKey {
  const [, session = '', id = ''] = /^(.+)~(\d{1,15})$/s.exec(trackId) ?? [];
  if (session === '') throw unknownTrack();
  return { session, id: Number(id) };
}

function unknownTrack(): WindhoverError {
  return new WindhoverError('unknown_track', 'Unknown track');
}

async function* views(tracks: AsyncIterable<StoredTrack>): AsyncGenerator<Static<typeof StoredTrackSchema>> {
  for await (const track of tracks) yield trackView(track);
}
