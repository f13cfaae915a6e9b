/** The graphs in force: candidates are checked against each other, and handed to the sessions all together or not at all. */
import type { Clock } from '../clock.ts';
import { WindhoverError } from '../errors.ts';
import { checkGraph, type GraphText, type LoadOptions, type LoadResult } from '../graph/load.ts';
import type { Log } from '../log.ts';
import type { Sessions } from '../session/api.ts';
import type { Changed, SessionGraph } from '../session/changes.ts';
import { changedSettings, changeText } from './changes.ts';
import type { GraphFile, Sound } from './graph-file.ts';
import { sessionGraph } from './session-graph.ts';

/** What runs the graphs: a SessionSet. */
export interface GraphHost extends Pick<Sessions, 'cameras' | 'list' | 'create' | 'remove'> {
  /** Another graph for a camera and its session, if any. @throws when the session can't run it; the one before goes on */
  change(camera: string, graph: SessionGraph): Promise<Changed>;
  add(graph: SessionGraph): void;
  /** Its session, if any, has been removed. */
  drop(camera: string): void;
}

export interface CatalogServices {
  readonly host: GraphHost;
  readonly log: Log;
  readonly clock: Clock;
  /** Start a session for a file that comes while the server runs. */
  readonly startNew?: boolean;
}

/** What was done to one camera. */
export interface Applied extends Changed {
  readonly camera: string;
  readonly file: string;
  /** `detect.confidence`, `+zones`, `-publish` */
  readonly settings: readonly string[];
}

export interface Candidate extends Sound {
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
    const camera = file.sound ? { camera: file.sound.graph.camera } : {};
    return this.services.log.with({ ...camera, graph: file.name });
  }

  /** @throws WindhoverError `unknown_camera` */
  fileOf(camera: string): GraphFile & { sound: Sound } {
    const file = this.files.find(({ sound }) => sound?.graph.camera === camera);
    if (file && hasSound(file)) return file;
    throw new WindhoverError('unknown_camera', `Unknown camera_id: ${camera}`);
  }

  /** @param others that are to be in force at the same time */
  async check(file: GraphFile, text: GraphText, others: readonly Candidate[] = []): Promise<LoadResult> {
    const cameraOwner = (camera: string) => {
      const next = (other: GraphFile) => others.find((candidate) => candidate.file === other) ?? other.sound;
      return this.files.find((other) => other !== file && next(other)?.graph.camera === camera)?.name;
    };
    const result = await checkGraph(text, file.name, { ...this.#options, cameraOwner });
    for (const secret of result.secrets) {
      this.secrets.add(secret);
      this.#services?.log.hide(secret);
    }
    return result;
  }

  /** Puts graphs into force. @throws why a session can't run one of them; all those from before go on */
  async install(candidates: readonly Candidate[]): Promise<Applied[]> {
    const applied: Applied[] = [];
    const undo: (() => Promise<unknown>)[] = [];
    try {
      for (const { file, text, graph } of candidates) {
        const before = file.sound;
        const changed = await this.swap(file, { text, graph });
        undo.unshift(() => this.swap(file, before));
        const settings = before ? changedSettings(before.graph, graph) : [];
        applied.push({ ...changed, camera: graph.camera, file: file.name, settings });
        if (before?.text === text) continue;
        this.log(file).info(before ? changeText(settings, changed) : 'a new camera');
      }
    } catch (error) {
      for (const step of undo) await step();
      throw error;
    }
    return applied;
  }

  /** What is in force for one file changes, comes or (null) goes. */
  async swap(file: GraphFile, next: Sound | null): Promise<Changed> {
    const { host, startNew } = this.services;
    const before = file.sound?.graph.camera;
    const after = next ? sessionGraph(next.graph) : null;
    let changed = NOTHING;
    if (before === undefined) {
      if (after) host.add(after);
      if (after && startNew) host.create(after.camera);
    } else if (after?.camera === before) {
      changed = await host.change(before, after);
      // What made it fail may be mended now.
      const failed = host.list().some(({ camera_id, state }) => camera_id === before && state === 'failed');
      if (failed) host.create(before);
    } else {
      // Another camera: what clients know by the old name ends.
      const session = host.cameras().find(({ camera_id }) => camera_id === before)?.session_id;
      if (session) await host.remove(session);
      if (after) await host.change(before, after);
      else host.drop(before);
      if (after && session) host.create(after.camera);
      if (session) changed = { ...NOTHING, how: 'process' };
    }
    file.sound = next;
    return changed;
  }
}

function hasSound(file: GraphFile): file is GraphFile & { sound: Sound } {
  return file.sound !== null;
}
