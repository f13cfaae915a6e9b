/**
 * The graph files of a server: what they say, what of it is in force, and every change of it.
 *
 *     disk ──reload, watch──▶ text ──check──▶ graph in force ──▶ sessions
 *      ▲                       ▲ validate, apply: a whole text or a patch
 *      └──────persist──────────┘
 *
 * All changes go one after the other. A change takes effect as a whole or not at all: whatever is wrong with it, the
 * graphs from before go on.
 */
import { join, resolve } from 'node:path';
import { errorCode, errorMessage, WindhoverError } from '../errors.ts';
import { Faults, type GraphFault } from '../graph/faults.ts';
import type { CheckedGraph } from '../graph/graph.ts';
import type { GraphText, LoadOptions } from '../graph/load.ts';
import { overruled } from '../graph/sets.ts';
import type { SessionGraph } from '../session/changes.ts';
import { backupsOf, graphsIn, isFolder, replaceFile, writeBackup } from './disk.ts';
import { Follower } from './follower.ts';
import { GraphFile, problemsOf, type Warning } from './graph-file.ts';
import { type Applied, type Candidate, type CatalogServices, Graphs } from './graphs.ts';
import { type Patch, patchText } from './patch.ts';
import { sessionGraph } from './session-graph.ts';

/** For each camera a whole text, or a patch of the one in force. */
export type Changes = Readonly<Record<string, string | Patch>>;

export class Catalog {
  /** Of the files when they were loaded. */
  readonly faults: GraphFault[] = [];
  readonly #options: LoadOptions;
  readonly #folders: readonly string[];
  readonly #graphs: Graphs;
  #follower: Follower | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(folders: readonly string[], options: LoadOptions) {
    this.#folders = folders;
    this.#options = options;
    this.#graphs = new Graphs(options);
  }

  /**
   * @param paths files, and folders whose `*.yaml` are meant. What is wrong with a graph is in `faults`.
   * @throws WindhoverError `usage`: a folder without graphs
   */
  static async load(paths: readonly string[], options: LoadOptions): Promise<Catalog> {
    const folders = paths.filter((path) => isFolder(resolve(options.cwd, path)));
    const catalog = new Catalog(folders, options);
    for (const path of paths) {
      const names = folders.includes(path) ? graphsIn(resolve(options.cwd, path)) : null;
      if (names?.length === 0) throw new WindhoverError('usage', `${path} contains no graph files (*.yaml)`);
      if (names) for (const name of names) await catalog.#open(join(path, name), true);
      else await catalog.#open(path, false);
    }
    return catalog;
  }

  /** Those in force. */
  get graphs(): CheckedGraph[] {
    return this.#graphs.files.flatMap(({ sound }) => (sound ? [sound.graph] : []));
  }

  get sessionGraphs(): SessionGraph[] {
    return this.graphs.map(sessionGraph);
  }

  /** Texts of the graphs so far that nobody must see. */
  get secrets(): Iterable<string> {
    return this.#graphs.secrets;
  }

  /** What is wrong with files on the disk while the graphs from before go on. */
  warnings(): Warning[] {
    return this.#graphs.files.flatMap(({ warnings }) => warnings);
  }

  /** From now on changes reach sessions, and the log. */
  attach(services: CatalogServices): void {
    this.#graphs.attach(services);
  }

  /** The text in force of a camera's file: that of the disk, but for changes that were not persisted. */
  text(camera: string): string {
    return this.#graphs.fileOf(camera).sound.text;
  }

  /** What is wrong with changes; nothing is done. */
  async validate(changes: Changes): Promise<GraphFault[]> {
    return (await this.#check(changes)).faults;
  }

  /**
   * Puts changes into force, all of them or none. Nothing is written to the disk.
   * @returns with faults: nothing was done
   * @throws why a session can't run its graph
   */
  apply(changes: Changes): Promise<{ faults: GraphFault[]; applied: Applied[] }> {
    return this.#inTurn(async () => {
      const { faults, candidates } = await this.#check(changes);
      return { faults, applied: faults.length > 0 ? [] : await this.#graphs.install(candidates) };
    });
  }

  /**
   * Writes the text in force to the camera's file. The one before it is kept as a backup.
   * @returns path of the backup; null: the disk says so already
   * @throws WindhoverError `edit_conflict`: the file was edited, and the edit is not in force
   */
  persist(camera: string): Promise<string | null> {
    return this.#inTurn(async () => {
      const file = this.#graphs.fileOf(camera);
      const { text } = file.sound;
      const onDisk = file.read();
      if (onDisk === text) return null;
      if (typeof onDisk !== 'string' || onDisk !== file.seen) {
        throw new WindhoverError('edit_conflict', `${file.name} has been edited since`, { hint: 'reload it first' });
      }
      const backup = writeBackup(file.path, onDisk, this.#graphs.services.clock.unixMs());
      replaceFile(file.path, text);
      file.seen = text;
      return backup;
    });
  }

  /** Paths of the backups of a camera's file, the newest first. `apply` puts the text of one into force. */
  backups(camera: string): string[] {
    return backupsOf(this.#graphs.fileOf(camera).path);
  }

  /** Puts into force what the disk says; changes that were not persisted are gone. @returns what is wrong with it */
  reload(camera: string): Promise<GraphFault[]> {
    return this.#inTurn(async () => {
      const file = this.#graphs.fileOf(camera);
      return await this.#take(file, file.read());
    });
  }

  /** Follows edits of the files, files that come to folders, and files that go. */
  watch(options: { readonly beatMs?: number } = {}): void {
    this.#follower = new Follower({
      ...options,
      graphs: this.#graphs,
      folders: this.#folders,
      cwd: this.#options.cwd,
      take: (file, text) => this.#take(file, text),
      inTurn: (work) => this.#inTurn(work),
    });
  }

  /** Stops watching; resolves when no change is under way. */
  async close(): Promise<void> {
    this.#follower?.close();
    await this.#turn;
  }

  async #open(name: string, inFolder: boolean): Promise<void> {
    const file = new GraphFile(name, this.#options.cwd, inFolder);
    if (this.#graphs.files.some(({ path }) => path === file.path)) return;
    const text = file.read();
    const { graph, faults } = await this.#graphs.check(file, text);
    if (graph && typeof text === 'string') file.sound = { text, graph };
    file.seen = text;
    this.faults.push(...faults);
    this.#graphs.files.push(file);
  }

  async #check(changes: Changes): Promise<{ faults: GraphFault[]; candidates: Candidate[] }> {
    const faults: GraphFault[] = [];
    const candidates: Candidate[] = [];
    for (const [camera, change] of Object.entries(changes)) {
      const file = this.#graphs.fileOf(camera);
      const { env, sets } = this.#options;
      const text = typeof change === 'string' ? change : patchText(file.sound.text, change, env);
      const found = new Faults(file.name);
      if (typeof change !== 'string') overruled(change, sets, found);
      const { graph, faults: ofGraph } = await this.#graphs.check(file, text, candidates);
      faults.push(...found.list(), ...ofGraph);
      if (graph) candidates.push({ file, text, graph });
    }
    return { faults, candidates };
  }

  /** Puts the text of the disk into force, or notes what is wrong with it. */
  async #take(file: GraphFile, text: GraphText): Promise<GraphFault[]> {
    const nowUnixMs = this.#graphs.services.clock.unixMs();
    const log = this.#graphs.log(file);
    file.seen = text;
    const { graph, faults } = await this.#graphs.check(file, text);
    if (graph === null || typeof text !== 'string') {
      file.broken(problemsOf(faults), log, nowUnixMs);
      return [...faults];
    }
    try {
      await this.#graphs.install([{ file, text, graph }]);
      file.mended(log);
    } catch (error) {
      const [code, message] = [errorCode(error) ?? 'unexpected', `${file.name}: ${errorMessage(error)}`];
      file.broken([{ code, message, key: message }], log, nowUnixMs);
    }
    return [];
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}
