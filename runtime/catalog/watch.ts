/**
 * Says when files in folders may have changed. Events of the file system are heard at once; on a slow beat the listener
 * looks for itself, so that an event that never came (network drives, a folder that was away for a moment) loses no edit.
 */
import { type FSWatcher, statSync, watch } from 'node:fs';

/** Editors write in several steps: so long after the first event the listener looks. */
const QUIET_MS = 50;
const BEAT_MS = 2000;

export interface WatchOptions {
  /** Absolute paths; asked again and again, so they may change. */
  readonly folders: () => Iterable<string>;
  /** Whether a change of this file of a folder is of interest. */
  readonly wants: (name: string) => boolean;
  /** @param heard there was an event: a file may have changed though its size and times are the same */
  readonly look: (heard: boolean) => void;
  readonly beatMs?: number;
}

export class FolderWatch {
  readonly #options: WatchOptions;
  readonly #watchers = new Map<string, { readonly inode: number; readonly watcher: FSWatcher }>();
  readonly #beat: ReturnType<typeof setInterval>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#attach();
    this.#beat = setInterval(() => {
      this.#attach();
      options.look(false);
    }, options.beatMs ?? BEAT_MS);
  }

  /** Looks again after a while, or before. */
  soon(afterMs: number = QUIET_MS): void {
    const dueMs = performance.now() + afterMs;
    if (dueMs >= this.#dueMs) return;
    clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = setTimeout(() => {
      this.#dueMs = Number.POSITIVE_INFINITY;
      this.#options.look(true);
    }, afterMs);
  }

  close(): void {
    clearInterval(this.#beat);
    clearTimeout(this.#timer);
    for (const folder of [...this.#watchers.keys()]) this.#detach(folder);
  }

  /** A folder that was deleted and made again is another one under the same name: the old watcher is deaf. */
  #attach(): void {
    const wanted = new Set(this.#options.folders());
    for (const [folder, { inode }] of this.#watchers) {
      if (!wanted.has(folder) || inode !== inodeOf(folder)) this.#detach(folder);
    }
    for (const folder of wanted) {
      const inode = inodeOf(folder);
      if (inode === undefined || this.#watchers.has(folder)) continue;
      try {
        const watcher = watch(folder, (_event, name) => {
          if (name === null || this.#options.wants(name)) this.soon();
        });
        watcher.on('error', () => this.#detach(folder));
        this.#watchers.set(folder, { inode, watcher });
      } catch {
        // No watches left, or none on this file system: the beat sees what there is to see.
        return;
      }
    }
  }

  #detach(folder: string): void {
    this.#watchers.get(folder)?.watcher.close();
    this.#watchers.delete(folder);
  }
}

function inodeOf(folder: string): number | undefined {
  return statSync(folder, { throwIfNoEntry: false })?.ino;
}
