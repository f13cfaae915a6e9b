/** Follows the disk: edits of graph files, files that are added to a served folder, files that are deleted. */
import { basename, dirname, join, resolve } from 'node:path';
import { errorMessage } from '../errors.ts';
import type { GraphText, LoadResult } from '../graph/load.ts';
import { fileMark, graphsIn, isFolder } from './disk.ts';
import { GraphFile } from './graph-file.ts';
import type { Graphs } from './graphs.ts';
import { FolderWatch } from './watch.ts';

/** A text with faults may be half written. */
const SETTLE_MS = 150;
/** Some editors and tools delete a file before they write the new one. */
const DELETED_MS = 1000;

export interface FollowerOptions {
  readonly graphs: Graphs;
  /** Served folders, as the user named them. */
  readonly folders: readonly string[];
  readonly cwd: string;
  readonly pollMs?: number;
  /** Applies a text, or records what is wrong with it. */
  accept(file: GraphFile, text: GraphText, checked: LoadResult): Promise<void>;
  /** Runs it when no other change is under way. */
  inTurn(work: () => Promise<void>): Promise<void>;
}

export class DiskFollower {
  readonly #options: FollowerOptions;
  readonly #watch: FolderWatch;

  constructor(options: FollowerOptions) {
    this.#options = options;
    const { graphs, pollMs } = options;
    const folders = options.folders.map((folder) => resolve(options.cwd, folder));
    this.#watch = new FolderWatch({
      folders: () => [...folders, ...graphs.files.map(({ path }) => dirname(path))],
      wants: (name) => /\.ya?ml$/.test(name) || graphs.files.some(({ path }) => basename(path) === name),
      scan: (event) => {
        options
          .inTurn(() => this.#scan(event))
          .catch((error: unknown) => graphs.services.log.error(errorMessage(error), { code: 'watch_failed' }));
      },
      ...(pollMs === undefined ? {} : { pollMs }),
    });
  }

  close(): void {
    this.#watch.close();
  }

  async #scan(event: boolean): Promise<void> {
    const { graphs, folders, cwd } = this.#options;
    for (const folder of folders) {
      for (const name of graphsIn(resolve(cwd, folder)) ?? []) {
        const file = new GraphFile(join(folder, name), cwd, true);
        if (!graphs.files.some(({ path }) => path === file.path)) graphs.files.push(file);
      }
    }
    for (const file of [...graphs.files]) {
      const mark = fileMark(file.path);
      const isTouched = mark !== file.mark;
      if (!event && !isTouched && !file.unsettled) continue;
      const text = file.read();
      // The file is being written.
      if (fileMark(file.path) !== mark) this.#watch.scanAfter();
      else if (!sameText(text, file.seen)) await this.#edited(file, text);
      else {
        file.unsettled = undefined;
        // The cause may have been outside of the file, and may be gone.
        if (isTouched && file.warnings.length > 0) await this.#edited(file, text);
      }
    }
  }

  async #edited(file: GraphFile, text: GraphText): Promise<void> {
    const { graphs, accept } = this.#options;
    const { clock } = graphs.services;
    const isDeleted = typeof text !== 'string';
    const checked = await graphs.check(file, text);
    if (!checked.graph) {
      if (!file.unsettled || !sameText(text, file.unsettled.text)) file.unsettled = { text, sinceMs: clock.monoMs() };
      const leftMs = file.unsettled.sinceMs + (isDeleted ? DELETED_MS : SETTLE_MS) - clock.monoMs();
      if (leftMs > 0) {
        this.#watch.scanAfter(leftMs);
        return;
      }
    }
    file.unsettled = undefined;
    // When the whole folder is missing, its files were not deleted one by one.
    if (isDeleted && file.inFolder && isFolder(dirname(file.path))) await this.#remove(file);
    else await accept(file, text, checked);
  }

  async #remove(file: GraphFile): Promise<void> {
    const { graphs } = this.#options;
    graphs.files.splice(graphs.files.indexOf(file), 1);
    if (!file.active) return;
    graphs.log(file).warn('the graph file was deleted: its camera is removed', { code: 'graph_deleted' });
    await graphs.replace(file, null);
  }
}

function sameText(a: GraphText, b: GraphText | undefined): boolean {
  return typeof a === 'string' || typeof b !== 'object' ? a === b : a.problem === b.problem;
}
