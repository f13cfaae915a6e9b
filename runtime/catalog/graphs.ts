/** The active graphs: new ones are checked together and given to the sessions, all of them or none. */
import type { Clock } from '../clock.ts';
import { errorMessage, WindhoverError } from '../errors.ts';
import { checkGraph, type GraphText, type LoadOptions, type LoadResult } from '../graph/load.ts';
import type { Log } from '../log.ts';
import type { Sessions } from '../session/api.ts';
import type { Changed, SessionGraph } from '../session/changes.ts';
import { changedSettings, changeText } from './changes.ts';
import type { ActiveGraph, GraphFile } from './graph-file.ts';
import { sessionGraph } from './session-graph.ts';

/** What runs the graphs: a SessionSet. */
export interface GraphHost extends Pick<Sessions, 'cameras' | 'list' | 'create' | 'remove'> {
  /** Another graph for a camera and its session, if any. @throws when the session can't run it; the one before keeps running */
  change(camera: string, graph: SessionGraph): Promise<Changed>;
  add(graph: SessionGraph): void;
  /** Its session, if any, has been removed. */
  drop(camera: string): void;
}

export interface CatalogServices {
  readonly host: GraphHost;
  readonly log: Log;
  readonly clock: Clock;
  /** Start a session for a file that is added while the server runs. */
  readonly startNew?: boolean;
}

/** What was done to one camera. */
export interface Applied extends Changed {
  readonly camera: string;
  readonly file: string;
  /** `detect.confidence`, `+zones`, `-publish` */
  readonly settings: readonly string[];
}

export interface Candidate extends ActiveGraph {
  readonly file: GraphFile;
}

const NOTHING: Changed = { how: 'nothing', nodes: [], workers: [] };

export class Graphs {
  readonly files: GraphFile[] = [];
  readonly secrets = new Set<string>();
  readonly #options: LoadOptions;
  #services: CatalogServices | undefined;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  attach(services: CatalogServices): void {
    this.#services = services;
  }

  get services(): CatalogServices {
    if (this.#services) return this.#services;
    throw new WindhoverError('not_attached', 'The catalog has no sessions yet');
  }

  log(file: GraphFile): Log {
    const camera = file.active ? { camera: file.active.graph.camera } : {};
    return this.services.log.with({ ...camera, graph: file.name });
  }

  /** @throws WindhoverError `unknown_camera` */
  fileOf(camera: string): GraphFile & { active: ActiveGraph } {
    const file = this.files.find(({ active }) => active?.graph.camera === camera);
    if (file && hasActive(file)) return file;
    throw new WindhoverError('unknown_camera', `Unknown camera_id: ${camera}`);
  }

  /**
   * @param others that become active at the same time
   * @param rules for a text that comes from outside
   */
  async check(
    file: GraphFile,
    text: GraphText,
    others: readonly Candidate[] = [],
    rules: Pick<LoadOptions, 'camera' | 'mayLoad'> = {},
  ): Promise<LoadResult> {
    const cameraOwner = (camera: string) => {
      const next = (other: GraphFile) => others.find((candidate) => candidate.file === other) ?? other.active;
      return this.files.find((other) => other !== file && next(other)?.graph.camera === camera)?.name;
    };
    const result = await checkGraph(text, file.name, { ...this.#options, ...rules, cameraOwner });
    for (const secret of result.secrets) {
      this.secrets.add(secret);
      this.#services?.log.hide(secret);
    }
    return result;
  }

  /** Makes graphs active. @throws the error of a session that can't run one; the graphs from before keep running */
  async install(candidates: readonly Candidate[]): Promise<Applied[]> {
    const applied: Applied[] = [];
    const undo: (() => Promise<unknown>)[] = [];
    try {
      for (const { file, text, graph } of candidates) {
        const before = file.active;
        const changed = await this.replace(file, { text, graph });
        undo.unshift(() => this.replace(file, before));
        const settings = before ? changedSettings(before.graph, graph) : [];
        applied.push({ ...changed, camera: graph.camera, file: file.name, settings });
        if (before?.text === text) continue;
        this.log(file).info(before ? changeText(settings, changed) : 'camera added');
      }
    } catch (error) {
      for (const step of undo) {
        await step().catch((reason: unknown) => this.services.log.error(errorMessage(reason), { code: 'undo_failed' }));
      }
      throw error;
    }
    return applied;
  }

  /** Changes, adds or (null) removes the active graph of a file. */
  async replace(file: GraphFile, next: ActiveGraph | null): Promise<Changed> {
    const { host, startNew } = this.services;
    const before = file.active?.graph.camera;
    const after = next ? sessionGraph(next.graph) : null;
    let changed = NOTHING;
    if (before === undefined) {
      if (after) host.add(after);
      if (after && startNew) host.create(after.camera);
    } else if (after?.camera === before) {
      changed = await host.change(before, after);
      // The cause of its failure may be gone.
      const failed = host.list().some(({ camera_id, state }) => camera_id === before && state === 'failed');
      if (failed) host.create(before);
    } else {
      // The id is another camera to clients: the session of the old one ends.
      const session = host.cameras().find(({ camera_id }) => camera_id === before)?.session_id;
      if (session) await host.remove(session);
      if (after) await host.change(before, after);
      else host.drop(before);
      if (after && session) host.create(after.camera);
      if (session) changed = { ...NOTHING, how: 'process' };
    }
    file.active = next;
    return changed;
  }
}

function hasActive(file: GraphFile): file is GraphFile & { active: ActiveGraph } {
  return file.active !== null;
}
