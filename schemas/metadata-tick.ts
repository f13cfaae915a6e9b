/** `metadata_tick` (server → client): the latest state of one session, for overlays. A newer tick replaces an older. */
import { type Static, Type } from '@sinclair/typebox';
import { bbox, closed, literals, name, nullable, schemaName, trackId, unit, unixMs, zones } from './common.ts';

const command = (axis: string) =>
  Type.Number({ minimum: -1, maximum: 1, description: `${axis} velocity, as a share of the camera's top speed` });

export const PtzSchema = closed(
  {
    control_mode: literals(['onvif', 'octagon', 'sim'], 'Which kind of driver moves the camera'),
    active: Type.Boolean({ description: 'True while the camera follows a target' }),
    cmd: closed(
      { pan: command('Pan'), tilt: command('Tilt'), zoom: command('Zoom') },
      { description: 'Last commanded velocity' },
    ),
  },
  { description: 'State of the camera control; absent while no camera is driven' },
);

const TickTrackSchema = closed({
  id: trackId(),
  label: name('Class of the object, such as `drone`'),
  conf: unit('Confidence of the latest detection'),
  bbox: bbox('Where the object is'),
  velocity: Type.Optional(
    closed(
      { x: Type.Number({ description: 'To the right' }), y: Type.Number({ description: 'Downwards' }) },
      { description: 'Motion of the box centre, in normalized units per second' },
    ),
  ),
  zones: Type.Optional(zones()),
});

export const MetadataTickSchema = closed(
  {
    schema: schemaName(),
    type: Type.Literal('metadata_tick'),
    session_id: name('Session that this is about; a new one for every run'),
    camera_id: name('Camera that this is about'),
    ts_unix_ms: unixMs('When the frame was captured, as well as is known'),
    ts_mono_ms: Type.Optional(
      Type.Integer({ minimum: 0, description: 'The same moment in milliseconds on a clock that never jumps' }),
    ),
    frame_index: Type.Optional(Type.Integer({ minimum: 0, description: 'Index of the source frame, from 0' })),
    space: literals(
      ['source', 'processed'],
      'What boxes refer to: the decoded frame of the ingest, or the frame as the model saw it',
    ),
    frame_size: closed(
      {
        w: Type.Integer({ minimum: 1, description: 'Width in pixels' }),
        h: Type.Integer({ minimum: 1, description: 'Height in pixels' }),
      },
      { description: 'Size of the source frame' },
    ),
    selected_target_id: nullable(trackId(), 'Id of the track to follow, if any'),
    tracking_phase: literals(['idle', 'searching', 'tracking', 'lost'], 'How the selected target is doing'),
    ptz: Type.Optional(PtzSchema),
    tracks: Type.Array(TickTrackSchema, { description: 'All tracks of this frame' }),
  },
  { description: 'Latest state of a session; sent at a steady rate, a newer one replaces an older one' },
);

export type MetadataTick = Static<typeof MetadataTickSchema>;
