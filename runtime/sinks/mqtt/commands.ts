/** Commands that come by MQTT: a topic and a payload, turned into a request to a node of the session. Pure. */
import { autotrackRequests, type ErrorCode, targetRequests } from '../../../schemas/index.ts';
import { type Caller, hasRole, type Role, seesCamera } from '../../access/caller.ts';
import { COMMANDS } from './topic-names.ts';

export interface MqttCommand {
  readonly camera: string;
  readonly request: { readonly name: string; readonly params: Readonly<Record<string, unknown>> };
}

const ROLE_OF: Readonly<Record<string, Role>> = Object.fromEntries(
  Object.entries({ ...targetRequests, ...autotrackRequests }).map(([name, { role }]) => [name, role]),
);

/** The topics of a camera's commands. */
export function commandTopics(prefix: string, camera: string): string[] {
  return COMMANDS.map((path) => `${prefix}/${camera}/${path}`);
}

/**
 * Checks one message of a command topic. In this order: payload → as for a WebSocket; then the role.
 * `autotrack/set`: ON or OFF. `target/set`: the id of a track, as a decimal number. `target/clear`: anything.
 */
export function readMqttCommand(
  prefix: string,
  topic: string,
  payload: string,
  caller: Caller,
): MqttCommand | ErrorCode {
  const [camera = '', ...path] = topic.slice(prefix.length + 1).split('/');
  const request = requestOf(path.join('/'), payload);
  if (typeof request === 'string') return request;
  const role = ROLE_OF[request.name];
  return role && seesCamera(caller, camera) && hasRole(caller, role) ? { camera, request } : 'forbidden';
}

function requestOf(path: string, payload: string): MqttCommand['request'] | ErrorCode {
  switch (path) {
    case 'autotrack/set':
      if (payload !== 'ON' && payload !== 'OFF') return 'invalid_json';
      return { name: 'set_autotrack', params: { enabled: payload === 'ON' } };
    case 'target/set': {
      const target_id = /^\d{1,16}$/.test(payload) ? Number(payload) : Number.NaN;
      if (!Number.isSafeInteger(target_id)) return 'target_id_must_be_int';
      return { name: 'set_target_id', params: { target_id } };
    }
    case 'target/clear':
      return { name: 'clear_target', params: {} };
    default:
      return 'unknown_command';
  }
}
