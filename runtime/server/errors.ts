/** Turns whatever goes wrong in a request into `{"error": "<message>"}` with the right status. */
import type { Elysia } from 'elysia';
import type { Clock } from '../clock.ts';
import { errorCode, errorMessage, toRecord, WindhoverError } from '../errors.ts';
import type { Logger } from '../node.ts';
import { RateLimit } from '../rate-limit.ts';

/** Codes whose message is for the client. Anything else is our own fault: 500, logged, and not shown. */
const STATUS: Readonly<Record<string, number>> = {
  bad_body: 400,
  bad_query: 400,
  bad_host: 400,
  unknown_topic: 400,
  camera_name_invalid: 400,
  model_name_invalid: 400,
  preview_refused: 400,
  forbidden: 403,
  origin_not_allowed: 403,
  no_preview: 404,
  preview_ended: 404,
  no_state: 404,
  unknown_backup: 404,
  unknown_camera: 404,
  unknown_model: 404,
  unknown_node: 404,
  unknown_path: 404,
  unknown_request: 404,
  unknown_session: 404,
  unknown_track: 404,
  body_too_slow: 408,
  camera_changed: 409,
  edit_conflict: 409,
  graph_file_taken: 409,
  no_graph_folder: 409,
  model_exists: 409,
  model_in_use: 409,
  model_of_project: 409,
  no_model_node: 409,
  preview_unsupported: 409,
  recorded: 409,
  settings_changed: 409,
  body_too_large: 413,
  model_check_failed: 422,
  model_refused: 422,
  not_applied: 422,
  patch_failed: 422,
  not_a_websocket: 426,
  history_unavailable: 503,
  no_picture: 503,
  preview_full: 503,
  upload_busy: 503,
  request_timeout: 503,
  session_over: 503,
  too_many_requests: 503,
  too_many_clients: 503,
  model_store_full: 507,
};

/** Adds the error handling to the app; call it before the routes are added. */
export function answerErrors(app: Elysia, internal: InternalErrors): void {
  app.onError(({ code, error, request }) => {
    if (code === 'NOT_FOUND') return unknownRoute(app, request);
    const own = errorCode(error);
    const status = own !== undefined && Object.hasOwn(STATUS, own) ? STATUS[own] : undefined;
    if (status !== undefined) {
      const headers = status === 426 ? { upgrade: 'websocket', connection: 'Upgrade' } : {};
      return errorResponse(status, errorMessage(error), headers);
    }
    return internal.answer(error, request);
  });
}

/** Unexpected errors of a server. The first of many are logged, and then one a second. */
export class InternalErrors {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #limit = new RateLimit(1, 20);

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  answer(error: unknown, request?: Request): Response {
    if (this.#limit.take(this.#clock.monoMs())) {
      const { message, stack } = toRecord(error);
      const path = request && new URL(request.url).pathname;
      const unlogged = this.#limit.takeRefused();
      const more = unlogged > 0 ? { not_logged: unlogged } : {};
      this.#log.error('request failed', { method: request?.method, path, error: message, stack, ...more });
    }
    return errorResponse(500, 'Internal error');
  }
}

export function unknownSession(): WindhoverError {
  return new WindhoverError('unknown_session', 'Unknown session');
}

export function unknownCamera(id: string): WindhoverError {
  return new WindhoverError('unknown_camera', `Unknown camera_id: ${id}`);
}

export function unknownPath(request: Request): WindhoverError {
  return new WindhoverError('unknown_path', `Not found: ${new URL(request.url).pathname}`);
}

function unknownRoute(app: Elysia, request: Request): Response {
  const { pathname } = new URL(request.url);
  const allowed = app.routes.filter((route) => matches(route.path, pathname)).map((route) => route.method);
  if (allowed.length === 0) return errorResponse(404, `Not found: ${pathname}`);
  const allow = [...new Set(allowed)].join(', ');
  return errorResponse(405, `Method ${request.method} is not allowed here; allowed: ${allow}`, { allow });
}

/** Does `/a/:id` match `/a/7`? */
function matches(pattern: string, path: string): boolean {
  const [want, have] = [pattern, path].map((text) => text.split('/').filter((part) => part !== ''));
  if (!want || want.length !== have?.length) return false;
  return want.every((part, i) => part.startsWith(':') || part === have[i]);
}

export function errorResponse(status: number, message: string, headers: Record<string, string> = {}): Response {
  return Response.json({ error: message }, { status, headers });
}
