/**
 * Says when files in folders may have changed: at once after an event of the file system, and on a slow poll, so that no
 * edit is lost where events don't come (network drives, a folder that was deleted and made again).
 */
import { type FSWatcher, watch } from 'node:fs';
import { statOf } from './disk.ts';

/** Editors write in several steps. */
const QUIET_MS = 50;
const POLL_MS = 2000;

export interface WatchOptions {
  /** Absolute paths; asked again and again, so they may change. */
  readonly folders: () => Iterable<string>;
  /** Whether a change of this file of a folder is of interest. */
  readonly wants: (name: string) => boolean;
  /** @param event there was one: a file may have changed although its size and times are the same */
  readonly scan: (event: boolean) => void;
  readonly pollMs?: number;
}

export class FolderWatch {
  readonly #options: WatchOptions;
  readonly #watchers = new Map<string, { readonly inode: number; readonly watcher: FSWatcher }>();
  readonly #poll: ReturnType<typeof setInterval>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#attach();
    this.#poll = setInterval(() => {
      this.#attach();
      options.scan(false);
    }, options.pollMs ?? POLL_MS);
  }

  /** Scans after this time at the latest. */
  scanAfter(afterMs: number = QUIET_MS): void {
    const dueMs = performance.now() + afterMs;
    if (dueMs >= this.#dueMs) return;
    clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = setTimeout(() => {
      this.#dueMs = Number.POSITIVE_INFINITY;
      this.#options.scan(true);
    }, afterMs);
  }

  close(): void {
    clearInterval(this.#poll);
    clearTimeout(this.#timer);
    for (const folder of [...this.#watchers.keys()]) this.#detach(folder);
  }

  /** A folder that was deleted and made again is another one under the same name: the old watcher gets no events. */
  #attach(): void {
    const wanted = new Set(this.#options.folders());
    for (const [folder, { inode }] of this.#watchers) {
      if (!wanted.has(folder) || inode !== statOf(folder)?.ino) this.#detach(folder);
    }
    for (const folder of wanted) {
      const inode = statOf(folder)?.ino;
      if (inode === undefined || this.#watchers.has(folder)) continue;
      try {
        const watcher = watch(folder, (_event, name) => {
          if (name === null || this.#options.wants(name)) this.scanAfter();
        });
        watcher.on('error', () => this.#detach(folder));
        this.#watchers.set(folder, { inode, watcher });
      } catch {
        // No watches left, or none on this file system: the poll finds the edits.
        return;
      }
    }
  }

  #detach(folder: string): void {
    this.#watchers.get(folder)?.watcher.close();
    this.#watchers.delete(folder);
  }
}
