/** GET /healthz: the process answers. GET /readyz: every wanted session delivers frames. */
import { type Static, Type } from '@sinclair/typebox';
import type { Elysia } from 'elysia';
import type { Warning } from '../catalog/graph-file.ts';
import type { Sessions } from '../session/api.ts';
import { ReadinessSchema } from '../session/views.ts';
import { contextOf, seenBy } from './context.ts';
import { describe, ErrorSchema } from './views.ts';

const HealthSchema = Type.Object({ status: Type.Literal('ok') });
const WarningSchema = Type.Object({
  file: Type.String({ description: 'Graph file, as named on the command line' }),
  code: Type.String(),
  message: Type.String({ description: 'With line and column, or the node' }),
  since_unix_ms: Type.Number({ description: 'Unix time in milliseconds' }),
});
const WarningsSchema = Type.Object({
  warnings: Type.Array(WarningSchema, {
    description:
      'Faults of edited graph files, whose previous graphs keep running, and of nodes that frames do not need',
  }),
});
const ReadySchema = Type.Composite([ReadinessSchema, WarningsSchema]);
const NotReadySchema = Type.Composite([ErrorSchema, ReadySchema]);

export function addHealth(app: Elysia, sessions: Sessions, warnings: () => readonly Warning[]): void {
  app.get('/healthz', (): Static<typeof HealthSchema> => ({ status: 'ok' }), {
    detail: describe('Is the process alive?', { 200: { says: 'It is', schema: HealthSchema } }, { role: 'public' }),
  });
  app.get(
    '/readyz',
    ({ request, set }) => {
      const { ready, reasons: all } = sessions.readiness();
      const { caller } = contextOf(request);
      const reasons = caller ? seenBy(caller, all) : [];
      // They name files of the server.
      const readiness = { ready, reasons, warnings: caller && caller.cameras === null ? warnings() : [] };
      if (ready) return readiness;
      set.status = 503;
      const why = reasons.map(({ camera_id, message }) => `${camera_id}: ${message}`).join('; ');
      return { error: `Not ready${why && `: ${why}`}`, ...readiness };
    },
    {
      detail: describe(
        'Do all sessions deliver frames?',
        {
          200: { says: 'All do', schema: ReadySchema },
          503: {
            says: 'Some do not; for who has a token, each with its reason and since when',
            schema: NotReadySchema,
          },
        },
        { role: 'public' },
      ),
    },
  );
}
