/** The routes of settings and models over a real catalog of the built-in nodes; sessions only remember their graphs. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtinNodes } from '../../nodes/index.ts';
import { Catalog } from '../../runtime/catalog/catalog.ts';
import { modelInspector } from '../../runtime/cli/models/inspector.ts';
import { SystemClock } from '../../runtime/clock.ts';
import type { ProcessLimits } from '../../runtime/limited-process.ts';
import { createLog } from '../../runtime/log.ts';
import { ModelStore } from '../../runtime/models/model-store.ts';
import { createApp } from '../../runtime/server/app.ts';
import type { ServerLimits } from '../../runtime/server/limits.ts';
import { Host } from '../catalog/rig.ts';
import { chain, Folder, graphText } from '../support/graphs.ts';
import { Documented } from './documented.ts';
import { FakeLog, FakeSessions } from './fake-sessions.ts';
import { harmless } from './hostile-models.ts';

export class ModelRig implements Disposable {
  readonly host = new Host();
  readonly #folder: Folder;
  readonly #catalog: Catalog;
  readonly #documented: Documented;

  private constructor(folder: Folder, catalog: Catalog, limits: Partial<ServerLimits>, trial?: ProcessLimits) {
    this.#folder = folder;
    this.#catalog = catalog;
    const clock = new SystemClock();
    const surroundings = {
      root: folder.path,
      cwd: folder.path,
      env: {},
      stdout: process.stdout,
      stderr: process.stderr,
    };
    const models = new ModelStore(foldersIn(folder), modelInspector(surroundings, trial));
    const sessions = new FakeSessions(['cam']);
    this.#documented = new Documented(
      createApp({ sessions, catalog, models, version: '1', clock, log: new FakeLog(), limits }),
    );
    this.host.graphs = catalog.sessionGraphs;
    catalog.attach({ host: this.host, log: createLog({ write: () => undefined, pretty: false }), clock });
  }

  /** A camera with the model `first`; `second` is there, too. */
  static async start(limits: Partial<ServerLimits> = {}, trial?: ProcessLimits): Promise<ModelRig> {
    const folder = new Folder();
    mkdirSync(folder.file('models'));
    for (const name of ['first', 'second']) writeFileSync(folder.file(`models/${name}.onnx`), harmless());
    folder.write(
      'cam.yaml',
      graphText(chain('realtime', { detect: '{ use: detect, from: decode, with: { model: first } }' })),
    );
    const prepare = { modelFolders: foldersIn(folder) };
    const options = { builtins: builtinNodes, env: {}, sets: [], cwd: folder.path, prepare, folders: true };
    const catalog = await Catalog.load(['.'], options);
    return new ModelRig(folder, catalog, limits, trial);
  }

  get folder(): string {
    return this.#folder.path;
  }

  /** What detect of a camera is told to run. */
  model(camera: string): unknown {
    const graph = this.host.graphs.find((each) => each.camera === camera);
    return graph?.engine.nodes.find(({ id }) => id === 'detect')?.params.model;
  }

  /** All that is in the folder of uploads, with what is under way. */
  uploaded(): string[] {
    const folder = foldersIn(this.#folder).at(-1) ?? '';
    if (!existsSync(folder)) return [];
    return readdirSync(folder, { recursive: true })
      .map(String)
      .filter((name) => name !== '.incoming');
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const text = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    return this.#ask(new Request(`http://localhost${path}`, { method, headers, ...text }));
  }

  upload(bytes: Uint8Array<ArrayBuffer>, name: string, query = '') {
    const form = new FormData();
    form.set('file', new Blob([bytes]), name);
    return this.#ask(new Request(`http://localhost/models/upload${query}`, { method: 'POST', body: form }));
  }

  [Symbol.dispose](): void {
    void this.#catalog.close();
    this.#folder[Symbol.dispose]();
  }

  async #ask(request: Request) {
    const answer = await this.#documented.ask(request);
    const body = (await answer.json()) as { models?: readonly { name: string; modified_at: string }[] };
    return { status: answer.status, etag: answer.headers.get('etag') ?? '', body };
  }
}

function foldersIn(folder: Folder): string[] {
  return [folder.file('models'), join(folder.path, 'state', 'models')];
}
