/**
 * GET /ws/sessions/{id}: ticks and track events out, commands in (see schemas/).
 *
 * The socket is closed with 1000 `session ended` when the session is gone, 1001 `server stopping`, and 1001
 * `client too slow`; never for what a client sends, up to Bun's own limit of `maxMessageBytes` a message.
 */
import type { Elysia } from 'elysia';
import type { Sessions } from '../session/api.ts';
import type { Clients } from './clients.ts';
import { unknownSession } from './errors.ts';
import { describe, ErrorSchema } from './views.ts';

export function addWebSocket(app: Elysia, sessions: Sessions, clients: Clients): void {
  app.get(
    '/ws/sessions/:id',
    ({ params, request }) => {
      if (!sessions.get(params.id)) throw unknownSession();
      clients.upgrade(request, params.id);
      // The upgrade was the answer.
      return undefined;
    },
    {
      detail: describe('WebSocket: metadata_tick and track_event messages out, commands in', {
        101: { says: 'Upgraded; the latest tick follows at once' },
        404: { says: 'Unknown session', schema: ErrorSchema },
        426: { says: 'Not a WebSocket handshake', schema: ErrorSchema },
        503: { says: 'Too many clients', schema: ErrorSchema },
      }),
    },
  );
}
