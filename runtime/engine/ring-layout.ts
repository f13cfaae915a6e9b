/**
 * How a frame ring lies in its SharedArrayBuffer: where each part is, and how a slot's metadata is written and read.
 * The protocol over it is in ring.ts.
 *
 *     control words │ reader words       │ slot words      │ slot metadata            │ payload
 *     LATEST …      │ (SEEN, SKIPPED) ×R │ (PINS, SEQ) ×N  │ META_FLOATS float64 × N  │ N × slotBytes, 64-byte aligned
 */
import { CAPTURE_CLOCKS } from '../clock.ts';
import { type Box, type FrameMapping, type FrameMeta, type FrameRequest, frameBytes, type Pace } from '../data.ts';
import { WindhoverError } from '../errors.ts';

/** Index of the first reader word; the control words are below. Even: a reader's two words are one 64-bit word. */
export const READERS_AT = 8;
const WORDS_PER_READER = 2;
/** Each reader has a bit of a slot's PINS; the highest bit is the writer's. */
const MOST_READERS = 31;
export const WORDS_PER_SLOT = 2;
/** Control word: slot of the newest frame, -1 while there is none. */
export const LATEST = 0;
const ALIGN = 64;

/**
 * What is stored of a frame's metadata beside its size: each field's unit, or the texts that it may be. A field that is
 * added to FrameMeta is added here and nowhere else.
 */
const META_FIELDS: Readonly<Record<keyof Omit<FrameMeta, 'size'>, 'frames' | 's' | 'ms' | readonly string[]>> = {
  index: 'frames',
  mediaTimeS: 's',
  captureUnixMs: 'ms',
  captureMonoMs: 'ms',
  decodedMonoMs: 'ms',
  captureClock: CAPTURE_CLOCKS,
};
const FIELDS = Object.entries(META_FIELDS);
/** Behind the fields, all in pixels: the size of the source and the two boxes of the mapping. */
const SIZE_AT = FIELDS.length;
const VIEWPORT_AT = SIZE_AT + 2;
const CONTENT_AT = VIEWPORT_AT + 4;
export const META_FLOATS = CONTENT_AT + 4;

/** What both sides need to know; plain data, sent to workers as it is. */
export interface RingDescription {
  readonly id: string;
  readonly buffer: SharedArrayBuffer;
  readonly slots: number;
  readonly readers: number;
  readonly pace: Pace;
  readonly request: FrameRequest;
}

/** Allocates a ring. @param slots at least `readers + 2` */
export function createRing(options: Omit<RingDescription, 'buffer'>): RingDescription {
  if (options.slots < options.readers + 2) throw new RangeError(`ring ${options.id}: too few slots`);
  if (options.readers > MOST_READERS) {
    throw new WindhoverError('ring_readers', `the frames of ring ${options.id} have too many consumers`, {
      expected: `at most ${MOST_READERS}`,
      got: `${options.readers}`,
      permanent: true,
    });
  }
  const buffer = new SharedArrayBuffer(new Layout(options).totalBytes);
  Atomics.store(new Int32Array(buffer), LATEST, -1);
  return { ...options, buffer };
}

/** Byte offsets of the parts of a ring. */
export class Layout {
  readonly slotsAt: number;
  readonly metaAt: number;
  readonly payloadAt: number;
  readonly slotBytes: number;
  readonly totalBytes: number;

  constructor(ring: Omit<RingDescription, 'buffer'>) {
    this.slotsAt = READERS_AT + ring.readers * WORDS_PER_READER;
    this.metaAt = alignUp((this.slotsAt + ring.slots * WORDS_PER_SLOT) * 4);
    this.payloadAt = alignUp(this.metaAt + ring.slots * META_FLOATS * 8);
    // swscale may write a few bytes beyond the last row.
    this.slotBytes = alignUp(frameBytes(ring.request) + ALIGN);
    this.totalBytes = this.payloadAt + ring.slots * this.slotBytes;
  }
}

/** Writes a slot's metadata from `floats[at]` on. */
export function storeMeta(floats: Float64Array, at: number, meta: FrameMeta, mapping: FrameMapping): void {
  const values: Readonly<Record<string, unknown>> = { ...meta };
  FIELDS.forEach(([name, texts], i) => {
    const value = values[name];
    floats[at + i] = typeof value === 'string' ? texts.indexOf(value) : typeof value === 'number' ? value : Number.NaN;
  });
  floats[at + SIZE_AT] = meta.size.w;
  floats[at + SIZE_AT + 1] = meta.size.h;
  storeBox(floats, at + VIEWPORT_AT, mapping.viewportPx);
  storeBox(floats, at + CONTENT_AT, mapping.contentPx);
}

export function loadMeta(floats: Float64Array, at: number): FrameMeta {
  const meta: Record<string, unknown> = { size: { w: floats[at + SIZE_AT], h: floats[at + SIZE_AT + 1] } };
  FIELDS.forEach(([name, texts], i) => {
    const value = floats[at + i] ?? Number.NaN;
    if (!Number.isNaN(value)) meta[name] = typeof texts === 'string' ? value : texts[value];
  });
  return meta as unknown as FrameMeta;
}

export function loadMapping(floats: Float64Array, at: number): FrameMapping {
  return { viewportPx: loadBox(floats, at + VIEWPORT_AT), contentPx: loadBox(floats, at + CONTENT_AT) };
}

function storeBox(floats: Float64Array, at: number, box: Box): void {
  floats.set([box.x, box.y, box.w, box.h], at);
}

function loadBox(floats: Float64Array, at: number): Box {
  const [x = 0, y = 0, w = 0, h = 0] = floats.subarray(at, at + 4);
  return { x, y, w, h };
}

function alignUp(bytes: number): number {
  return Math.ceil(bytes / ALIGN) * ALIGN;
}
