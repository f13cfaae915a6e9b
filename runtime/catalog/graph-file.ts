/** One graph file: the graph in force, what the disk says, and what is wrong with that. */
import { resolve } from 'node:path';
import { formatFault, type GraphFault } from '../graph/faults.ts';
import type { CheckedGraph } from '../graph/graph.ts';
import { type GraphText, readGraphText } from '../graph/load.ts';
import type { Log } from '../log.ts';
import { fileMark } from './disk.ts';

/** A text without faults, and its graph. */
export interface Sound {
  readonly text: string;
  readonly graph: CheckedGraph;
}

/** What keeps the text on the disk from being the graph in force. */
export interface Problem {
  readonly code: string;
  /** Holds the place: `graphs/cam01.yaml:7:20 …` */
  readonly message: string;
  /** The same for the same problem at another place, after an edit of something else. */
  readonly key: string;
}

/** A problem of a file, for those who ask how the server does. */
export interface Warning {
  readonly file: string;
  readonly code: string;
  readonly message: string;
  readonly since_unix_ms: number;
}

const MAX_WARNINGS = 20;

export class GraphFile {
  /** As the user named it. */
  readonly name: string;
  readonly path: string;
  /** Found in a folder that is served: it may go. */
  readonly inFolder: boolean;
  /** In force; null for a file that was broken when it came. */
  sound: Sound | null = null;
  /** The last text of the disk that was dealt with, be it good or broken. */
  seen: GraphText | undefined;
  /** Of the disk when it was read last. */
  mark: string | null | undefined;
  /** A text or an absence that may be an editor's half way: it counts once it has stayed for a while. */
  doubt: { readonly text: GraphText; readonly sinceMs: number } | undefined;
  #problems = new Map<string, Warning>();

  constructor(name: string, cwd: string, inFolder: boolean) {
    this.name = name;
    this.path = resolve(cwd, name);
    this.inFolder = inFolder;
  }

  get warnings(): Warning[] {
    return [...this.#problems.values()].slice(0, MAX_WARNINGS);
  }

  /** What the disk says now. */
  read(): GraphText {
    this.mark = fileMark(this.path);
    return readGraphText(this.path);
  }

  /** Notes what is wrong with the text on the disk, in place of what was before. What is new is logged, once. */
  broken(problems: readonly Problem[], log: Log, nowUnixMs: number): void {
    const before = this.#problems;
    this.#problems = new Map();
    for (const { key, code, message } of problems) {
      const known = before.get(key);
      const since_unix_ms = known?.since_unix_ms ?? Math.round(nowUnixMs);
      this.#problems.set(key, { file: this.name, code, message: log.redact(message), since_unix_ms });
      if (!known) log.error(message, { code });
    }
    if (before.size === 0 && this.sound) log.warn('the previous graph keeps running', { code: 'graph_broken' });
  }

  mended(log: Log): void {
    if (this.#problems.size > 0) log.info('the graph file is valid again');
    this.#problems.clear();
  }
}

export function problemsOf(faults: readonly GraphFault[]): Problem[] {
  return faults.map((fault) => {
    const { code, path, message } = fault;
    return { code, message: formatFault(fault), key: `${code} ${path} ${message}` };
  });
}
