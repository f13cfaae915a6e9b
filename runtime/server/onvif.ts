/** GET /sessions/{id}/onvif: the latest tick as an ONVIF scene description, for systems that read the analytics of cameras. */
import { Type } from '@sinclair/typebox';
import type { Elysia } from 'elysia';
import type { MetadataTick } from '../../schemas/metadata-tick.ts';
import { WindhoverError } from '../errors.ts';
import type { Sessions } from '../session/api.ts';
import { sceneDocument, sceneOf } from '../sinks/onvif/scene.ts';
import { unknownSession } from './errors.ts';
import { describe, ErrorSchema } from './views.ts';

export function addOnvif(app: Elysia, sessions: Sessions): void {
  app.get(
    '/sessions/:id/onvif',
    ({ params: { id }, request }) => {
      const json = sessions.hub.retained(id, 'tick')?.json;
      if (json === undefined) {
        throw sessions.get(id) ? new WindhoverError('no_state', 'No tick yet') : unknownSession();
      }
      const scene = sceneOf(JSON.parse(json) as MetadataTick);
      if (request.headers.get('accept')?.includes('application/json')) return scene;
      return new Response(sceneDocument(scene), { headers: { 'content-type': 'application/xml; charset=utf-8' } });
    },
    {
      detail: describe(
        'The latest tick as an ONVIF scene description: a tt:MetadataStream document; with `accept: application/json`, as JSON',
        {
          200: { says: 'The scene', schema: Type.Object({ Frame: Type.Array(Type.Unknown()) }) },
          404: { says: 'Unknown session, or there was no tick yet', schema: ErrorSchema },
        },
        { role: 'viewer' },
      ),
    },
  );
}
