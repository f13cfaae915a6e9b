/** POST /sessions/{id}/autotrack: lets the autotracker move the camera, or not. */
import type { Elysia } from 'elysia';
import { autotrackRequests } from '../../schemas/index.ts';
import { fromRecord } from '../errors.ts';
import type { Sessions } from '../session/api.ts';
import { readJson } from './body.ts';
import { unknownSession } from './errors.ts';
import type { ServerLimits } from './limits.ts';
import { describe, ErrorSchema } from './views.ts';

const { doc, params: SwitchSchema, role } = autotrackRequests.set_autotrack;

export function addAutotrack(app: Elysia, sessions: Sessions, limits: ServerLimits): void {
  app.post(
    '/sessions/:id/autotrack',
    async ({ params: { id }, request }) => {
      const wanted = await readJson(request, SwitchSchema, limits.maxBodyBytes);
      if (!sessions.get(id)) throw unknownSession();
      const outcome = await sessions.request(id, 'set_autotrack', wanted);
      if ('error' in outcome) throw fromRecord(outcome.error);
      return wanted;
    },
    {
      parse: 'none',
      detail: describe(
        doc,
        {
          200: { says: 'The node has taken it; `GET` shows what it does', schema: SwitchSchema },
          400: { says: 'Bad body', schema: ErrorSchema },
          404: { says: 'Unknown session, or its graph has no autotrack', schema: ErrorSchema },
          503: { says: 'The node does not answer', schema: ErrorSchema },
        },
        { role, body: SwitchSchema },
      ),
    },
  );
}
