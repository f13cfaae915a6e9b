/** What a client sends on its WebSocket, turned into a command of the wire contract or the code of the refusal. */
import { Value } from '@sinclair/typebox/value';
import {
  type Ack,
  type Command,
  CommandSchema,
  type ErrorCode,
  type ErrorReply,
  SetTargetIdSchema,
} from '../../schemas/index.ts';

/**
 * Checks one message. Pure.
 *
 * In this order: binary, too long or not JSON → `invalid_json`; not an object of a known type → `unknown_command`; no
 * integer ≥ 0 (and exact in JSON, ≤ 2^53 − 1) as target id → `target_id_must_be_int`; a field that the command does not
 * have → `unknown_command`, since v1's objects are closed and guessing what the client meant would move a camera.
 */
export function readCommand(message: string | Uint8Array, maxChars: number): Command | ErrorCode {
  if (typeof message !== 'string' || message.length > maxChars) return 'invalid_json';
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    return 'invalid_json';
  }
  if (Value.Check(CommandSchema, value)) return value;
  if (typeof value !== 'object' || value === null || !('type' in value)) return 'unknown_command';
  const targetId = 'target_id' in value ? value.target_id : undefined;
  const isTarget = Value.Check(SetTargetIdSchema.properties.target_id, targetId);
  return value.type === 'set_target_id' && !isTarget ? 'target_id_must_be_int' : 'unknown_command';
}

/** The reply to a command that a node has taken. */
export function ack({ type, ...params }: Command): Ack {
  return { type: 'ack', command: type, ...params } as Ack;
}

export function refusal(error: ErrorCode): ErrorReply {
  return { type: 'error', error };
}
