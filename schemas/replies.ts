/** Replies to commands (server → client); one reply for every message a client sends, in order. */
import { type Static, Type } from '@sinclair/typebox';
import { targetRequests } from './command.ts';
import { closed, literals } from './common.ts';

/**
 * `invalid_json`: not JSON text, binary, or longer than the limit. `unknown_command`: JSON, but none of the commands
 * (also: a known command with fields it does not have). `target_id_must_be_int`: no target id, or not an integer ≥ 0.
 * `forbidden`: this client may not command. `rate_limited`: too many messages; send it again later.
 */
export const ErrorCodeSchema = literals(
  ['invalid_json', 'unknown_command', 'target_id_must_be_int', 'forbidden', 'rate_limited'],
  'Why a message was refused',
);

const { set_target_id, clear_target } = targetRequests;

/** With what was asked for. */
export const AckSchema = Type.Union(
  [
    closed({ type: Type.Literal('ack'), command: Type.Literal('set_target_id'), ...set_target_id.params.properties }),
    closed({ type: Type.Literal('ack'), command: Type.Literal('clear_target'), ...clear_target.params.properties }),
  ],
  { description: 'The command was taken' },
);

export const ErrorReplySchema = closed(
  { type: Type.Literal('error'), error: ErrorCodeSchema },
  { description: 'The message was refused; the socket stays open' },
);

export const ReplySchema = Type.Union([AckSchema, ErrorReplySchema]);

export type ErrorCode = Static<typeof ErrorCodeSchema>;
export type Ack = Static<typeof AckSchema>;
export type ErrorReply = Static<typeof ErrorReplySchema>;
export type Reply = Static<typeof ReplySchema>;
