/** The routes of whole graphs: a camera is added by putting its graph, and removed with it. */
import { type Static, Type } from '@sinclair/typebox';
import type { Elysia } from 'elysia';
import { stringify } from 'yaml';
import { nullable } from '../../schemas/common.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { WindhoverError } from '../errors.ts';
import { readText } from './body.ts';
import { callerOf, noteChange, seenBy } from './context.ts';
import type { ServerLimits } from './limits.ts';
import { checkDepth, didWhat, faultsResponse, fileName, notApplied } from './settings.ts';
import { FaultsSchema } from './settings-views.ts';
import { checkVariables, valuesIn } from './variables.ts';
import { describe, ErrorSchema } from './views.ts';

const ListSchema = Type.Object({
  graphs: Type.Array(
    Type.Object({
      camera_id: Type.String(),
      file: Type.String({ description: 'As named on the command line' }),
      persisted: Type.Boolean({ description: 'False: settings were changed since it was written' }),
      etag: Type.String({ description: 'For If-Match' }),
    }),
  ),
});
const PutSchema = Type.Object({
  camera_id: Type.String(),
  created: Type.Boolean({ description: 'False: it replaced the graph of the camera' }),
  live: Type.Array(Type.String(), { description: 'Settings that running nodes have taken' }),
  restarted: Type.Array(Type.String(), { description: 'Nodes that were started again' }),
  changed: Type.Array(Type.String(), { description: 'All settings that are not what they were' }),
});
const DeletedSchema = Type.Object({
  deleted: Type.Literal(true),
  camera_id: Type.String(),
  backup: nullable(Type.String(), 'Name of what the file is now; null: there was none on the disk'),
});

const UNKNOWN = { says: 'Unknown camera', schema: ErrorSchema };
const CHANGED = { says: 'The graph has changed since it was read (If-Match)', schema: ErrorSchema };

export function addGraphs(app: Elysia, catalog: Catalog, limits: ServerLimits): void {
  addViews(app, catalog);
  addChanges(app, catalog, limits);
}

function addViews(app: Elysia, catalog: Catalog): void {
  app.get(
    '/graphs',
    ({ request }): Static<typeof ListSchema> => {
      const cameras = catalog.graphs.map(({ camera }) => ({ camera_id: camera }));
      const graphs = seenBy(callerOf(request), cameras).map(({ camera_id }) => {
        const { name: file, isPersisted: persisted } = catalog.fileOf(camera_id);
        return { camera_id, file, persisted, etag: catalog.version([camera_id]) };
      });
      return { graphs };
    },
    {
      detail: describe(
        'The graphs of all cameras',
        { 200: { says: 'In order', schema: ListSchema } },
        { role: 'viewer' },
      ),
    },
  );
  app.get(
    '/graphs/:camera',
    ({ params: { camera } }) => {
      const headers = { 'content-type': 'application/yaml; charset=utf-8', etag: catalog.version([camera]) };
      return new Response(catalog.publicText(camera), { headers });
    },
    {
      detail: describe(
        'The graph of a camera as YAML, with changes that are not persisted',
        { 200: { says: 'Variables are not replaced; passwords are ***', type: 'application/yaml' }, 404: UNKNOWN },
        { role: 'viewer' },
      ),
    },
  );
}

function addChanges(app: Elysia, catalog: Catalog, limits: ServerLimits): void {
  app.put(
    '/graphs/:camera',
    async ({ request, params: { camera }, set }) => {
      const isKnown = catalog.graphs.some((graph) => graph.camera === camera);
      const text = await graphText(request, limits.maxGraphBytes);
      checkVariables(callerOf(request), isKnown ? catalog.text(camera) : '', () => valuesIn(text));
      if (isKnown && request.headers.get('if-none-match') === '*') {
        throw new WindhoverError('settings_changed', `There is a camera ${camera} already`);
      }
      const { faults, applied, isNew } = await catalog.put(camera, text, basedOn(request, camera)).catch(notApplied);
      if (!applied) return faultsResponse(faults);
      set.status = isNew ? 201 : 200;
      set.headers.etag = catalog.version([camera]);
      const did = didWhat([applied]);
      noteChange(request, camera, { created: isNew, changed: did.changed });
      return { camera_id: camera, created: isNew, ...did };
    },
    {
      parse: 'none',
      detail: describe(
        'Make this the graph of a camera, also of a new one, and write its file',
        {
          200: { says: 'Replaced, after a backup of the file', schema: PutSchema },
          201: { says: 'Added', schema: PutSchema },
          400: {
            says: 'Nothing was done: a bad body or name, or faults with their places',
            schema: Type.Union([FaultsSchema, ErrorSchema]),
          },
          404: UNKNOWN,
          409: {
            says: 'It has changed since it was read, its file was edited, or there is no folder for it',
            schema: ErrorSchema,
          },
          413: { says: 'The graph is too large', schema: ErrorSchema },
          422: { says: 'Nothing was done: the session could not run it', schema: ErrorSchema },
        },
        { role: 'admin', body: GRAPH, bodyType: 'application/yaml' },
      ),
    },
  );
  app.delete(
    '/graphs/:camera',
    async ({ request, params: { camera } }): Promise<Static<typeof DeletedSchema>> => {
      const backup = await catalog.remove(camera, basedOn(request, camera)).catch(notApplied);
      return { deleted: true, camera_id: camera, backup: backup === null ? null : fileName(backup) };
    },
    {
      detail: describe(
        'Remove a camera: its session ends, its file becomes a backup',
        {
          200: { says: 'Removed', schema: DeletedSchema },
          404: UNKNOWN,
          409: CHANGED,
          422: { says: 'The file can not be moved', schema: ErrorSchema },
        },
        { role: 'admin' },
      ),
    },
  );
}

const GRAPH = Type.String({ description: 'The graph as YAML; as JSON with the content type application/json' });

/** @throws WindhoverError `bad_body`, `body_too_large` */
async function graphText(request: Request, maxBytes: number): Promise<string> {
  const text = await readText(request, maxBytes);
  if (!/\bjson\b/i.test(request.headers.get('content-type') ?? '')) return text;
  try {
    const graph: unknown = JSON.parse(text);
    checkDepth(graph);
    return stringify(graph, { lineWidth: 0 });
  } catch (cause) {
    throw new WindhoverError('bad_body', 'Bad body: not valid JSON', { cause });
  }
}

function basedOn(request: Request, camera: string) {
  const version = request.headers.get('if-match') ?? '*';
  return version === '*' ? undefined : { version, cameras: [camera] };
}
