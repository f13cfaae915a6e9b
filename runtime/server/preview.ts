/**
 * The session's own picture, when a node of its graph hands it on: POST /sessions/{id}/whep by WebRTC (WHEP), and
 * GET /sessions/{id}/preview.mp4 as an MP4 without end, where WebRTC cannot pass.
 */
import { Value } from '@sinclair/typebox/value';
import type { Elysia } from 'elysia';
import { previewRequests } from '../../schemas/preview.ts';
import { fromRecord, WindhoverError } from '../errors.ts';
import type { Sessions } from '../session/api.ts';
import { readText } from './body.ts';
import { callerOf } from './context.ts';
import { unknownSession } from './errors.ts';
import type { ServerLimits } from './limits.ts';
import { describe, ErrorSchema } from './views.ts';

const { preview_offer, preview_watch, preview_read, preview_end } = previewRequests;
/** The node is asked for what has come so often: a picture is not later for it than by that. */
const READ_EVERY_MS = 20;
/** A camera's key frames are some seconds apart. */
const FIRST_WITHIN_MS = 15_000;

export function addPreview(app: Elysia, sessions: Sessions, limits: ServerLimits): void {
  addWhep(app, sessions, limits);
  addMp4(app, sessions);
}

function addWhep(app: Elysia, sessions: Sessions, limits: ServerLimits): void {
  const viewers = new Viewers();
  app.post(
    '/sessions/:id/whep',
    async ({ params: { id }, request }) => {
      const sdp = await readText(request, limits.maxBodyBytes);
      if (!Value.Check(preview_offer.params, { sdp }))
        throw new WindhoverError('bad_body', 'Bad body: not an SDP offer');
      const answer = await ask(sessions, id, 'preview_offer', { sdp });
      if (!Value.Check(preview_offer.result, answer)) throw new WindhoverError('no_preview', 'No preview: no answer');
      const end = () => void ask(sessions, id, 'preview_end', { id: answer.id }).catch(() => undefined);
      viewers.add(callerOf(request).ended, answer.id, end);
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
    async ({ params: { id, viewer }, request }) => {
      viewers.delete(callerOf(request).ended, viewer);
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

/** What each token watches, which ends with it. */
class Viewers {
  readonly #ends = new WeakMap<AbortSignal, Map<string, () => void>>();

  add(ended: AbortSignal | null, viewer: string, end: () => void): void {
    if (!ended) return;
    if (ended.aborted) {
      end();
      return;
    }
    const ends = this.#ends.get(ended) ?? this.#begin(ended);
    ends.set(viewer, end);
    // Most end by themselves, which nobody tells here.
    const [[oldest, endOldest] = []] = ends.size > MOST_VIEWERS ? ends : [];
    if (oldest !== undefined) ends.delete(oldest);
    endOldest?.();
  }

  delete(ended: AbortSignal | null, viewer: string): void {
    if (ended) this.#ends.get(ended)?.delete(viewer);
  }

  #begin(ended: AbortSignal): Map<string, () => void> {
    const ends = new Map<string, () => void>();
    this.#ends.set(ended, ends);
    const endAll = () => {
      for (const end of ends.values()) end();
    };
    ended.addEventListener('abort', endAll, { once: true });
    return ends;
  }
}

/** Of one token; there can't be as many at once. */
const MOST_VIEWERS = 500;

function addMp4(app: Elysia, sessions: Sessions): void {
  app.get(
    '/sessions/:id/preview.mp4',
    async ({ request, params: { id } }) => {
      const watched = await ask(sessions, id, 'preview_watch', {});
      if (!Value.Check(preview_watch.result, watched)) throw new WindhoverError('no_preview', 'No preview: no answer');
      const pieces = piecesOf(sessions, id, watched.id, callerOf(request).ended);
      const { value: first } = await pieces.next();
      if (!first) throw new WindhoverError('no_picture', 'No preview: no picture came');
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(first.data),
        pull: async (controller) => {
          const { value } = await pieces.next();
          if (value) controller.enqueue(value.data);
          else controller.close();
        },
        cancel: async () => void (await pieces.return()),
      });
      // A proxy that collects what it hands on would make it late.
      const headers = { 'content-type': first.type, 'cache-control': 'no-store', 'x-accel-buffering': 'no' };
      return new Response(body, { headers });
    },
    {
      detail: describe(
        `${preview_watch.doc}: an answer without end`,
        {
          200: { says: 'Fragmented MP4 with H.264; the codec is in the content type' },
          404: { says: 'Unknown session, or its graph has no preview', schema: ErrorSchema },
          409: { says: 'The stream cannot be shown; the reason and what to do', schema: ErrorSchema },
          503: { says: 'Too many viewers, no picture, or the session is starting', schema: ErrorSchema },
        },
        { role: 'viewer' },
      ),
    },
  );
}

/** What comes for a viewer, from its first picture on, until it, its token or the session ends. */
async function* piecesOf(sessions: Sessions, id: string, viewer: string, ended: AbortSignal | null) {
  const latestMs = performance.now() + FIRST_WITHIN_MS;
  let hasBegun = false;
  try {
    while (!ended?.aborted && (hasBegun || performance.now() < latestMs)) {
      const read = await ask(sessions, id, 'preview_read', { id: viewer });
      if (!Value.Check(preview_read.result, read)) return;
      const { type, data } = read;
      if (type !== undefined && data !== '') {
        hasBegun = true;
        yield { type, data: Buffer.from(data, 'base64') };
      }
      await Bun.sleep(READ_EVERY_MS);
    }
  } catch (error) {
    // The viewer, or its session, is over: so is the answer. Before the first picture that is an error.
    if (!hasBegun) throw error;
  } finally {
    await ask(sessions, id, 'preview_end', { id: viewer }).catch(() => undefined);
  }
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
