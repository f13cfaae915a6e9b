/**
 * The graph files of a server, the graphs that are active, and every change of them.
 *
 *     disk ──reload, watch──▶ text ──check──▶ active graph ──▶ sessions
 *      ▲                       ▲ apply: a whole text or a patch
 *      └──────persist──────────┘
 *
 * Changes run one after the other. Each takes effect as a whole or not at all: after an error the graphs from before
 * keep running.
 */
import { join, resolve } from 'node:path';
import { errorCode, errorMessage, WindhoverError } from '../errors.ts';
import { Faults, type GraphFault } from '../graph/faults.ts';
import type { CheckedGraph } from '../graph/graph.ts';
import type { GraphText, LoadOptions, LoadResult } from '../graph/load.ts';
import { overruled } from '../graph/sets.ts';
import type { SessionGraph } from '../session/changes.ts';
import { backupsOf, graphsIn, isFolder, replaceFile, writeBackup } from './disk.ts';
import { DiskFollower } from './follower.ts';
import { GraphFile, problemsOf, type Warning } from './graph-file.ts';
import { type GraphPlace, type PutGraph, putGraph, removeGraph } from './graph-files.ts';
import { type Applied, type Candidate, type CatalogServices, Graphs } from './graphs.ts';
import { type Patch, patchText } from './patch.ts';
import { publicText } from './public-text.ts';
import { sessionGraph } from './session-graph.ts';

export interface CatalogOptions extends LoadOptions {
  /** A path may be a folder, which stands for the `*.yaml` files in it. */
  readonly folders?: boolean;
}

/** For each camera a whole text, or a patch of its active text. */
export type Changes = Readonly<Record<string, string | Patch>>;

/** What a change is based on: the version of these cameras. */
export interface Seen {
  readonly version: string;
  readonly cameras: readonly string[];
}

export class Catalog {
  /** Faults of the files as they were loaded. */
  readonly faults: GraphFault[] = [];
  readonly #options: LoadOptions;
  readonly #folders: readonly string[];
  readonly #graphs: Graphs;
  readonly #closed = new AbortController();
  #follower: DiskFollower | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(folders: readonly string[], options: LoadOptions) {
    this.#folders = folders;
    this.#options = options;
    this.#graphs = new Graphs({ ...options, signal: this.#closed.signal });
  }

  /**
   * Loads graph files. Faults of graphs are in `faults`.
   * @throws WindhoverError `usage`: a folder without graphs
   */
  static async load(paths: readonly string[], options: CatalogOptions): Promise<Catalog> {
    const folders = paths.filter((path) => options.folders === true && isFolder(resolve(options.cwd, path)));
    const catalog = new Catalog(folders, options);
    for (const path of paths) {
      const names = folders.includes(path) ? graphsIn(resolve(options.cwd, path)) : null;
      if (names?.length === 0) throw new WindhoverError('usage', `${path} contains no graph files (*.yaml)`);
      if (names) for (const name of names) await catalog.#open(join(path, name), true);
      else await catalog.#open(path, false);
    }
    return catalog;
  }

  /** The active graphs. */
  get graphs(): CheckedGraph[] {
    return this.#graphs.files.flatMap(({ active }) => (active ? [active.graph] : []));
  }

  get sessionGraphs(): SessionGraph[] {
    return this.graphs.map(sessionGraph);
  }

  /** Secret texts of all graphs so far. */
  get secrets(): Iterable<string> {
    return this.#graphs.secrets;
  }

  /** Faults of files on the disk while the graphs from before keep running. */
  warnings(): Warning[] {
    return this.#graphs.files.flatMap(({ warnings }) => warnings);
  }

  /** The active graph of a camera, planned anew; undefined while the files that it names are at fault. */
  async replan(camera: string): Promise<SessionGraph | undefined> {
    const file = this.#graphs.files.find(({ active }) => active?.graph.camera === camera);
    const { active } = file ?? {};
    if (!file || !active) return undefined;
    try {
      const { graph } = await this.#graphs.check(file, active.text);
      return graph ? sessionGraph(graph) : undefined;
    } catch (error) {
      // The session starts again all the same, with the graph that it had.
      this.#graphs.log(file).error(errorMessage(error), { code: 'replan_failed' });
      return undefined;
    }
  }

  /** Connects the sessions that changes are applied to, and the log. */
  attach(services: CatalogServices): void {
    this.#graphs.attach(services);
  }

  /** The active text of a camera: that of the disk, with the changes that are not persisted. */
  text(camera: string): string {
    return this.#graphs.fileOf(camera).active.text;
  }

  /** Checks changes without applying them. */
  async validate(changes: Changes): Promise<GraphFault[]> {
    return (await this.#check(changes)).faults;
  }

  /** Changes with the active text of any of these cameras: an ETag. @throws WindhoverError `unknown_camera` */
  version(cameras: readonly string[]): string {
    const texts = cameras.map((camera) => [camera, this.text(camera)]);
    return `"${Bun.hash(JSON.stringify(texts)).toString(16)}"`;
  }

  /**
   * Applies all changes or none. Writes nothing to the disk.
   * @param changes may be made of the graphs as they are when it is their turn
   * @param seen undefined: whatever they are then
   * @returns when there are faults, nothing was applied
   * @throws WindhoverError `settings_changed`, or the error of a session that could not run its new graph
   */
  apply(changes: Changes | (() => Changes), seen?: Seen): Promise<{ faults: GraphFault[]; applied: Applied[] }> {
    return this.#inTurn(async () => {
      this.#requireSeen(seen);
      const { faults, candidates } = await this.#check(typeof changes === 'function' ? changes() : changes);
      return { faults, applied: faults.length > 0 ? [] : await this.#graphs.install(candidates) };
    });
  }

  /**
   * Writes the active text of a camera to its file, after a backup of the file.
   * @returns path of the backup; null when the file has this text already
   * @throws WindhoverError `edit_conflict`: the file was edited, and the edit is not active
   */
  persist(camera: string): Promise<string | null> {
    return this.#inTurn(async () => {
      const file = this.#graphs.fileOf(camera);
      const { text } = file.active;
      const onDisk = file.read();
      if (onDisk === text) return null;
      if (typeof onDisk !== 'string' || onDisk !== file.seen) {
        throw new WindhoverError('edit_conflict', `${file.name} was edited since it was read`, {
          hint: 'reload it first',
        });
      }
      const backup = writeBackup(file.path, onDisk, this.#graphs.services.clock.unixMs());
      replaceFile(file.path, text);
      file.seen = text;
      return backup;
    });
  }

  /** The active text of a camera for others: passwords in it are hidden, and `${VAR}` stays. */
  publicText(camera: string): string {
    return publicText(this.text(camera), this.#options.env);
  }

  /** The file of a camera, and whether it holds the active text. */
  fileOf(camera: string): { readonly name: string; readonly isPersisted: boolean } {
    const { name, seen, active } = this.#graphs.fileOf(camera);
    return { name, isPersisted: seen === active.text };
  }

  /** Makes a text the graph of a camera, also of a new one, and writes it: see {@link putGraph}. */
  put(camera: string, text: string, seen?: Seen): Promise<PutGraph> {
    return this.#inTurn(() => {
      this.#requireSeen(seen);
      return putGraph(camera, text, this.#place);
    });
  }

  /** Ends a camera; its file becomes a backup: see {@link removeGraph}. */
  remove(camera: string, seen?: Seen): Promise<string | null> {
    return this.#inTurn(() => {
      this.#requireSeen(seen);
      return removeGraph(camera, this.#place);
    });
  }

  get #place(): GraphPlace {
    return { graphs: this.#graphs, folders: this.#folders, cwd: this.#options.cwd };
  }

  /** Paths of the backups of a camera's file, the newest first. To restore one, apply its text. */
  backups(camera: string): string[] {
    return backupsOf(this.#graphs.fileOf(camera).path);
  }

  /**
   * Applies the file on the disk. Changes that are not persisted are lost.
   * @returns its faults; when there are some, nothing was applied
   * @throws the error of a session that could not run its new graph
   */
  reload(camera: string): Promise<readonly GraphFault[]> {
    return this.#inTurn(async () => {
      const file = this.#graphs.fileOf(camera);
      const text = file.read();
      const checked = await this.#graphs.check(file, text);
      await this.#accept(file, text, checked);
      return checked.faults;
    });
  }

  /** Follows edits of the files, and files that are added to folders or deleted. */
  watch(options: { readonly pollMs?: number } = {}): void {
    this.#follower = new DiskFollower({
      ...options,
      graphs: this.#graphs,
      folders: this.#folders,
      cwd: this.#options.cwd,
      // What is wrong is in the log and in the warnings.
      accept: (file, text, checked) => this.#accept(file, text, checked).catch(() => undefined),
      inTurn: (work) => this.#inTurn(work),
    });
  }

  /** Stops watching; resolves when no change is under way. */
  async close(): Promise<void> {
    this.#follower?.close();
    this.#closed.abort();
    await this.#turn;
  }

  async #open(name: string, inFolder: boolean): Promise<void> {
    const file = new GraphFile(name, this.#options.cwd, inFolder);
    if (this.#graphs.files.some(({ path }) => path === file.path)) return;
    const text = file.read();
    const { graph, faults } = await this.#graphs.check(file, text);
    if (graph && typeof text === 'string') file.active = { text, graph };
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
      const text = typeof change === 'string' ? change : patchText(file.active.text, change, env);
      const found = new Faults(file.name);
      if (typeof change !== 'string') overruled(change, sets, found);
      const { graph, faults: ofGraph } = await this.#graphs.check(file, text, candidates);
      faults.push(...found.list(), ...ofGraph);
      if (graph) candidates.push({ file, text, graph });
    }
    return { faults, candidates };
  }

  /** Applies a text that was read from the disk, or records what is wrong with it. @throws as `reload` */
  async #accept(file: GraphFile, text: GraphText, { graph, faults }: LoadResult): Promise<void> {
    const { clock } = this.#graphs.services;
    const log = this.#graphs.log(file);
    file.seen = text;
    if (graph === null || typeof text !== 'string') {
      file.broken(problemsOf(faults), log, clock);
      return;
    }
    try {
      await this.#graphs.install([{ file, text, graph }]);
      file.fixed(log);
    } catch (error) {
      const [code, message] = [errorCode(error) ?? 'unexpected', `${file.name}: ${errorMessage(error)}`];
      file.broken([{ code, message, key: message }], log, clock);
      throw error;
    }
  }

  #requireSeen(seen: Seen | undefined): void {
    if (seen === undefined) return;
    if (seen.version === this.version(seen.cameras)) return;
    throw new WindhoverError('settings_changed', 'The settings have changed since they were read', {
      hint: 'read them again',
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}
