/**
 * `stats` and `camera_stats` (server → client): how the cameras and the server do, once a second; a newer one replaces an
 * older one. Fields have Frigate's names where they mean the same.
 */
import { type Static, Type } from '@sinclair/typebox';
import { closed, literals, name, nullable, schemaName, unixMs } from './common.ts';

/** Name of these messages' schema and its version. */
export const STATS_SCHEMA = 'drone-ptz-stats/1';

const perS = (description: string) => Type.Number({ minimum: 0, description: `${description} a second` });
const count = (description: string) => Type.Integer({ minimum: 0, description });
const amount = (description: string) => nullable(Type.Number({ minimum: 0 }), `${description}; null: not known`);

const process = {
  cpu: amount('CPU time of the process, in percent of one core'),
  mem: amount('Memory of the process, in percent of that of the machine'),
  mem_mb: amount('Memory of the process, in megabytes'),
};

const camera = {
  camera_fps: perS('Frames that come from the camera'),
  process_fps: perS('Frames that went through the graph'),
  skipped_fps: perS('Frames that were skipped because a newer one was there'),
  detection_fps: perS('Runs of the model'),
  inference_speed: nullable(Type.Number({ minimum: 0 }), 'Time in the model, in milliseconds; null: none yet'),
  connection_quality: literals(
    ['excellent', 'fair', 'poor', 'unusable'],
    'By the last hour: at most 1 reconnect or stall, at most 5, more. unusable: no frames come',
  ),
  reconnects_last_hour: count(
    'Failed attempts to connect to the camera, and restarts of its process, in the last hour',
  ),
  stalls_last_hour: count('Times that the stream went silent in the last hour'),
  dropped: count('Frames skipped since the session began'),
  ptz_commands_per_s: amount('Commands to the camera a second'),
  pid: nullable(Type.Integer({ minimum: 1 }), 'Process of the session'),
  ...process,
};

export const CameraStatsSchema = closed(
  {
    schema: schemaName(STATS_SCHEMA),
    type: Type.Literal('camera_stats'),
    session_id: name('Session that this is about'),
    camera_id: name('Camera that this is about'),
    ts_unix_ms: unixMs('When it was so'),
    ...camera,
  },
  { description: 'How one camera does; a newer one replaces an older one' },
);

export const StatsSchema = closed(
  {
    schema: schemaName(STATS_SCHEMA),
    type: Type.Literal('stats'),
    ts_unix_ms: unixMs('When it was so'),
    cameras: Type.Record(Type.String(), closed({ session_id: name('Its session'), ...camera }), {
      description: 'By camera, those whose session runs',
    }),
    service: closed(
      {
        uptime: Type.Integer({ minimum: 0, description: 'Seconds since the server was started' }),
        version: name('Version of the program'),
        clients: count('WebSocket clients and event streams'),
        ...process,
      },
      { description: 'The server' },
    ),
  },
  { description: 'How all cameras and the server do; a newer one replaces an older one' },
);

export type CameraStats = Static<typeof CameraStatsSchema>;
export type Stats = Static<typeof StatsSchema>;
