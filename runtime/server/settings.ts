/**
 * The settings routes. Every answer about settings has an ETag; a change with `If-Match` that is
 * based on older ones is refused with 409.
 */
import { type Static, Type } from '@sinclair/typebox';
import type { Elysia } from 'elysia';
import { seesCamera } from '../access/caller.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Applied } from '../catalog/graphs.ts';
import { Settings } from '../catalog/settings.ts';
import { errorCode, errorMessage, WindhoverError } from '../errors.ts';
import { formatFault, type GraphFault } from '../graph/faults.ts';
import { readJson } from './body.ts';
import { callerOf, noteChange } from './context.ts';
import { unknownCamera } from './errors.ts';
import type { ServerLimits } from './limits.ts';
import {
  AllSchema,
  BackupsSchema,
  CameraSchema,
  CHANGES,
  FaultsSchema,
  PersistedSchema,
  RestoreSchema,
  UNKNOWN,
  VerdictSchema,
  WhichSchema,
} from './settings-views.ts';
import { checkVariables } from './variables.ts';
import { describe, ErrorSchema } from './views.ts';

interface Routes {
  readonly catalog: Catalog;
  readonly settings: Settings;
  readonly limits: ServerLimits;
}

export function addSettings(app: Elysia, catalog: Catalog, limits: ServerLimits): void {
  const routes = { catalog, settings: new Settings(catalog), limits };
  addViews(app, routes);
  addChanges(app, routes);
  addFiles(app, routes);
}

function addViews(app: Elysia, { settings }: Routes): void {
  const view = (cameras: readonly string[], isDetailed: boolean) =>
    Object.fromEntries(cameras.map((id) => [id, isDetailed ? settings.details(id) : settings.of(id)]));
  const detail = {
    ...{ name: 'detail', in: 'query', required: false },
    schema: { type: 'boolean', description: DETAIL },
  } as const;
  app.get(
    '/settings',
    ({ query, request, set }) => {
      const cameras = seen(request, settings);
      set.headers.etag = settings.version(cameras);
      return view(cameras, query.detail === 'true');
    },
    {
      detail: {
        ...describe(
          'The settings of all cameras',
          { 200: { says: 'In effect', schema: AllSchema } },
          { role: 'viewer' },
        ),
        parameters: [detail],
      },
    },
  );
  app.get(
    '/settings/:camera',
    ({ params: { camera }, query, set }) => {
      set.headers.etag = settings.version([camera]);
      return view([camera], query.detail === 'true')[camera];
    },
    {
      detail: {
        ...describe(
          'The settings of one camera',
          { 200: { says: 'In effect', schema: CameraSchema }, 404: UNKNOWN },
          { role: 'viewer' },
        ),
        parameters: [detail],
      },
    },
  );
}

const DETAIL = 'true: for each option its value, default, whether it is live, and its schema';

function addChanges(app: Elysia, { catalog, settings, limits }: Routes): void {
  const change = async (patch: Static<typeof AllSchema>, request: Request, cameras: () => readonly string[]) => {
    const version = request.headers.get('if-match') ?? '*';
    checkPatch(patch, request, catalog);
    const seen = version === '*' ? undefined : { version, cameras: cameras() };
    const outcome = await settings.patch(patch, seen).catch(notApplied);
    if (!('applied' in outcome)) return faultsResponse(outcome.faults);
    const headers = { etag: settings.version(cameras()) };
    const shown = Object.fromEntries(Object.keys(patch).map((camera) => [camera, settings.of(camera)]));
    noteChange(request, undefined, { changed: didWhat(outcome.applied).changed });
    return Response.json({ ...didWhat(outcome.applied), settings: shown }, { headers });
  };
  app.patch(
    '/settings',
    async ({ request }) =>
      change(await readJson(request, AllSchema, limits.maxBodyBytes), request, () => seen(request, settings)),
    {
      parse: 'none',
      detail: describe('Change settings: a deep merge, all or nothing; null: the default', CHANGES, {
        role: 'admin',
        body: AllSchema,
      }),
    },
  );
  app.patch(
    '/settings/:camera',
    async ({ request, params: { camera } }) => {
      const nodes = await readJson(request, CameraSchema, limits.maxBodyBytes);
      return change({ [camera]: nodes }, request, () => [camera]);
    },
    {
      parse: 'none',
      detail: describe('Change settings of one camera', CHANGES, { role: 'admin', body: CameraSchema }),
    },
  );
  app.post(
    '/settings/validate',
    async ({ request }) => {
      const patch = await readJson(request, AllSchema, limits.maxBodyBytes);
      checkPatch(patch, request, catalog);
      const faults = await settings.validate(patch);
      return { valid: faults.length === 0, faults: faults.map(shownFault) };
    },
    {
      parse: 'none',
      detail: describe(
        'What a change would meet; applies nothing',
        {
          200: { says: 'The verdict', schema: VerdictSchema },
          400: { says: 'Bad body', schema: ErrorSchema },
          404: UNKNOWN,
        },
        { role: 'admin', body: AllSchema },
      ),
    },
  );
}

function addFiles(app: Elysia, { catalog, settings, limits }: Routes): void {
  const which = async (request: Request) => {
    const { camera_id } = await readJson(request, WhichSchema, limits.maxBodyBytes);
    const cameras = seen(request, settings);
    if (camera_id !== undefined && !cameras.includes(camera_id)) throw unknownCamera(camera_id);
    const wanted = camera_id === undefined ? cameras : [camera_id];
    noteChange(request, camera_id, { cameras: wanted });
    return wanted;
  };
  app.post(
    '/settings/persist',
    async ({ request }) => {
      const persisted: Static<typeof PersistedSchema>['persisted'] = [];
      for (const camera_id of await which(request)) {
        const backup = await catalog.persist(camera_id);
        persisted.push({ camera_id, backup: backup && fileName(backup) });
      }
      return { persisted };
    },
    {
      parse: 'none',
      detail: describe(
        'Write the settings in effect to the graph files, after a backup',
        {
          200: { says: 'Written; comments, order and quotes are kept', schema: PersistedSchema },
          404: UNKNOWN,
          409: { says: 'A file was edited, and the edit is not active', schema: ErrorSchema },
        },
        { role: 'admin', body: WhichSchema },
      ),
    },
  );
  app.post(
    '/settings/reload',
    async ({ request }) => {
      const cameras = await which(request);
      const faults = (await Promise.all(cameras.map((camera) => catalog.reload(camera)))).flat();
      return faults.length > 0 ? faultsResponse(faults) : { reloaded: cameras };
    },
    {
      parse: 'none',
      detail: describe(
        'Read the graph files again; changes that are not persisted are lost',
        {
          200: { says: 'Done', schema: Type.Object({ reloaded: Type.Array(Type.String()) }) },
          400: { says: 'Faults of a file; its graph from before goes on', schema: FaultsSchema },
          404: UNKNOWN,
        },
        { role: 'admin', body: WhichSchema },
      ),
    },
  );
  app.get('/settings/:camera/backups', ({ params }) => ({ backups: catalog.backups(params.camera).map(fileName) }), {
    detail: describe(
      'Backups of a graph file',
      { 200: { says: 'Names', schema: BackupsSchema }, 404: UNKNOWN },
      { role: 'admin' },
    ),
  });
  app.post(
    '/settings/:camera/restore',
    async ({ request, params: { camera } }) => {
      const { backup } = await readJson(request, RestoreSchema, limits.maxBodyBytes);
      const path = catalog.backups(camera).find((each) => fileName(each) === backup);
      if (path === undefined) throw new WindhoverError('unknown_backup', `Unknown backup: ${backup}`);
      noteChange(request, camera, { backup });
      const { faults, applied } = await catalog.apply({ [camera]: await Bun.file(path).text() });
      return faults.length > 0
        ? faultsResponse(faults)
        : { ...didWhat(applied), settings: { [camera]: settings.of(camera) } };
    },
    {
      parse: 'none',
      detail: describe('Apply a backup; persist it to write it', CHANGES, { role: 'admin', body: RestoreSchema }),
    },
  );
}

/** The cameras that exist for the caller. */
function seen(request: Request, { cameras }: Settings): readonly string[] {
  const caller = callerOf(request);
  return cameras.filter((camera) => seesCamera(caller, camera));
}

/** @throws WindhoverError `bad_body`, `forbidden`, `unknown_camera`: one that does not exist for the caller */
function checkPatch(patch: object, request: Request, catalog: Catalog): void {
  checkDepth(patch);
  const caller = callerOf(request);
  const foreign = Object.keys(patch).find((camera) => !seesCamera(caller, camera));
  if (foreign !== undefined) throw unknownCamera(foreign);
  for (const [camera, nodes] of Object.entries(patch)) checkVariables(caller, catalog.text(camera), () => nodes);
}

/** What it took, in the words of settings. */
export function didWhat(applied: readonly Applied[]) {
  const of = (wanted: Applied['how'][], list: (each: Applied) => readonly string[]) =>
    applied
      .filter(({ how }) => wanted.includes(how))
      .flatMap((each) => list(each).map((name) => `${each.camera}.${name}`));
  return {
    live: of(['live'], ({ settings }) => settings),
    restarted: of(['workers', 'process'], ({ nodes }) => nodes),
    changed: applied.flatMap(({ camera, settings }) => settings.map((name) => `${camera}.${name}`)),
  };
}

const OURS = new Set([
  ...['unknown_camera', 'unknown_node', 'settings_changed', 'patch_failed', 'camera_changed', 'no_model_node'],
  ...['no_graph_folder', 'camera_name_invalid', 'graph_file_taken', 'edit_conflict'],
]);

/** Why a change was not applied, in the words of whoever could not run it. */
export function notApplied(error: unknown): never {
  throw OURS.has(errorCode(error) ?? '')
    ? error
    : new WindhoverError('not_applied', errorMessage(error), { cause: error });
}

const MOST_DEPTH = 32;

/** @throws WindhoverError `bad_body`: what nobody wrote by hand */
export function checkDepth(value: unknown, depth = 0): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > MOST_DEPTH) throw new WindhoverError('bad_body', `Bad body: nested more than ${MOST_DEPTH} deep`);
  for (const each of Object.values(value)) checkDepth(each, depth + 1);
}

export function faultsResponse(faults: readonly GraphFault[], status = 400): Response {
  const error = `Not applied: ${faults.slice(0, 3).map(formatFault).join('; ')}`;
  return Response.json({ error, faults: faults.map(shownFault) }, { status });
}

function shownFault({ file, line, column, path, code, message }: GraphFault) {
  return { file, line, column, path, code, message };
}

export function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
