/** The routes of models: what there is, taking in new ones, giving them to nodes. */
import { type Static, Type } from '@sinclair/typebox';
import type { Elysia } from 'elysia';
import { nullable } from '../../schemas/common.ts';
import { seesCamera } from '../access/caller.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { type PatchOutcome, Settings } from '../catalog/settings.ts';
import { WindhoverError } from '../errors.ts';
import type { Model, ModelStore } from '../models/model-store.ts';
import { type ModelUse, modelUses, useModel } from '../models/model-uses.ts';
import { readJson } from './body.ts';
import { callerOf } from './context.ts';
import type { ServerLimits } from './limits.ts';
import { receiveFile } from './multipart.ts';
import { didWhat, faultsResponse, notApplied } from './settings.ts';
import { ChangedSchema, FaultsSchema } from './settings-views.ts';
import { describe, ErrorSchema } from './views.ts';

const ViewSchema = Type.Object({
  name: Type.String({ description: 'What graphs call it' }),
  size: Type.Integer({ description: 'Bytes' }),
  type: Type.Literal('onnx', { description: 'Form of the file' }),
  modified_at: Type.String({ description: 'ISO 8601', format: 'date-time' }),
  active: Type.Boolean({ description: 'Some camera uses it' }),
  classes: Type.Array(Type.String(), { description: 'What it finds; empty names are no classes' }),
  used_by: Type.Array(Type.String(), { description: 'Nodes that use it: `cam01.detect`' }),
  uploaded: Type.Boolean({ description: 'False: it belongs to the project, and is not deleted here' }),
  family: nullable(Type.String(), 'How its outputs are read; null: it is refused'),
  input_size: nullable(Type.Object({ w: Type.Integer(), h: Type.Integer() }), 'Pixels'),
  licence: nullable(Type.String(), 'As its publisher says'),
  error: nullable(Type.Object({ code: Type.String(), message: Type.String() }), 'Why it is refused'),
});
const ListSchema = Type.Object({ models: Type.Array(ViewSchema) });
const Dims = Type.Array(Type.Union([Type.Number(), Type.String()]));
const DetailSchema = Type.Composite([
  ViewSchema,
  Type.Object({
    inspection: nullable(
      Type.Object({
        certainty: Type.String({ description: 'How sure the family is' }),
        why: Type.String(),
        layout: Type.String({ description: 'Of the outputs' }),
        not_read: nullable(Type.String(), 'What it also gives and nobody reads'),
        input: Type.Unknown({ description: 'Form of the picture' }),
        outputs: Type.Array(Type.Object({ name: Type.String(), type: Type.String(), dims: Dims })),
        labels: Type.Object({ names: Type.Array(Type.String()), source: Type.String(), assumed: Type.Boolean() }),
        nms_iou: nullable(Type.Number(), 'IoU above which doubles are dropped'),
        confidence: Type.Number({ description: 'Least confidence when a graph does not set it' }),
        metadata: Type.Record(Type.String(), Type.String()),
      }),
      'As `bun run models inspect` shows it; null: the model is refused',
    ),
  }),
]);
const CameraSchema = Type.Object(
  { camera_id: Type.Optional(Type.String({ minLength: 1, description: 'One camera alone; all when absent' })) },
  { additionalProperties: false },
);
const FILE = {
  ...{ type: 'object' as const, required: ['file'] },
  properties: { file: { type: 'string' as const, format: 'binary' } },
};
const DeletedSchema = Type.Object({ deleted: Type.Literal(true), name: Type.String() });

/** Models are for all cameras. */
const SHARED = { role: 'admin', cameras: 'all' } as const;
const UNKNOWN = { says: 'Unknown model', schema: ErrorSchema };
const ACTIVATED = {
  200: { says: 'The nodes use it', schema: ChangedSchema },
  400: { says: 'Bad body', schema: ErrorSchema },
  404: { says: 'Unknown model or camera', schema: ErrorSchema },
  409: { says: 'No node of these cameras runs a model', schema: ErrorSchema },
  422: { says: 'It can not be used; the one from before goes on', schema: Type.Union([FaultsSchema, ErrorSchema]) },
};

export interface ModelRoutes {
  readonly store: ModelStore;
  readonly catalog: Catalog;
  readonly limits: ServerLimits;
}

export function addModels(app: Elysia, routes: ModelRoutes): void {
  addViews(app, routes);
  addUpload(app, routes);
  addActivation(app, routes);
}

function addViews(app: Elysia, { store, catalog }: ModelRoutes): void {
  const uses = () => modelUses(catalog, store.folders);
  const seenUses = async (request: Request) =>
    (await uses()).filter(({ camera }) => seesCamera(callerOf(request), camera));
  app.get(
    '/models',
    async ({ request }): Promise<Static<typeof ListSchema>> => {
      const used = await seenUses(request);
      return { models: (await store.list()).map((model) => viewOf(model, used)) };
    },
    {
      detail: describe(
        'The models that graphs find by name',
        { 200: { says: 'All of them', schema: ListSchema } },
        { role: 'viewer' },
      ),
    },
  );
  app.get(
    '/models/:name',
    async ({ params, request }): Promise<Static<typeof DetailSchema>> => {
      const model = await store.get(params.name);
      return { ...viewOf(model, await seenUses(request)), inspection: inspectionOf(model) };
    },
    {
      detail: describe(
        'One model',
        { 200: { says: 'With how it is read', schema: DetailSchema }, 404: UNKNOWN },
        { role: 'viewer' },
      ),
    },
  );
  app.delete(
    '/models/:name',
    async ({ params }): Promise<Static<typeof DeletedSchema>> => {
      await store.remove(params.name, async (file) => usersOf(file, await uses()));
      return { deleted: true, name: params.name };
    },
    {
      detail: describe(
        'Delete an uploaded model',
        {
          200: { says: 'Deleted', schema: DeletedSchema },
          404: UNKNOWN,
          409: { says: 'It is in use, or was not uploaded', schema: ErrorSchema },
        },
        SHARED,
      ),
    },
  );
}

function addUpload(app: Elysia, { store, catalog, limits }: ModelRoutes): void {
  const detail = describe(
    'Upload a model: multipart/form-data, the .onnx file in the field `file`',
    {
      201: { says: 'Taken in: it was opened and run once in a process of its own', schema: ViewSchema },
      400: { says: 'Bad body, or a name that leaves nothing', schema: ErrorSchema },
      408: { says: 'It took too long', schema: ErrorSchema },
      409: { says: 'There is a model of this name, or the one to replace is in use', schema: ErrorSchema },
      413: { says: 'The file is too large', schema: ErrorSchema },
      422: { says: 'It is no model that can be run, with the reason', schema: ErrorSchema },
      503: { says: 'Another upload is under way', schema: ErrorSchema },
      507: { says: 'There is no room on the disk', schema: ErrorSchema },
    },
    SHARED,
  );
  app.post(
    '/models/upload',
    async ({ request, query, set }): Promise<Static<typeof ViewSchema>> => {
      const uses = () => modelUses(catalog, store.folders);
      const limit = { field: 'file', maxBytes: limits.maxModelBytes, deadlineMs: limits.uploadDeadlineMs };
      const model = await store.add((write) => receiveFile(request, { ...limit, write }), {
        mayReplace: query.replace === 'true',
        inUse: async (path) => usersOf(path, await uses()),
        toReplace: '?replace=true',
      });
      set.status = 201;
      return viewOf(model, await uses());
    },
    {
      parse: 'none',
      detail: {
        ...detail,
        parameters: [
          {
            ...{ name: 'replace', in: 'query', required: false },
            schema: { type: 'boolean', description: 'true: an uploaded model of this name is replaced' },
          },
        ],
        requestBody: { required: true, content: { 'multipart/form-data': { schema: FILE } } },
      },
    },
  );
}

function addActivation(app: Elysia, { store, catalog, limits }: ModelRoutes): void {
  const settings = new Settings(catalog);
  const give = async (name: string | null, request: Request) => {
    const { camera_id } = await readJson(request, CameraSchema, limits.maxBodyBytes);
    const seen = settings.cameras.filter((camera) => seesCamera(callerOf(request), camera));
    const cameras = seen.filter((camera) => camera_id === undefined || camera === camera_id);
    if (camera_id !== undefined && cameras.length === 0) {
      throw new WindhoverError('unknown_camera', `Unknown camera_id: ${camera_id}`);
    }
    // Before a session opens it: what crashes or hangs does so elsewhere.
    const model = name === null ? null : await store.get(name);
    if (model) await store.tryOut(model);
    return shown(await useModel({ catalog, settings }, model?.name ?? null, cameras).catch(notApplied));
  };
  const shown = (outcome: PatchOutcome) => {
    if (!('applied' in outcome)) return faultsResponse(outcome.faults, 422);
    const cameras = outcome.applied.map(({ camera }) => [camera, settings.of(camera)] as const);
    return { ...didWhat(outcome.applied), settings: Object.fromEntries(cameras) };
  };
  app.post('/models/:name/activate', ({ request, params }) => give(params.name, request), {
    parse: 'none',
    detail: describe('Give nodes this model while they run; persist the settings to keep it', ACTIVATED, {
      role: 'admin',
      body: CameraSchema,
    }),
  });
  app.post('/models/reset', ({ request }) => give(null, request), {
    parse: 'none',
    detail: describe('Give nodes the model that they have by default', ACTIVATED, {
      role: 'admin',
      body: CameraSchema,
    }),
  });
}

function viewOf({ name, file, stat, card, isUploaded }: Model, uses: readonly ModelUse[]): Static<typeof ViewSchema> {
  const used_by = usersOf(file, uses);
  const common = { name, size: stat.size, type: 'onnx' as const, modified_at: stat.mtime.toISOString() };
  const known = { ...common, active: used_by.length > 0, used_by, uploaded: isUploaded };
  if ('error' in card) {
    const { code, message } = card.error;
    // Where it lies is nobody's business.
    const error = { code, message: message.replaceAll(file, name) };
    return { ...known, classes: [], family: null, input_size: null, licence: null, error };
  }
  const { w, h } = card.input.size;
  const { family, licence } = card;
  return { ...known, classes: [...card.labels.names], family, input_size: { w, h }, licence, error: null };
}

function inspectionOf({ card }: Model): Static<typeof DetailSchema>['inspection'] {
  if ('error' in card) return null;
  const { certainty, why, layout, not_read, input, outputs, labels, nms_iou, confidence, metadata } = card;
  return {
    ...{ certainty, why, layout, not_read, input, nms_iou, confidence, metadata },
    outputs: outputs.map((output) => ({ ...output, dims: [...output.dims] })),
    labels: { ...labels, names: [...labels.names] },
  };
}

function usersOf(file: string, uses: readonly ModelUse[]): string[] {
  return uses.filter((use) => use.file === file).map(({ camera, node }) => `${camera}.${node}`);
}
