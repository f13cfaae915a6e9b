/** `clock_state` (server → client): where the capture times of a session's frames come from, and how good they are. */
import { Type, topic } from '../../runtime/node.ts';

export const clockTopic = topic({
  doc: 'Where capture times come from, and how good they are',
  schema: Type.Object(
    {
      schema: Type.Literal('drone-ptz-clock/1'),
      type: Type.Literal('clock_state'),
      session_id: Type.String({ minLength: 1 }),
      camera_id: Type.String({ minLength: 1 }),
      ts_unix_ms: Type.Integer({ minimum: 0, description: 'When it was so; Unix time in milliseconds' }),
      basis: Type.Union([Type.Literal('absolute'), Type.Literal('timestamps'), Type.Literal('arrival')], {
        description:
          'absolute: times that the camera sends along. timestamps: those of the stream, set against its arrival. arrival: when pictures come',
      }),
      error_ms: Type.Integer({
        minimum: 0,
        description: 'Estimated error, without the steady delay of camera and network where only the arrival shows',
      }),
      skew_ppm: Type.Integer({ description: "How much slower than ours the stream's clock runs, in millionths" }),
    },
    { additionalProperties: false },
  ),
  keep: 'latest',
  quiet: ['ts_unix_ms', 'error_ms', 'skew_ppm'],
});
