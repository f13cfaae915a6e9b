/** Follows the disk: edits of graph files, files that come to a served folder, files that go. */
import { dirname, join, resolve } from 'node:path';
import { errorMessage } from '../errors.ts';
import type { GraphText } from '../graph/load.ts';
import { fileMark, graphsIn, isFolder } from './disk.ts';
import { GraphFile } from './graph-file.ts';
import type { Graphs } from './graphs.ts';
import { FolderWatch } from './watch.ts';

/** A broken text may be a file that is being written. */
const DOUBT_MS = 150;
/** Some editors and tools take a file away before they put the new one in its place. */
const GONE_MS = 1000;

export interface FollowerOptions {
  readonly graphs: Graphs;
  /** Served folders, as the user named them. */
  readonly folders: readonly string[];
  readonly cwd: string;
  readonly beatMs?: number;
  /** Puts a text into force, or notes what is wrong with it. */
  take(file: GraphFile, text: GraphText): Promise<unknown>;
  /** Runs it when no other change is under way. */
  inTurn(work: () => Promise<void>): Promise<void>;
}

export class Follower {
  readonly #options: FollowerOptions;
  readonly #watch: FolderWatch;

  constructor(options: FollowerOptions) {
    this.#options = options;
    const { graphs, beatMs } = options;
    const folders = options.folders.map((folder) => resolve(options.cwd, folder));
    this.#watch = new FolderWatch({
      folders: () => [...folders, ...graphs.files.map(({ path }) => dirname(path))],
      wants: (name) => /\.ya?ml$/.test(name) || graphs.files.some(({ path }) => path.endsWith(`/${name}`)),
      look: (heard) => {
        options
          .inTurn(() => this.#look(heard))
          .catch((error: unknown) => graphs.services.log.error(errorMessage(error), { code: 'watch_failed' }));
      },
      ...(beatMs === undefined ? {} : { beatMs }),
    });
  }

  close(): void {
    this.#watch.close();
  }

  async #look(heard: boolean): Promise<void> {
    const { files } = this.#options.graphs;
    for (const folder of this.#options.folders) {
      for (const name of graphsIn(resolve(this.#options.cwd, folder)) ?? []) {
        const file = new GraphFile(join(folder, name), this.#options.cwd, true);
        if (!files.some(({ path }) => path === file.path)) files.push(file);
      }
    }
    for (const file of [...files]) {
      const mark = fileMark(file.path);
      const isTouched = mark !== file.mark;
      if (!heard && !isTouched && !file.doubt) continue;
      const text = file.read();
      // Somebody is writing.
      if (fileMark(file.path) !== mark) this.#watch.soon();
      else if (!sameText(text, file.seen)) await this.#edited(file, text);
      else {
        file.doubt = undefined;
        // Broken by something else, perhaps, which is there now.
        if (isTouched && file.warnings.length > 0) await this.#options.take(file, text);
      }
    }
  }

  async #edited(file: GraphFile, text: GraphText): Promise<void> {
    const { graphs } = this.#options;
    const { clock } = graphs.services;
    const isGone = typeof text !== 'string';
    if (isGone || !(await graphs.check(file, text)).graph) {
      if (!file.doubt || !sameText(text, file.doubt.text)) file.doubt = { text, sinceMs: clock.monoMs() };
      const leftMs = file.doubt.sinceMs + (isGone ? GONE_MS : DOUBT_MS) - clock.monoMs();
      if (leftMs > 0) {
        this.#watch.soon(leftMs);
        return;
      }
    }
    file.doubt = undefined;
    // A folder that can't be read has not lost its files.
    if (isGone && file.inFolder && isFolder(dirname(file.path))) await this.#remove(file);
    else await this.#options.take(file, text);
  }

  async #remove(file: GraphFile): Promise<void> {
    const { graphs } = this.#options;
    graphs.files.splice(graphs.files.indexOf(file), 1);
    if (!file.sound) return;
    graphs.log(file).warn('the graph file was deleted: its camera is removed', { code: 'graph_gone' });
    await graphs.swap(file, null);
  }
}

function sameText(a: GraphText, b: GraphText | undefined): boolean {
  return typeof a === 'string' || typeof b !== 'object' ? a === b : a.problem === b.problem;
}
