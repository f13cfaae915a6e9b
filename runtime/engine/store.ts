/**
 * What nodes learn and want to know again in the next run, such as how fast a camera's motors are: a small JSON file a
 * node in the state folder, `<folder>/<camera>/<node>.json`. Never the user's graph.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, errorMessage, WindhoverError } from '../errors.ts';
import type { NodeStore } from '../node.ts';
import { ProcessLock } from '../process-lock.ts';

const MAX_BYTES = 1024 * 1024;

export class FileStore implements NodeStore {
  readonly #folder: string;
  readonly #file: string;
  /** Of all that is known about the camera. */
  readonly #lock: ProcessLock;
  #isTold = false;
  /** Told once about a file that can't be read or written; the node goes on without. */
  readonly #failed: (error: WindhoverError) => void;

  /** @param folder the state folder */
  constructor(folder: string, camera: string, node: string, failed: (error: WindhoverError) => void) {
    this.#folder = join(folder, fileName(camera));
    this.#file = join(this.#folder, `${fileName(node)}.json`);
    this.#lock = new ProcessLock(join(this.#folder, '.lock'));
    this.#failed = failed;
  }

  load(): unknown {
    try {
      return JSON.parse(readFileSync(this.#file, 'utf8'));
    } catch (cause) {
      if (errorCode(cause) === 'ENOENT') return null;
      this.#tell('state_unreadable', 'cannot be read; the node starts without it', cause);
      return null;
    }
  }

  /** A crash in the middle leaves the old file or the new one, never half of one. Of two processes only the first writes. */
  save(value: unknown): void {
    const text = `${JSON.stringify(value, null, 1)}\n`;
    if (text.length > MAX_BYTES) {
      throw new WindhoverError('state_too_large', this.#file, { expected: `at most ${MAX_BYTES} bytes` });
    }
    const owner = this.#lock.take();
    if (owner !== null) {
      if (!this.#isTold) this.#tell('state_in_use', 'is not written', `process ${owner} runs the same camera`);
      this.#isTold = true;
      return;
    }
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      const fresh = `${this.#file}.${crypto.randomUUID()}.new`;
      writeFileSync(fresh, text, { mode: 0o600 });
      renameSync(fresh, this.#file);
    } catch (cause) {
      this.#tell('state_unwritable', 'cannot be written; the node must learn it again in the next run', cause);
    }
  }

  #tell(code: string, what: string, cause: unknown): void {
    this.#failed(new WindhoverError(code, `${this.#file}: ${what}`, { got: errorMessage(cause), cause }));
  }
}

/** Remembers until the process ends: for runs without a state folder. */
export class MemoryStore implements NodeStore {
  #text: string | null = null;

  load(): unknown {
    return this.#text === null ? null : JSON.parse(this.#text);
  }

  save(value: unknown): void {
    this.#text = JSON.stringify(value);
  }
}

/** Ids may hold any character; a file name may not, and none may lead out of the folder. */
function fileName(id: string): string {
  return encodeURIComponent(id).replace(/\./g, '%2E').replace(/\*/g, '%2A');
}
