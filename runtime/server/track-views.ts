/** What the routes of the history take and answer. */
import { type Static, Type } from '@sinclair/typebox';
import { bbox, literals, nullable } from '../../schemas/common.ts';
import { type SampleRow, SORTS, type StoredTrack } from '../sinks/history/rows.ts';

const time = (description: string) =>
  Type.Optional(
    Type.String({ description: `${description}: Unix milliseconds, or a time such as 2026-11-29T12:03:00Z` }),
  );

export const FilterSchema = Type.Object({
  camera_id: Type.Optional(Type.String()),
  label: Type.Optional(Type.String()),
  after: time('Tracks that went on then or began later'),
  before: time('Tracks that began by then'),
  min_score: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'Least best confidence' })),
  in_progress: Type.Optional(
    Type.Boolean({ description: 'true: only those that go on. false: only those that ended' }),
  ),
  zone: Type.Optional(Type.String({ description: 'Those that were in this zone' })),
  session: Type.Optional(Type.String({ description: 'Of this session' })),
  min_length: Type.Optional(Type.Number({ minimum: 0, description: 'Those that lasted so long, in seconds' })),
  sort: Type.Optional(literals(SORTS, 'Order. Default: newest')),
});
export const ListSchema = Type.Composite([
  FilterSchema,
  Type.Object({
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'Tracks of one page. Default: 100' })),
    cursor: Type.Optional(Type.String({ description: '`next_cursor` of the page before' })),
  }),
]);
export const ExportSchema = Type.Composite([
  FilterSchema,
  Type.Object({ format: Type.Optional(literals(['jsonl', 'csv'], 'Default: jsonl')) }),
]);
export const SamplesSchema = Type.Object({
  after: time('Boxes from then on'),
  before: time('Boxes up to then'),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 20_000, description: 'Most boxes. Default: 5000' })),
});
export const ReplaySchema = Type.Object({
  camera_id: Type.String({ minLength: 1 }),
  after: Type.String({ description: 'Begin: Unix milliseconds, or a time such as 2026-11-29T12:03:00Z' }),
  before: Type.String({ description: 'End, at most a day later' }),
});
export const RetainSchema = Type.Object(
  { retain_indefinitely: Type.Optional(Type.Boolean({ description: 'false: no longer. Default: true' })) },
  { additionalProperties: false },
);

const unixMs = (description: string) => Type.Integer({ description: `${description}, Unix milliseconds` });

export const StoredTrackSchema = Type.Object({
  track_id: Type.String({ description: 'Unique over time: <session_id>~<id>' }),
  session_id: Type.String(),
  camera_id: Type.String(),
  id: Type.Integer({ description: 'Id of the track within its session' }),
  label: Type.String(),
  top_conf: Type.Number({ description: 'Best confidence' }),
  confirmed: Type.Literal(true),
  start_ts_unix_ms: unixMs('First seen'),
  end_ts_unix_ms: nullable(Type.Integer(), 'Last seen, Unix milliseconds; null: it goes on'),
  zones: Type.Array(Type.String()),
  best_bbox: nullable(bbox('Where it was when its confidence was best'), 'null: not known'),
  retain_indefinitely: Type.Boolean({ description: 'It is kept however old it gets' }),
  interrupted: Type.Boolean({ description: 'The server died before it ended' }),
});
export const SampleSchema = Type.Object({
  ts_unix_ms: unixMs('When'),
  label: Type.String(),
  conf: Type.Number(),
  bbox: bbox('Where'),
  selected: Type.Boolean({ description: 'It was the target' }),
});
export const PageSchema = Type.Object({
  tracks: Type.Array(StoredTrackSchema),
  next_cursor: nullable(Type.String(), 'For the next page; null: this is the last'),
});
export const TrackWithSamplesSchema = Type.Composite([
  StoredTrackSchema,
  Type.Object({
    samples: Type.Array(SampleSchema),
    samples_next_after: nullable(Type.Integer(), 'There are more: `after` of the next page. null: these are all'),
  }),
]);

export function trackView(track: StoredTrack): Static<typeof StoredTrackSchema> {
  const { session, id, camera, label, topConf, startMs, endMs, zones, best, isRetained, isInterrupted } = track;
  return {
    ...{ track_id: `${session}~${id}`, session_id: session, camera_id: camera, id, label, top_conf: topConf },
    ...{ confirmed: true, start_ts_unix_ms: startMs, end_ts_unix_ms: endMs, zones: [...zones], best_bbox: best },
    ...{ retain_indefinitely: isRetained, interrupted: isInterrupted },
  };
}

export function sampleView({ atMs, label, conf, bbox, isTarget }: SampleRow): Static<typeof SampleSchema> {
  return { ts_unix_ms: atMs, label, conf, bbox, selected: isTarget };
}
