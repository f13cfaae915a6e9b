/** Writes every message to a JSONL file, in order: a subscriber of the hub. */
import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { errorMessage, WindhoverError } from '../errors.ts';
import type { Answer, Message, Subscriber } from '../hub/message.ts';

const FLUSH_BYTES = 64 * 1024;
const FLUSH_MS = 200;

export class Recorder implements Subscriber {
  readonly isRecord = true;
  /** Never behind: it writes synchronously, and the nodes wait meanwhile. */
  readonly maxQueuedChars = Number.POSITIVE_INFINITY;
  readonly #file: string;
  readonly #descriptor: number;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #failed: (error: WindhoverError) => void;
  #lines: string[] = [];
  #bytes = 0;
  #closed = false;

  /**
   * Nothing in the file is touched before `start`. @param failed called once when the disk refuses; nothing is written
   * after that. @throws WindhoverError `record_failed`
   */
  constructor(file: string, failed: (error: WindhoverError) => void) {
    this.#file = file;
    this.#failed = failed;
    try {
      this.#descriptor = openSync(file, 'a');
    } catch (error) {
      throw this.#error(error);
    }
    this.#timer = setInterval(() => this.#flush(), FLUSH_MS);
  }

  /** Empties the file: the run begins. */
  start(): void {
    if (fstatSync(this.#descriptor).isFile()) ftruncateSync(this.#descriptor);
  }

  deliver(batch: readonly Message[]): Answer {
    for (const { json } of batch) this.#write(json);
    return this.#closed ? 'gone' : 'ok';
  }

  close(): void {
    if (this.#closed) return;
    this.#flush();
    this.#release();
  }

  #write(json: string): void {
    if (this.#closed) return;
    this.#lines.push(json, '\n');
    this.#bytes += json.length;
    if (this.#bytes >= FLUSH_BYTES) this.#flush();
  }

  #flush(): void {
    if (this.#lines.length === 0 || this.#closed) return;
    const bytes = Buffer.from(this.#lines.join(''));
    this.#lines = [];
    this.#bytes = 0;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
    } catch (error) {
      this.#release();
      this.#failed(this.#error(error));
    }
  }

  #release(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    closeSync(this.#descriptor);
  }

  #error(cause: unknown): WindhoverError {
    return new WindhoverError('record_failed', `--jsonl ${this.#file} cannot be written: ${errorMessage(cause)}`, {
      cause,
    });
  }
}
