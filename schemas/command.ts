/** Commands (client → server, on the session's WebSocket). v1 has no manual PTZ command. */
import { type Static, Type } from '@sinclair/typebox';
import { closed } from './common.ts';

/** Largest id that JSON numbers carry exactly in every language. */
export const MAX_TARGET_ID = Number.MAX_SAFE_INTEGER;

const target_id = Type.Integer({ minimum: 0, maximum: MAX_TARGET_ID, description: 'Id of the track to follow' });

/** The same commands as requests to the node that owns the selected target: its contract declares them. */
export const targetRequests = {
  set_target_id: { doc: 'Follow this track', params: closed({ target_id }), role: 'controller' },
  clear_target: { doc: 'Follow nothing; the camera stops', params: closed({}), role: 'controller' },
} as const;

/** A request to the node that steers the camera. No command of the WebSocket: those of v1 are closed. */
export const autotrackRequests = {
  set_autotrack: {
    doc: 'Let the autotracker move the camera, or not; the camera stops',
    params: closed({ enabled: Type.Boolean({ description: 'It may move the camera' }) }),
    role: 'controller',
  },
} as const;

export const SetTargetIdSchema = closed(
  { type: Type.Literal('set_target_id'), target_id },
  { description: targetRequests.set_target_id.doc },
);

export const ClearTargetSchema = closed(
  { type: Type.Literal('clear_target') },
  { description: targetRequests.clear_target.doc },
);

export const CommandSchema = Type.Union([SetTargetIdSchema, ClearTargetSchema], {
  description: 'What a client may ask of a session',
});

export type Command = Static<typeof CommandSchema>;
