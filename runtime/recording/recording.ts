/**
 * A recording (`bun run graph … --jsonl FILE`): one message a line, as clients got them. Read once to know what is where;
 * the lines themselves stay in the file until they are asked for.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { type MessageOf, type Topic, topics } from '../../schemas/topics.ts';
import { errorMessage, WindhoverError } from '../errors.ts';

/** What every message has. */
const MessageSchema = Type.Object({
  type: Type.String({ minLength: 1 }),
  session_id: Type.String({ minLength: 1 }),
  camera_id: Type.String({ minLength: 1 }),
  ts_unix_ms: Type.Number({ minimum: 0 }),
  frame_index: Type.Optional(Type.Number({ minimum: 0 })),
});

export interface Entry {
  /** When it comes, from the first message on. The order of the file holds: never before the one above it. */
  readonly atMs: number;
  readonly session: string;
  readonly topic: string;
  readonly keep: Topic['keep'];
  /** Bytes of the file. */
  readonly start: number;
  readonly length: number;
}

export interface RecordedSession {
  readonly id: string;
  readonly camera: string;
  readonly topics: ReadonlyMap<string, Topic['keep']>;
}

const CHUNK_BYTES = 1 << 20;
const MAX_LINE_BYTES = 16 << 20;
const NEWLINE = 10;

export class Recording implements Disposable {
  readonly entries: readonly Entry[];
  /** In the order in which they begin. */
  readonly sessions: readonly RecordedSession[];
  /** Time of the first message. */
  readonly startUnixMs: number;
  /** When the first frame of all was taken, by the times and numbers of the ticks; undefined: there are no numbers. */
  readonly firstFrameUnixMs: number | undefined;
  /** The last line is not whole: who wrote it was killed. */
  readonly isCutShort: boolean;
  readonly #descriptor: number;

  /** @throws WindhoverError `recording_unreadable`, or `bad_recording` with the line */
  constructor(file: string) {
    try {
      this.#descriptor = openSync(file, 'r');
      if (!fstatSync(this.#descriptor).isFile()) throw new Error('it is not a file');
    } catch (cause) {
      throw new WindhoverError('recording_unreadable', `${file} cannot be read: ${errorMessage(cause)}`, { cause });
    }
    try {
      const index = indexOf(this.#descriptor, file);
      this.entries = index.entries;
      this.sessions = [...index.sessions].map(([id, { camera, topics }]) => ({ id, camera, topics }));
      this.startUnixMs = index.startUnixMs;
      this.firstFrameUnixMs = firstFrame(index.firstTick, index.lastTick);
      this.isCutShort = index.isCutShort;
    } catch (error) {
      closeSync(this.#descriptor);
      throw error;
    }
  }

  get durationMs(): number {
    return this.entries.at(-1)?.atMs ?? 0;
  }

  /** Number of entries up to and including this time. */
  countUntil(atMs: number): number {
    let [low, high] = [0, this.entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.entries[middle]?.atMs ?? 0) <= atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The line, byte for byte. @throws WindhoverError `recording_unreadable`: the file was changed meanwhile */
  text({ start, length }: Entry): string {
    const bytes = Buffer.allocUnsafe(length);
    const read = readSync(this.#descriptor, bytes, 0, length, start);
    if (read === length) return bytes.toString();
    throw new WindhoverError('recording_unreadable', 'the recording has become shorter while it was replayed');
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}

/** Topics of the wire contract, by the type of their messages. */
const TOPIC_OF: { readonly [K in keyof typeof topics as MessageOf<(typeof topics)[K]>['type']]: K } = {
  metadata_tick: 'tick',
  track_event: 'tracks',
  ptz_state: 'ptz',
  autotrack_state: 'autotrack',
  clock_state: 'clock',
  camera_stats: 'stats',
};
const KNOWN = new Map<string, keyof typeof topics>(Object.entries(TOPIC_OF));

/** Of a message of another node: a state is one of which the latest counts. */
function topicOf(type: string): { name: string; keep: Topic['keep'] } {
  const known = KNOWN.get(type);
  if (known) return { name: known, keep: topics[known].keep };
  return { name: type.replace(/_state$/, ''), keep: type.endsWith('_state') ? 'latest' : 'every' };
}

interface Index {
  readonly entries: Entry[];
  readonly sessions: Map<string, { camera: string; topics: Map<string, Topic['keep']> }>;
  startUnixMs: number;
  firstTick: NumberedTick | undefined;
  lastTick: NumberedTick | undefined;
  isCutShort: boolean;
}

interface NumberedTick {
  readonly index: number;
  readonly unixMs: number;
}

function indexOf(descriptor: number, file: string): Index {
  const index: Index = {
    entries: [],
    sessions: new Map(),
    startUnixMs: 0,
    firstTick: undefined,
    lastTick: undefined,
    isCutShort: false,
  };
  let line = 0;
  for (const { start, bytes, isLast } of linesOf(descriptor, file)) {
    line++;
    const text = bytes.toString().trim();
    if (text === '') continue;
    const message = parsed(text);
    if (message === undefined && isLast) {
      index.isCutShort = true;
      break;
    }
    if (!Value.Check(MessageSchema, message)) throw notAMessage(`${file}:${line}`, message);
    add(index, message, start, bytes.length);
  }
  if (index.entries.length > 0) return index;
  throw new WindhoverError('bad_recording', `${file} holds no message`, {
    expected: 'what `bun run graph FILE --jsonl FILE` writes',
  });
}

function add(index: Index, message: Static<typeof MessageSchema>, start: number, length: number): void {
  const { type, session_id, camera_id, ts_unix_ms, frame_index } = message;
  const { name, keep } = topicOf(type);
  if (index.entries.length === 0) index.startUnixMs = ts_unix_ms;
  const atMs = Math.max(index.entries.at(-1)?.atMs ?? 0, ts_unix_ms - index.startUnixMs);
  index.entries.push({ atMs, session: session_id, topic: name, keep, start, length });
  const session = index.sessions.get(session_id) ?? { camera: camera_id, topics: new Map() };
  index.sessions.set(session_id, session);
  session.topics.set(name, keep);
  if (name !== 'tick' || frame_index === undefined) return;
  index.lastTick = { index: frame_index, unixMs: ts_unix_ms };
  index.firstTick ??= index.lastTick;
}

/** Ticks are of some frames only: counted back from the first to frame 0. */
function firstFrame(first: NumberedTick | undefined, last: NumberedTick | undefined): number | undefined {
  if (!first || !last) return undefined;
  const perFrameMs = last.index > first.index ? (last.unixMs - first.unixMs) / (last.index - first.index) : 0;
  return Math.round(first.unixMs - first.index * perFrameMs);
}

function* linesOf(descriptor: number, file: string): Generator<{ start: number; bytes: Buffer; isLast: boolean }> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let rest = Buffer.alloc(0);
  let at = 0;
  for (;;) {
    const read = readSync(descriptor, chunk, 0, CHUNK_BYTES, at + rest.length);
    if (read === 0) break;
    rest = Buffer.concat([rest, chunk.subarray(0, read)]);
    let from = 0;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE, from)) {
      yield { start: at + from, bytes: rest.subarray(from, end), isLast: false };
      from = end + 1;
    }
    at += from;
    rest = rest.subarray(from);
    if (rest.length > MAX_LINE_BYTES) throw new WindhoverError('bad_recording', `${file}: a line of over 16 MiB`);
  }
  if (rest.length > 0) yield { start: at, bytes: rest, isLast: true };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Told by the caller, who knows the line.
    return undefined;
  }
}

function notAMessage(place: string, got: unknown): WindhoverError {
  const first = Value.Errors(MessageSchema, got).First();
  const what = got === undefined ? 'not JSON' : `${first?.path.slice(1) ?? ''}: ${first?.message ?? 'not a message'}`;
  return new WindhoverError('bad_recording', `${place}: not a message of a recording: ${what}`, {
    expected: 'a JSON object with type, session_id, camera_id and ts_unix_ms',
  });
}
