/** `track_event` (server → client): the life of a confirmed track: one `new`, any `update`s, exactly one `end`. */
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { bbox, closed, name, schemaName, trackId, unit, unixMs, zones } from './common.ts';

function summary<E extends TSchema>(end: E, description: string) {
  return closed(
    {
      track_id: Type.Optional(
        Type.String({ pattern: '^.+/[0-9]+$', description: 'Global name of the track: `<camera_id>/<id>`' }),
      ),
      id: trackId(),
      label: name('Class of the object, such as `drone`'),
      top_conf: unit('Best confidence so far'),
      confirmed: Type.Boolean({ description: 'True once the track was seen often enough' }),
      start_ts_unix_ms: unixMs('When the track was first seen'),
      end_ts_unix_ms: end,
      zones: Type.Optional(zones()),
      best_bbox: Type.Optional(bbox('Where the object was when its confidence was best')),
    },
    { description },
  );
}

const notEnded = () => Type.Null({ description: 'The track has not ended' });

/** A track that goes on. */
export const LiveSummarySchema = summary(notEnded(), 'The track as it is now');
/** A track that has ended. */
export const EndedSummarySchema = summary(unixMs('When the track was last seen'), 'The track as it ended');

const before = () => Type.Union([summary(notEnded(), 'The track as the event before this one told it'), Type.Null()]);

function event<N extends string, B extends TSchema, A extends TSchema>(
  kind: N,
  before: B,
  after: A,
  description: string,
) {
  return closed(
    {
      schema: schemaName(),
      type: Type.Literal('track_event'),
      event: Type.Literal(kind),
      session_id: name('Session that this is about'),
      camera_id: name('Camera that this is about'),
      ts_unix_ms: unixMs('When it happened'),
      before,
      after,
    },
    { description },
  );
}

export const TrackNewSchema = event(
  'new',
  Type.Null({ description: 'Nothing was known before' }),
  LiveSummarySchema,
  'A track was confirmed',
);
export const TrackUpdateSchema = event(
  'update',
  before(),
  LiveSummarySchema,
  'The best confidence rose, or the label or the zones changed',
);
export const TrackEndSchema = event('end', before(), EndedSummarySchema, 'The track is over; nothing follows for it');

export const TrackEventSchema = Type.Union([TrackNewSchema, TrackUpdateSchema, TrackEndSchema], {
  description: 'A change in the life of a confirmed track; none is skipped',
});

export type TrackEvent = Static<typeof TrackEventSchema>;
export type TrackSummary = Static<typeof LiveSummarySchema> | Static<typeof EndedSummarySchema>;
