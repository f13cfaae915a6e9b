/** Reads a file out of a `multipart/form-data` body as it comes (RFC 7578): no more than a chunk is ever held. */
import { errorCode, WindhoverError } from '../errors.ts';

export interface FileUpload {
  /** Name of the field that holds the file; others are skipped. */
  readonly field: string;
  readonly maxBytes: number;
  readonly deadlineMs: number;
  write(bytes: Uint8Array): Promise<void>;
}

/** What else a body holds: boundaries, headers, small fields. */
const MAX_FRAMING_BYTES = 64 * 1024;
const MAX_HEADER_BYTES = 8 * 1024;

/**
 * @returns the name that the sender gave the file
 * @throws WindhoverError `bad_body`, `body_too_large`, `body_too_slow`
 */
export async function receiveFile(request: Request, upload: FileUpload): Promise<string> {
  const reader = new MultipartReader(boundaryOf(request.headers.get('content-type') ?? ''));
  const maxBodyBytes = upload.maxBytes + MAX_FRAMING_BYTES;
  if (Number(request.headers.get('content-length') ?? 0) > maxBodyBytes) throw tooLarge(upload);
  let [name, bodyBytes, fileBytes] = ['', 0, 0];
  let isFile = false;
  for await (const chunk of body(request, upload.deadlineMs)) {
    bodyBytes += chunk.byteLength;
    if (bodyBytes > maxBodyBytes) throw tooLarge(upload);
    for (const piece of reader.push(chunk)) {
      if (piece instanceof Uint8Array) {
        if (!isFile) continue;
        fileBytes += piece.length;
        if (fileBytes > upload.maxBytes) throw tooLarge(upload);
        await upload.write(piece);
        continue;
      }
      isFile = piece.name === upload.field && piece.fileName !== null;
      if (isFile && name !== '') throw bad('more than one file');
      if (isFile) name = piece.fileName ?? '';
    }
  }
  if (!reader.isOver) throw bad('it broke off');
  if (name === '') throw bad(`no file in the field '${upload.field}'`);
  if (fileBytes === 0) throw bad('the file is empty');
  return name;
}

async function* body(request: Request, deadlineMs: number): AsyncGenerator<Uint8Array> {
  const reader = request.body?.getReader();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new WindhoverError('body_too_slow', 'The upload took too long')), deadlineMs);
  // Nobody waits for it while a chunk is written.
  late.catch(() => undefined);
  try {
    while (reader) {
      const { done, value } = await Promise.race([reader.read(), late]);
      if (done) return;
      yield value;
    }
  } catch (cause) {
    throw errorCode(cause) === 'body_too_slow' ? cause : bad('it broke off', cause);
  } finally {
    clearTimeout(timer);
    void reader?.cancel().catch(() => undefined);
  }
}

/** The beginning of a part; the bytes that follow belong to it. */
export interface Part {
  readonly name: string;
  /** Null: not a file. */
  readonly fileName: string | null;
}

/** The parts of a body, from chunks that end anywhere. */
export class MultipartReader {
  readonly #delimiter: Buffer;
  /** As if a line ended before the body: then all delimiters look the same. */
  #rest: Buffer = Buffer.from('\r\n');
  #state: 'before' | 'delimiter' | 'headers' | 'part' | 'over' = 'before';

  constructor(boundary: string) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`);
  }

  get isOver(): boolean {
    return this.#state === 'over';
  }

  /** @throws WindhoverError `bad_body` */
  *push(chunk: Uint8Array): Generator<Part | Uint8Array> {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (let isMore = true; isMore; ) {
      if (this.#state === 'over') {
        // What comes after the last delimiter means nothing.
        this.#rest = Buffer.alloc(0);
        return;
      }
      if (this.#state === 'delimiter') isMore = this.#afterDelimiter();
      else if (this.#state === 'headers') {
        const part = this.#headers();
        isMore = part !== null;
        if (part) yield part;
      } else {
        const state = this.#state;
        const bytes = this.#upToDelimiter();
        isMore = this.#state !== state;
        if (state === 'part' && bytes.length > 0) yield bytes;
      }
    }
  }

  #upToDelimiter(): Uint8Array {
    const at = this.#rest.indexOf(this.#delimiter);
    // The end may be the beginning of a delimiter.
    const end = at >= 0 ? at : Math.max(0, this.#rest.length - this.#delimiter.length + 1);
    const bytes = this.#rest.subarray(0, end);
    this.#rest = this.#rest.subarray(at >= 0 ? at + this.#delimiter.length : end);
    if (at >= 0) this.#state = 'delimiter';
    return bytes;
  }

  #afterDelimiter(): boolean {
    if (this.#rest.length < 2) return false;
    const next = this.#rest.toString('latin1', 0, 2);
    if (next !== '--' && next !== '\r\n') throw bad('a boundary is followed by something else');
    this.#state = next === '--' ? 'over' : 'headers';
    // The end of the line stays: a part without headers begins with an empty line.
    if (next === '--') this.#rest = Buffer.alloc(0);
    return true;
  }

  #headers(): Part | null {
    const end = this.#rest.indexOf('\r\n\r\n');
    if (end > MAX_HEADER_BYTES || (end < 0 && this.#rest.length > MAX_HEADER_BYTES)) throw bad('headers are too long');
    if (end < 0) return null;
    const headers = this.#rest.toString('utf8', 0, end);
    this.#rest = this.#rest.subarray(end + 4);
    this.#state = 'part';
    const disposition = /^content-disposition:(.*)$/im.exec(headers)?.[1] ?? '';
    return { name: parameter(disposition, 'name') ?? '', fileName: parameter(disposition, 'filename') };
  }
}

/** @throws WindhoverError `bad_body` */
function boundaryOf(contentType: string): string {
  const boundary = /^multipart\/form-data\b/i.test(contentType) ? parameter(contentType, 'boundary') : null;
  if (boundary !== null && boundary !== '' && boundary.length <= 70) return boundary;
  throw bad('expected multipart/form-data with a boundary');
}

/** `name="x"` or `name=x`; browsers write `"` as %22. */
function parameter(header: string, name: string): string | null {
  const found = new RegExp(`(?:^|;)\\s*${name}=(?:"([^"]*)"|([^;\\s]*))`, 'i').exec(header);
  return found ? (found[1] ?? found[2] ?? '') : null;
}

function bad(why: string, cause?: unknown): WindhoverError {
  return new WindhoverError('bad_body', `Bad body: ${why}`, { cause });
}

function tooLarge({ maxBytes }: FileUpload): WindhoverError {
  return new WindhoverError('body_too_large', `Body too large: at most ${maxBytes} bytes are taken`);
}
