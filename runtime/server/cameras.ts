/** GET /cameras: what sessions can be started for. */
import { Type } from '@sinclair/typebox';
import type { Elysia } from 'elysia';
import type { Sessions } from '../session/api.ts';
import { CameraViewSchema } from '../session/views.ts';
import { callerOf, seenBy } from './context.ts';
import { describe } from './views.ts';

const CamerasSchema = Type.Object({ cameras: Type.Array(CameraViewSchema) });

export function addCameras(app: Elysia, sessions: Sessions): void {
  app.get('/cameras', ({ request }) => ({ cameras: seenBy(callerOf(request), sessions.cameras()) }), {
    detail: describe(
      'The cameras of all graphs',
      {
        200: { says: 'In order; the first is the default', schema: CamerasSchema },
      },
      { role: 'viewer' },
    ),
  });
}
