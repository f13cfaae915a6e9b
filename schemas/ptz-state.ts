/** `ptz_state` (server → client): state of the camera, independent of who steers it. Latest wins; sent on request. */
import { type Static, Type } from '@sinclair/typebox';
import { closed, literals, name, nullable, schemaName, unit, unixMs } from './common.ts';
import { PtzSchema } from './metadata-tick.ts';

/** Name of this message's schema and its version. */
export const PTZ_SCHEMA = 'drone-ptz-ptz/1';

const degrees = (description: string) => nullable(Type.Number(), `${description}, in degrees; null: not known`);

export const PtzStateSchema = closed(
  {
    schema: schemaName(PTZ_SCHEMA),
    type: Type.Literal('ptz_state'),
    session_id: name('Session that this is about'),
    camera_id: name('Camera that this is about'),
    ts_unix_ms: unixMs('When it was so'),
    control_mode: PtzSchema.properties.control_mode,
    link: closed(
      {
        state: literals(
          ['connecting', 'ready', 'lost', 'refused', 'closed'],
          'ready: it answers. lost: no answer; it is tried again. refused: it refuses the login. closed: disconnected',
        ),
        reason: nullable(Type.String({ minLength: 1 }), 'Why it is not ready'),
      },
      { description: 'How things stand between us and the camera' },
    ),
    moving: nullable(Type.Boolean(), 'Commanded to move or under way; null: not known'),
    pan_deg: degrees('Where it looks, + is right'),
    tilt_deg: degrees('Where it looks, + is up'),
    zoom: nullable(unit('Share of the zoom range'), '0 wide to 1 tele; null: not known'),
    hfov_deg: nullable(
      Type.Number({ minimum: 0, maximum: 180 }),
      'Horizontal field of view of the picture, in degrees; null: not known',
    ),
    preset: nullable(name('Token'), 'Token of the preset at which it rests; null: at none, or not known'),
    cmd: PtzSchema.properties.cmd,
    round_trip_ms: nullable(
      Type.Number({ minimum: 0 }),
      'How long it took to answer the last status request, in milliseconds; null: none yet',
    ),
  },
  { description: 'How the camera of a session stands; a newer one replaces an older one' },
);

export type PtzState = Static<typeof PtzStateSchema>;
