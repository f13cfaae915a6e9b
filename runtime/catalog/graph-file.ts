/** One graph file: its active graph, the text on the disk, and what is wrong with that text. */

import { resolve } from 'node:path';
import { type Clock, WallTime } from '../clock.ts';
import { formatFault, type GraphFault } from '../graph/faults.ts';
import type { CheckedGraph } from '../graph/graph.ts';
import { type GraphText, readGraphText } from '../graph/load.ts';
import type { Log } from '../log.ts';
import { fileMark } from './disk.ts';

/** A text without faults, and its graph. */
export interface ActiveGraph {
  readonly text: string;
  readonly graph: CheckedGraph;
}

/** Why the text on the disk is not active. */
export interface Problem {
  readonly code: string;
  /** Holds the place: `graphs/cam01.yaml:7:20 …` */
  readonly message: string;
  /** Equal for one problem that has moved to another line. */
  readonly key: string;
}

/** A problem of a file, for `/readyz`. */
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
  /** Found in a served folder: when it is deleted, its camera is removed. */
  readonly inFolder: boolean;
  /** Null for a file that had faults when it was added. */
  active: ActiveGraph | null = null;
  /** The text on the disk that was applied or refused last. */
  seen: GraphText | undefined;
  /** State of the file on the disk when it was read. */
  mark: string | null | undefined;
  /** A faulty text or a missing file that may be half of an edit: it counts when it has not changed for a while. */
  unsettled: { readonly text: GraphText; readonly sinceMs: number } | undefined;
  /** By their keys; `since` is Unix time, by the wall clock as it is when it is asked for. */
  #problems = new Map<string, Omit<Warning, 'since_unix_ms'> & { readonly since: () => number }>();

  constructor(name: string, cwd: string, inFolder: boolean) {
    this.name = name;
    this.path = resolve(cwd, name);
    this.inFolder = inFolder;
  }

  get warnings(): Warning[] {
    const shown = [...this.#problems.values()].slice(0, MAX_WARNINGS);
    return shown.map(({ since, ...warning }) => ({ ...warning, since_unix_ms: since() }));
  }

  read(): GraphText {
    this.mark = fileMark(this.path);
    return readGraphText(this.path);
  }

  /** Replaces the problems of the text on the disk. New ones are logged. */
  broken(problems: readonly Problem[], log: Log, clock: Clock): void {
    const [wall, nowMs] = [new WallTime(clock), clock.monoMs()];
    const before = this.#problems;
    this.#problems = new Map();
    for (const { key, code, message } of problems) {
      const known = before.get(key);
      const since = known?.since ?? (() => Math.round(wall.at(nowMs)));
      this.#problems.set(key, { file: this.name, code, message: log.redact(message), since });
      if (!known) log.error(message, { code });
    }
    if (before.size === 0 && this.active) log.warn('the previous graph keeps running', { code: 'graph_broken' });
  }

  fixed(log: Log): void {
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
