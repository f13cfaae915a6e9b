/** What a client sends on its WebSocket, turned into a command of the wire contract or the code of the refusal. */
import type { Ack, Command, ErrorCode, ErrorReply } from '../../schemas/index.ts';

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
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !('type' in value))
    return 'unknown_command';
  const fields = Object.keys(value).length;
  if (value.type === 'clear_target') return fields === 1 ? { type: 'clear_target' } : 'unknown_command';
  if (value.type !== 'set_target_id') return 'unknown_command';
  const id = Object.hasOwn(value, 'target_id') && 'target_id' in value ? value.target_id : undefined;
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0) return 'target_id_must_be_int';
  if (fields !== 2) return 'unknown_command';
  return { type: 'set_target_id', target_id: id + 0 };
}

/** The reply to a command that a node has taken. */
export function ack(command: Command): Ack {
  return command.type === 'set_target_id'
    ? { type: 'ack', command: 'set_target_id', target_id: command.target_id }
    : { type: 'ack', command: 'clear_target' };
}

export function refusal(error: ErrorCode): ErrorReply {
  return { type: 'error', error };
}
