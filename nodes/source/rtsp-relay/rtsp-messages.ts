/**
 * RTSP over TCP (RFC 2326, 10.12): requests, answers, and between them binary frames (`$`, channel, length), from chunks of
 * bytes that are cut anywhere. Pure. Bytes are not copied, but for what a chunk has only the beginning of.
 */
import { WindhoverError } from '../../../runtime/node.ts';

const MOST_HEAD_BYTES = 64 * 1024;
const MOST_BODY_BYTES = 256 * 1024;
const FRAME_HEAD_BYTES = 4;
const DOLLAR = 0x24;
const LINE_ENDS: readonly number[] = [0x0d, 0x0a];

export interface Frame {
  readonly kind: 'frame';
  readonly channel: number;
  /** All of it. */
  readonly bytes: Buffer;
  readonly payload: Buffer;
}

export type Header = readonly [name: string, value: string];
export type Item = Frame | RtspMessage;

/** A request or an answer. Its texts have one character for each byte. */
export class RtspMessage {
  readonly kind = 'message';
  readonly startLine: string;
  readonly headers: readonly Header[];
  readonly body: Buffer;

  constructor(startLine: string, headers: readonly Header[], body: Buffer = Buffer.alloc(0)) {
    [this.startLine, this.headers, this.body] = [startLine, headers, body];
  }

  /** Of an answer; undefined: it is a request. */
  get status(): number | undefined {
    const [, status] = /^RTSP\/\d\S*\s+(\d{3})/.exec(this.startLine) ?? [];
    return status === undefined ? undefined : Number(status);
  }

  /** Of a request. */
  get method(): string {
    return this.startLine.split(' ', 1)[0] ?? '';
  }

  /** Of a request. */
  get url(): string {
    return this.startLine.split(' ')[1] ?? '';
  }

  header(name: string): string | undefined {
    return this.all(name)[0];
  }

  all(name: string): string[] {
    return this.headers.filter(([each]) => isName(each, name)).map(([, value]) => value);
  }

  /** With one header of that name, at its place; undefined: with none. */
  with(name: string, value: string | undefined): RtspMessage {
    const place = this.headers.findIndex(([each]) => isName(each, name));
    const others = this.headers.filter(([each], i) => i === place || !isName(each, name));
    const changed: readonly Header[] = value === undefined ? [] : [[name, value]];
    const headers = place < 0 ? [...others, ...changed] : others.toSpliced(place, 1, ...changed);
    return new RtspMessage(this.startLine, headers, this.body);
  }

  withUrl(url: string): RtspMessage {
    const [method, , ...rest] = this.startLine.split(' ');
    return new RtspMessage([method, url, ...rest].join(' '), this.headers, this.body);
  }

  withBody(body: Buffer): RtspMessage {
    return new RtspMessage(this.startLine, this.headers, body).with('Content-Length', String(body.length));
  }

  bytes(): Buffer {
    const lines = [this.startLine, ...this.headers.map(([name, value]) => `${name}: ${value}`), '', ''];
    return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), this.body]);
  }
}

export class RtspParser {
  #parts: Buffer[] = [];
  #bytes = 0;
  /** With fewer there is nothing new to see. */
  #needed = 1;

  /** What is complete now. @throws WindhoverError `source_unreadable`: this is no RTSP, or too long */
  push(chunk: Buffer): Item[] {
    this.#parts.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#needed) return [];
    const data = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts);
    const items: Item[] = [];
    let at = 0;
    let length = lengthOf(data);
    while (at + length <= data.length) {
      const item = itemOf(data.subarray(at, at + length));
      if (item) items.push(item);
      at += length;
      length = lengthOf(data.subarray(at));
    }
    this.#parts = at < data.length ? [data.subarray(at)] : [];
    this.#bytes = data.length - at;
    this.#needed = length;
    return items;
  }
}

/** Of the item that the data begins with, as far as that can be known; else more than there are. */
function lengthOf(data: Buffer): number {
  const [first] = data;
  if (first === undefined || LINE_ENDS.includes(first)) return 1;
  if (first === DOLLAR) {
    return data.length < FRAME_HEAD_BYTES ? FRAME_HEAD_BYTES : FRAME_HEAD_BYTES + data.readUInt16BE(2);
  }
  if (!isLetter(first)) throw unreadable('something else between its messages');
  const head = headOf(data);
  if (head === undefined) {
    if (data.length >= MOST_HEAD_BYTES)
      throw unreadable(`a message whose head is longer than ${MOST_HEAD_BYTES} bytes`);
    return data.length + 1;
  }
  const [, stated = '0'] = /^content-length[ \t]*:[ \t]*(\d+)[ \t]*\r?$/im.exec(head) ?? [];
  const bodyBytes = Number(stated);
  if (bodyBytes > MOST_BODY_BYTES) throw unreadable(`a message whose body is longer than ${MOST_BODY_BYTES} bytes`);
  return head.length + bodyBytes;
}

/** Up to the empty line, with it; undefined: there is none yet. */
function headOf(data: Buffer): string | undefined {
  const text = data.toString('latin1', 0, MOST_HEAD_BYTES);
  const end = /\r?\n\r?\n/.exec(text);
  return end ? text.slice(0, end.index + end[0].length) : undefined;
}

function itemOf(bytes: Buffer): Item | undefined {
  if (bytes[0] === DOLLAR) {
    return { kind: 'frame', channel: bytes[1] ?? 0, bytes, payload: bytes.subarray(FRAME_HEAD_BYTES) };
  }
  const head = headOf(bytes);
  if (head === undefined) return undefined; // an empty line before a message
  const [startLine = '', ...lines] = head.trimEnd().split(/\r?\n/);
  if (!/^(RTSP\/\d\S* +\d{3}|[A-Z_]+ +\S+ +RTSP\/\d)/.test(startLine))
    throw unreadable('a line that begins no message');
  return new RtspMessage(startLine, headersOf(lines), bytes.subarray(head.length));
}

function headersOf(lines: readonly string[]): Header[] {
  const headers: Header[] = [];
  for (const line of lines) {
    const last = headers.at(-1);
    const colon = line.indexOf(':');
    if (/^[ \t]/.test(line) && last) headers[headers.length - 1] = [last[0], `${last[1]} ${line.trim()}`];
    // FFmpeg passes over others, too.
    else if (colon > 0) headers.push([line.slice(0, colon).trim(), line.slice(colon + 1).trim()]);
  }
  return headers;
}

function isName(name: string, other: string): boolean {
  return name.toLowerCase() === other.toLowerCase();
}

function isLetter(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}

/** What came is not shown: it may repeat what was sent, the login too. */
function unreadable(got: string): WindhoverError {
  return new WindhoverError('source_unreadable', 'what the server sends is not RTSP', { got });
}
