/** GET /healthz: the process answers. GET /readyz: every wanted session delivers frames. */
import { type Static, Type } from '@sinclair/typebox';
import type { Elysia } from 'elysia';
import type { Sessions } from '../session/api.ts';
import { describe, ErrorSchema, ReadinessSchema } from './views.ts';

const HealthSchema = Type.Object({ status: Type.Literal('ok') });
const NotReadySchema = Type.Composite([ErrorSchema, ReadinessSchema]);

export function addHealth(app: Elysia, sessions: Sessions): void {
  app.get('/healthz', (): Static<typeof HealthSchema> => ({ status: 'ok' }), {
    detail: describe('Is the process alive?', { 200: { says: 'It is', schema: HealthSchema } }),
  });
  app.get(
    '/readyz',
    ({ set }) => {
      const readiness = sessions.readiness();
      if (readiness.ready) return readiness;
      set.status = 503;
      const reasons = readiness.reasons.map(({ camera_id, message }) => `${camera_id}: ${message}`);
      return { error: `Not ready: ${reasons.join('; ')}`, ...readiness };
    },
    {
      detail: describe('Do all sessions deliver frames?', {
        200: { says: 'All do', schema: ReadinessSchema },
        503: { says: 'Some do not; each with its reason and since when', schema: NotReadySchema },
      }),
    },
  );
}
