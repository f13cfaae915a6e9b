/** `autotrack_state` (server → client): what the autotracker does, or why it does nothing. Latest wins. */
import { type Static, Type } from '@sinclair/typebox';
import { closed, literals, name, nullable, schemaName, trackId, unit, unixMs } from './common.ts';

/** Name of this message's schema and its version. */
export const AUTOTRACK_SCHEMA = 'drone-ptz-autotrack/1';

const RUNGS = ['velocity', 'absolute', 'relative', 'relative-fov'] as const;
const STATES = [
  'off',
  'idle',
  'calibrating',
  'following',
  'settling',
  'resting',
  'holding',
  'searching',
  'returning',
  'fault',
] as const;

const positive = (description: string) => nullable(Type.Number({ minimum: 0 }), description);

const CalibrationSchema = closed(
  {
    state: literals(['none', 'running', 'done', 'failed'], 'How far it is'),
    repeatability: nullable(unit('Share'), 'How well repeated moves agree, 1 is perfectly; null: not known'),
    at_unix_ms: nullable(unixMs('When it was done'), 'When it was done, Unix time in milliseconds; null: never'),
    delay_ms: positive('From a command to its effect in the picture, in milliseconds; null: not known'),
    pan_deg_per_s: positive('Full speed of pan, in degrees per second; null: not known'),
    tilt_deg_per_s: positive('Full speed of tilt, in degrees per second; null: not known'),
  },
  { description: 'What was measured of the camera by moving it' },
);

export const AutotrackStateSchema = closed(
  {
    schema: schemaName(AUTOTRACK_SCHEMA),
    type: Type.Literal('autotrack_state'),
    session_id: name('Session that this is about'),
    camera_id: name('Camera that this is about'),
    ts_unix_ms: unixMs('When it was so'),
    enabled: Type.Boolean({ description: 'It may move the camera' }),
    active: Type.Boolean({ description: 'It moves the camera, or would as soon as its target moves' }),
    reason: nullable(
      closed({ code: name('Stable name of the reason'), message: name('The same in plain words') }),
      'Why it is not active, or (out_of_reach) does not follow all the way; null: nothing is amiss',
    ),
    state: literals(STATES, 'What it is doing'),
    target_id: nullable(trackId(), 'Track that it follows, if any'),
    selected_by: nullable(literals(['operator', 'graph'], 'Who'), 'Who chose the target; null: there is none'),
    rung: nullable(
      literals(RUNGS, 'Kind'),
      'Kind of commands that it steers by; null: none is usable, or not known yet',
    ),
    verified: Type.Boolean({ description: 'The effect of such commands was seen' }),
    stops_by_itself: literals(
      ['yes', 'no', 'unverified', 'guardian'],
      'Does the camera stop when the commands do? guardian: no, but another process stops it',
    ),
    rejected: Type.Array(closed({ rung: literals(RUNGS, 'Kind of commands'), reason: name('Why not') }), {
      description: 'Kinds of commands that are not used',
    }),
    notes: Type.Array(Type.String({ minLength: 1 }), { description: 'What else was found out about the camera' }),
    calibration: CalibrationSchema,
    commands_per_s: positive('Commands to the camera a second; null: none are sent'),
    error_share: positive(
      'Distance of the target from its desired position, as a share of the frame width; null: no visible target',
    ),
  },
  { description: 'State of the autotracker of a session; a newer one replaces an older one' },
);

export type AutotrackState = Static<typeof AutotrackStateSchema>;
