/** `clock_state` (server → client): where the capture times of a session's frames come from, and how good they are. Latest wins. */
import { type Static, Type } from '@sinclair/typebox';
import { closed, literals, name, schemaName, unixMs } from './common.ts';

/** Name of this message's schema and its version. */
export const CLOCK_SCHEMA = 'drone-ptz-clock/1';

export const ClockStateSchema = closed(
  {
    schema: schemaName(CLOCK_SCHEMA),
    type: Type.Literal('clock_state'),
    session_id: name('Session that this is about'),
    camera_id: name('Camera that this is about'),
    ts_unix_ms: unixMs('When it was so'),
    basis: literals(
      ['absolute', 'timestamps', 'arrival'],
      'absolute: times that the camera sends along. timestamps: those of the stream, set against its arrival; of a file, against its start. arrival: when pictures come',
    ),
    error_ms: Type.Integer({
      minimum: 0,
      description:
        'How much capture times are off at most, nearly always; without the least delay of camera and network, which only absolute times show',
    }),
    skew_ppm: Type.Integer({ description: "How much slower than ours the stream's clock runs, in millionths" }),
    media_zero_unix_ms: Type.Optional(
      Type.Number({
        description:
          'Unix time, in milliseconds, at which media time is 0. A picture that the session itself hands on was taken at this, plus its media time, plus its RTP timestamp / 90 (modulo 2^32)',
      }),
    ),
  },
  { description: 'The clock of the frames of a session; a newer one replaces an older one' },
);

export type ClockState = Static<typeof ClockStateSchema>;
