/**
 * Downloads one file whose size and SHA-256 are known.
 *
 * The received part is in `TARGET.part`, and the next attempt continues it; `TARGET.part.etag` holds what the server
 * called this version of the file, so that two versions are never mixed. The file gets its name only after all of
 * it, read back from the disk, has the right hash.
 */
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { errorCode, errorMessage, WindhoverError } from '../../errors.ts';
import { ProcessLock } from '../../process-lock.ts';

export interface DownloadOptions {
  readonly url: string;
  /** Exact size; not a byte more is read. */
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly target: string;
  /** Longest wait for the answer, and for each next part of it. */
  readonly stallMs: number;
  /** Ends it; the received part is kept for the next attempt. */
  readonly signal: AbortSignal;
  /** Called with the bytes that are there: at the beginning, and after each part. */
  readonly progress?: (bytes: number) => void;
}

/**
 * @returns how many of the bytes were there from an earlier try
 * @throws WindhoverError `model_download_failed` (no answer, another status than OK, cut off),
 * `model_download_stalled`, `interrupted`: what has arrived is kept. `model_size_mismatch`, `model_hash_mismatch`: it is
 * removed. `model_download_busy`: another process downloads it.
 */
export async function download(options: DownloadOptions): Promise<number> {
  const lock = new ProcessLock(`${options.target}.lock`);
  const owner = lock.take();
  if (owner !== null) {
    throw new WindhoverError('model_download_busy', `process ${owner} downloads ${options.target}`);
  }
  try {
    return await resume(options);
  } finally {
    lock.give();
  }
}

async function resume(options: DownloadOptions): Promise<number> {
  const part = `${options.target}.part`;
  const etagFile = `${part}.etag`;
  const discard = async () => {
    await rm(part, { force: true });
    await rm(etagFile, { force: true });
  };
  const there = (await stat(part).catch(nullIfMissing))?.size ?? 0;
  if (there > options.bytes) await discard();
  let resumedAt = there > options.bytes ? 0 : there;
  if (resumedAt < options.bytes) {
    const etag = resumedAt > 0 ? await readFile(etagFile, 'utf8').catch(nullIfMissing) : null;
    using stall = new StallSignal(options.stallMs);
    const request = { ...options, signal: AbortSignal.any([options.signal, stall.signal]) };
    try {
      const answer = await ask(request, resumedAt, etag);
      stall.restart();
      if (answer.from === 0) {
        resumedAt = 0;
        await discard();
      }
      // Before the first byte: a part without its tag could be continued with another version.
      if (answer.etag !== null) await writeFile(etagFile, answer.etag);
      await receive(answer, part, request, stall);
    } catch (error) {
      const failure = readable(error, options, stall);
      if (failure.code === 'model_size_mismatch') await discard();
      throw failure;
    }
  }
  const got = await fileSha256(part);
  if (got !== options.sha256) {
    await discard();
    throw new WindhoverError('model_hash_mismatch', `the download from ${options.url} is not the expected file`, {
      expected: `SHA-256 ${options.sha256}`,
      got,
      hint: 'the download was deleted; if it happens again, the published file has changed, or was changed in transit',
    });
  }
  await rename(part, options.target);
  await rm(etagFile, { force: true });
  return resumedAt;
}

/** SHA-256 of a file as lower-case hex. Reads it piece by piece. */
export async function fileSha256(file: string): Promise<string> {
  const hasher = new Bun.CryptoHasher('sha256');
  for await (const chunk of createReadStream(file)) hasher.update(chunk);
  return hasher.digest('hex');
}

// ------------------------------------------------------------------------------------------------------------ request

interface Answer {
  /** Offset in the file of the first byte of the body. */
  readonly from: number;
  /** For `If-Range` of the next try; null: the server gives none that could be used. */
  readonly etag: string | null;
  readonly body: ReadableStream<Uint8Array>;
}

/** Asks for the file from `from` on; the server may send it from its beginning all the same. */
async function ask(options: DownloadOptions, from: number, etag: string | null): Promise<Answer> {
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (from > 0) headers.range = `bytes=${from}-`;
  if (from > 0 && etag !== null) headers['if-range'] = etag;
  const response = await fetch(options.url, { headers, signal: options.signal, redirect: 'follow' });
  const { status } = response;
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  const tag = strongTag(response.headers.get('etag'));
  const otherVersion = etag !== null && tag !== null && tag !== etag;
  // The server cannot send the requested part, or the file has changed: take the whole file.
  if (from > 0 && (status === 416 || (status === 206 && (Number(range?.[1]) !== from || otherVersion)))) {
    await response.body?.cancel();
    return await ask(options, 0, null);
  }
  if ((status !== 200 && (status !== 206 || from === 0)) || response.body === null) {
    await response.body?.cancel();
    throw new WindhoverError('model_download_failed', `cannot download ${options.url}`, {
      expected: 'status 200',
      got: `${status} ${response.statusText}`.trim(),
    });
  }
  const start = status === 206 ? from : 0;
  const length = response.headers.get('content-length');
  if (length !== null && start + Number(length) !== options.bytes) {
    await response.body.cancel();
    throw sizeMismatch(options, `${start + Number(length)}`);
  }
  return { from: start, etag: tag, body: response.body };
}

/** A weak tag (`W/"…"`) may stand for two versions that are not the same bytes. */
function strongTag(etag: string | null): string | null {
  return etag?.startsWith('"') ? etag : null;
}

/** Appends the body to the received part. */
async function receive(answer: Answer, part: string, options: DownloadOptions, stall: StallSignal): Promise<void> {
  let at = answer.from;
  options.progress?.(at);
  const file = await open(part, answer.from === 0 ? 'w' : 'r+');
  try {
    for await (const chunk of answer.body) {
      stall.restart();
      if (at + chunk.length > options.bytes) throw sizeMismatch(options, 'more');
      await writeAll(file, chunk, at);
      at += chunk.length;
      options.progress?.(at);
    }
    options.signal.throwIfAborted();
    await file.sync();
  } finally {
    await file.close();
  }
  if (at === options.bytes) return;
  throw new WindhoverError('model_download_failed', `${options.url} was cut off`, {
    expected: `${options.bytes} bytes`,
    got: `${at}`,
    hint: RESUMES,
  });
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** Aborts when it is not restarted in time. */
class StallSignal implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(ms: number) {
    this.#timer = setTimeout(() => this.#controller.abort(), ms);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  restart(): void {
    this.#timer.refresh();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

// ------------------------------------------------------------------------------------------------------------- errors

const RESUMES = 'the received part is kept: run the same command again to continue';

/** Aborted requests throw various errors; the reason of the abort says more. */
function readable(error: unknown, options: DownloadOptions, stall: StallSignal): WindhoverError {
  if (options.signal.aborted) return new WindhoverError('interrupted', `interrupted (${RESUMES})`, { cause: error });
  if (stall.signal.aborted) {
    const waited = `${options.url} sent nothing for ${options.stallMs / 1000} s`;
    return new WindhoverError('model_download_stalled', waited, { hint: RESUMES, cause: error });
  }
  if (error instanceof WindhoverError) return error;
  const why = `the download of ${options.url} failed: ${errorMessage(error)}`;
  return new WindhoverError('model_download_failed', why, { hint: RESUMES, cause: error });
}

function sizeMismatch({ url, bytes }: DownloadOptions, got: string): WindhoverError {
  return new WindhoverError('model_size_mismatch', `the download from ${url} is not the expected file`, {
    expected: `${bytes} bytes`,
    got,
  });
}

function nullIfMissing(error: unknown): null {
  if (errorCode(error) === 'ENOENT') return null;
  throw error;
}
