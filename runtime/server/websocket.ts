/**
 * GET /ws/sessions/{id}: ticks and track events out, commands in (see schemas/). Who asks by `?topics=` gets other
 * topics; what is retained of them comes at once.
 *
 * The socket is closed with 1000 `session ended` when the session is gone, 1001 `server stopping`, and 1001
 * `client too slow`, 1008 when its token is over or none came (visitor.ts); never for what a client sends, up to Bun's own limit of `maxMessageBytes` a message.
 */
import type { Elysia } from 'elysia';
import { topics } from '../../schemas/topics.ts';
import { seesCamera } from '../access/caller.ts';
import type { Sessions } from '../session/api.ts';
import { SessionFeed } from './client.ts';
import type { Clients } from './clients.ts';
import { unknownSession } from './errors.ts';
import { requestedTopics } from './topics.ts';
import { describe, ErrorSchema } from './views.ts';

export function addWebSocket(app: Elysia, sessions: Sessions, clients: Clients): void {
  app.get(
    '/ws/sessions/:id',
    ({ params: { id }, request }) => {
      const { url } = request;
      clients.upgrade(request, (caller) => {
        const camera = sessions.get(id)?.camera_id;
        if (camera === undefined || !seesCamera(caller, camera)) throw unknownSession();
        return new SessionFeed(id, requestedTopics(url, sessions.topics(id)));
      });
      // The upgrade was the answer.
      return undefined;
    },
    {
      detail: {
        ...describe(
          'WebSocket: metadata_tick and track_event messages out, commands in',
          {
            101: { says: 'Upgraded; the latest tick, and the latest message of each state asked for, follow at once' },
            400: { says: 'Unknown topic', schema: ErrorSchema },
            404: { says: 'Unknown session', schema: ErrorSchema },
            426: { says: 'Not a WebSocket handshake', schema: ErrorSchema },
            503: { says: 'Too many clients', schema: ErrorSchema },
          },
          { role: 'viewer', isSocket: true },
        ),
        parameters: [{ name: 'topics', in: 'query', required: false, schema: { type: 'string', description: TOPICS } }],
      },
    },
  );
}

const TOPICS = `What to send, joined by commas: some of ${Object.keys(topics).join(', ')}, or of the graph's own; without it, tick,tracks`;
