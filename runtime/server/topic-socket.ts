/** GET /ws: one WebSocket for the topics of all sessions. The client says what it wants; see docs/api.md. */
import type { Elysia } from 'elysia';
import { TopicMessageSchema } from '../../schemas/topic-messages.ts';
import { type Caller, seesCamera } from '../access/caller.ts';
import type { About } from '../hub/message.ts';
import type { Sessions } from '../session/api.ts';
import type { Clients } from './clients.ts';
import type { ServerLimits } from './limits.ts';
import { TopicFeed } from './topic-feed.ts';
import { describe, ErrorSchema } from './views.ts';

export function addTopicSocket(app: Elysia, sessions: Sessions, clients: Clients, limits: ServerLimits): void {
  app.get(
    '/ws',
    ({ request }) => {
      const { maxCommandChars: maxChars } = limits;
      clients.upgrade(
        request,
        (caller) => new TopicFeed({ now: () => sessions.hub.now, may: (about) => sees(caller, about), maxChars }),
      );
      // The upgrade was the answer.
      return undefined;
    },
    {
      detail: describe(
        'WebSocket: topics of all sessions, subscribed by messages',
        {
          101: { says: 'Upgraded; messages of the topics come in envelopes', schema: TopicMessageSchema },
          426: { says: 'Not a WebSocket handshake', schema: ErrorSchema },
          503: { says: 'Too many clients', schema: ErrorSchema },
        },
        { role: 'viewer', isSocket: true },
      ),
    },
  );
}

/** Whether a caller may see messages about this. Topics of no session are about all cameras. */
export function sees(caller: Caller, { sessionId, cameraId }: About): boolean {
  return sessionId === '' ? caller.cameras === null : seesCamera(caller, cameraId);
}
