/** A catalog over real files, with sessions that only remember what they are to run. */
import { Catalog } from '../../runtime/catalog/catalog.ts';
import type { GraphHost } from '../../runtime/catalog/graphs.ts';
import { SystemClock } from '../../runtime/clock.ts';
import { WindhoverError } from '../../runtime/errors.ts';
import type { LoadOptions } from '../../runtime/graph/load.ts';
import { createLog } from '../../runtime/log.ts';
import type { SessionView } from '../../runtime/session/api.ts';
import type { Changed, SessionGraph } from '../../runtime/session/changes.ts';
import { NODES } from '../graph/nodes.ts';
import { viewOf } from '../server/fake-sessions.ts';
import { Folder } from '../support/graphs.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { nodeTable } from '../support/node-table.ts';

export class Host implements GraphHost {
  graphs: SessionGraph[] = [];
  /** Cameras with a session. */
  readonly running = new Set<string>();
  readonly failed = new Set<string>();
  /** What happened, in order. */
  readonly done: string[] = [];
  /** A camera whose session can't run another graph. */
  refuses: string | undefined;

  cameras() {
    return this.graphs.map(({ camera, file }) => {
      return { camera_id: camera, graph: file, session_id: this.running.has(camera) ? `s-${camera}` : null };
    });
  }

  list(): SessionView[] {
    return [...this.running].map((camera) => {
      const view = viewOf(`s-${camera}`, camera);
      return this.failed.has(camera) ? { ...view, state: 'failed' } : view;
    });
  }

  create(camera = '') {
    this.done.push(`create ${camera}`);
    this.running.add(camera);
    this.failed.delete(camera);
    return { view: viewOf(`s-${camera}`, camera), created: true };
  }

  async remove(session: string): Promise<boolean> {
    this.done.push(`remove ${session}`);
    return this.running.delete(session.slice('s-'.length));
  }

  async change(camera: string, graph: SessionGraph): Promise<Changed> {
    if (camera === this.refuses) throw new WindhoverError('model_broken', 'the model cannot be opened');
    this.done.push(`change ${camera}`);
    this.graphs = this.graphs.map((one) => (one.camera === camera ? graph : one));
    return { how: this.running.has(camera) ? 'live' : 'nothing', nodes: [], workers: [] };
  }

  add(graph: SessionGraph): void {
    this.done.push(`add ${graph.camera}`);
    this.graphs.push(graph);
  }

  drop(camera: string): void {
    this.done.push(`drop ${camera}`);
    this.graphs = this.graphs.filter((graph) => graph.camera !== camera);
  }
}

export interface RigOptions extends Partial<Pick<LoadOptions, 'env' | 'sets'>> {
  readonly startNew?: boolean;
  /** The real clock instead of `clock`. */
  readonly realTime?: boolean;
  /** Files by name. */
  readonly files: Readonly<Record<string, string>>;
  /** What is served; the whole folder when absent. */
  readonly paths?: readonly string[];
}

export class Rig implements AsyncDisposable {
  readonly folder = new Folder();
  readonly host = new Host();
  readonly log: Record<string, unknown>[] = [];
  readonly catalog: Catalog;
  readonly clock = new ManualClock();

  private constructor(folder: Folder, catalog: Catalog, { startNew = false, realTime = false }: RigOptions) {
    this.folder = folder;
    this.catalog = catalog;
    this.host.graphs = catalog.sessionGraphs;
    const log = createLog({ write: (line) => this.log.push(JSON.parse(line)), pretty: false });
    catalog.attach({ host: this.host, log, clock: realTime ? new SystemClock() : this.clock, startNew });
  }

  static async start(options: RigOptions): Promise<Rig> {
    const { files, paths = ['.'], env = {}, sets = [] } = options;
    const folder = new Folder();
    for (const [name, text] of Object.entries(files)) folder.write(name, text);
    const load = {
      builtins: nodeTable(NODES),
      env,
      sets,
      cwd: folder.path,
      prepare: { modelFolders: [] },
      folders: true,
    };
    return new Rig(folder, await Catalog.load(paths, load), options);
  }

  /** What a node of a camera is told. */
  params(camera: string, node: string): Record<string, unknown> | undefined {
    return this.host.graphs.find((graph) => graph.camera === camera)?.engine.nodes.find(({ id }) => id === node)
      ?.params;
  }

  /** The messages of the log so far. */
  said(level = 'error'): string[] {
    return this.log.filter((entry) => entry.level === level).map(({ message }) => String(message));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.catalog.close();
    this.folder[Symbol.dispose]();
  }
}
