/** GET /sessions/{id}/ptz and /autotrack: the latest message of a state topic. */
import type { TSchema } from '@sinclair/typebox';
import type { Elysia } from 'elysia';
import { AutotrackStateSchema, PtzStateSchema } from '../../schemas/index.ts';
import { WindhoverError } from '../errors.ts';
import { STATE_NAMES, type StateName } from '../node.ts';
import type { Sessions } from '../session/api.ts';
import { unknownSession } from './errors.ts';
import { describe, ErrorSchema } from './views.ts';

const ROUTES: Readonly<Record<StateName, { readonly summary: string; readonly schema: TSchema }>> = {
  ptz: { summary: "How the session's camera stands", schema: PtzStateSchema },
  autotrack: { summary: 'What the autotracker does, and why not', schema: AutotrackStateSchema },
};

export function addStates(app: Elysia, sessions: Sessions): void {
  for (const name of STATE_NAMES) {
    const { summary, schema } = ROUTES[name];
    app.get(
      `/sessions/:id/${name}`,
      ({ params }) => {
        const json = sessions.retainedState(params.id, name);
        if (json !== undefined) return new Response(json, { headers: { 'content-type': 'application/json' } });
        if (!sessions.get(params.id)) throw unknownSession();
        throw new WindhoverError('no_state', `No ${name} state`);
      },
      {
        detail: describe(summary, {
          200: { says: 'The latest message', schema },
          404: { says: 'Unknown session, or there was no such message yet', schema: ErrorSchema },
        }),
      },
    );
  }
}
