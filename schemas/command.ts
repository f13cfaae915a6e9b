/** Commands (client → server, on the session's WebSocket). v1 has no manual PTZ command. */
import { type Static, Type } from '@sinclair/typebox';
import { closed } from './common.ts';

/** Largest id that JSON numbers carry exactly in every language. */
export const MAX_TARGET_ID = Number.MAX_SAFE_INTEGER;

export const SetTargetIdSchema = closed(
  {
    type: Type.Literal('set_target_id'),
    target_id: Type.Integer({ minimum: 0, maximum: MAX_TARGET_ID, description: 'Id of the track to follow' }),
  },
  { description: 'Follow this track' },
);

export const ClearTargetSchema = closed(
  { type: Type.Literal('clear_target') },
  { description: 'Follow nothing; the camera stops' },
);

export const CommandSchema = Type.Union([SetTargetIdSchema, ClearTargetSchema], {
  description: 'What a client may ask of a session',
});

export type Command = Static<typeof CommandSchema>;
