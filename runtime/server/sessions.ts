/** The session routes: start (POST), look (GET), stop (DELETE). */
import { Type } from '@sinclair/typebox';
import type { Elysia } from 'elysia';
import { seesCamera } from '../access/caller.ts';
import type { Sessions, SessionView } from '../session/api.ts';
import { GraphViewSchema, SessionViewSchema } from '../session/views.ts';
import { readJson } from './body.ts';
import { callerOf, noteChange, seenBy } from './context.ts';
import { unknownCamera, unknownSession } from './errors.ts';
import type { ServerLimits } from './limits.ts';
import { CreatedSessionSchema, CreateSessionSchema, describe, ErrorSchema } from './views.ts';

const SessionListSchema = Type.Object({ sessions: Type.Array(SessionViewSchema) });
const DeletedSchema = Type.Object({ deleted: Type.Literal(true), session_id: Type.String() });
const UNKNOWN = { says: 'Unknown session', schema: ErrorSchema };

export function addSessions(app: Elysia, sessions: Sessions, limits: ServerLimits): void {
  app.post(
    '/sessions',
    async ({ request, set }) => {
      const { camera_id } = await readJson(request, CreateSessionSchema, limits.maxBodyBytes);
      const caller = callerOf(request);
      const wanted = camera_id ?? seenBy(caller, sessions.cameras())[0]?.camera_id;
      if (wanted !== undefined && !seesCamera(caller, wanted)) throw unknownCamera(wanted);
      const { view, created } = sessions.create(wanted);
      noteChange(request, view.camera_id, { session: view.session_id, created });
      set.status = created ? 201 : 200;
      return { ...view, created };
    },
    {
      // The body is read by readJson: bounded, and absent counts as {}.
      parse: 'none',
      detail: describe(
        'Start the session of a camera, or find the one that runs',
        {
          201: { says: 'Started', schema: CreatedSessionSchema },
          200: { says: 'Ran already', schema: CreatedSessionSchema },
          400: { says: 'Bad body', schema: ErrorSchema },
          404: { says: 'Unknown camera', schema: ErrorSchema },
        },
        { role: 'admin', body: CreateSessionSchema },
      ),
    },
  );
  app.get('/sessions', ({ request }) => ({ sessions: seenBy(callerOf(request), sessions.list()) }), {
    detail: describe(
      'All sessions',
      { 200: { says: 'With FPS, latency and drops', schema: SessionListSchema } },
      { role: 'viewer' },
    ),
  });
  app.get('/sessions/:id', ({ params }) => find(sessions, params.id), {
    detail: describe(
      'One session',
      {
        200: { says: 'With FPS, latency and drops', schema: SessionViewSchema },
        404: UNKNOWN,
      },
      { role: 'viewer' },
    ),
  });
  app.get(
    '/sessions/:id/graph',
    ({ params }) => {
      const graph = sessions.graph?.(params.id);
      if (!graph) throw unknownSession();
      return graph;
    },
    {
      detail: describe(
        'Nodes, workers and links of the graph that it runs',
        {
          200: { says: 'For a drawing; counters are in the session', schema: GraphViewSchema },
          404: UNKNOWN,
        },
        { role: 'viewer' },
      ),
    },
  );
  app.delete(
    '/sessions/:id',
    async ({ params }) => {
      if (!(await sessions.remove(params.id))) throw unknownSession();
      return { deleted: true, session_id: params.id };
    },
    {
      detail: describe(
        'Stop a session',
        {
          200: { says: 'Stopped; its process is gone', schema: DeletedSchema },
          404: UNKNOWN,
        },
        { role: 'admin' },
      ),
    },
  );
}

/** The session's view. @throws WindhoverError `unknown_session` */
function find(sessions: Sessions, id: string): SessionView {
  const view = sessions.get(id);
  if (!view) throw unknownSession();
  return view;
}
