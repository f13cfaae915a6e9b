/** POST /sessions/{id}/whep: the session's own picture by WebRTC (WHEP), when a node of its graph hands it on. */
import { Value } from '@sinclair/typebox/value';
import type { Elysia } from 'elysia';
import { previewRequests } from '../../schemas/preview.ts';
import { fromRecord, WindhoverError } from '../errors.ts';
import type { Sessions } from '../session/api.ts';
import { readText } from './body.ts';
import { unknownSession } from './errors.ts';
import type { ServerLimits } from './limits.ts';
import { describe, ErrorSchema } from './views.ts';

const { preview_offer, preview_end } = previewRequests;

export function addWhep(app: Elysia, sessions: Sessions, limits: ServerLimits): void {
  app.post(
    '/sessions/:id/whep',
    async ({ params: { id }, request }) => {
      const sdp = await readText(request, limits.maxBodyBytes);
      if (!Value.Check(preview_offer.params, { sdp }))
        throw new WindhoverError('bad_body', 'Bad body: not an SDP offer');
      const answer = await ask(sessions, id, 'preview_offer', { sdp });
      if (!Value.Check(preview_offer.result, answer)) throw new WindhoverError('no_preview', 'No preview: no answer');
      const headers = {
        'content-type': 'application/sdp',
        location: `/sessions/${encodeURIComponent(id)}/whep/${answer.id}`,
      };
      return new Response(answer.sdp, { status: 201, headers });
    },
    {
      parse: 'none',
      detail: describe(
        `${preview_offer.doc} (WHEP: an SDP offer in, the answer out)`,
        {
          201: { says: 'The answer; DELETE its Location to end' },
          400: { says: 'Not an offer for H.264', schema: ErrorSchema },
          404: { says: 'Unknown session, or its graph has no preview', schema: ErrorSchema },
          409: { says: 'The stream cannot be shown; the reason and what to do', schema: ErrorSchema },
          503: { says: 'Too many viewers, or the session is starting', schema: ErrorSchema },
        },
        { role: 'viewer' },
      ),
    },
  );
  app.delete(
    '/sessions/:id/whep/:viewer',
    async ({ params: { id, viewer } }) => {
      await ask(sessions, id, 'preview_end', { id: viewer });
      return { ended: true };
    },
    {
      detail: describe(
        preview_end.doc,
        {
          200: { says: 'It is sent nothing more' },
          404: { says: 'Unknown session', schema: ErrorSchema },
        },
        { role: 'viewer' },
      ),
    },
  );
}

/** @throws WindhoverError as the node answers, `unknown_session` */
async function ask(
  sessions: Sessions,
  id: string,
  name: keyof typeof previewRequests,
  params: object,
): Promise<unknown> {
  if (!sessions.get(id)) throw unknownSession();
  const outcome = await sessions.request(id, name, params);
  if ('error' in outcome) throw fromRecord(outcome.error);
  return outcome.result;
}
