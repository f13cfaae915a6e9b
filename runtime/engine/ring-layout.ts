/**
 * How a frame ring lies in its SharedArrayBuffer: where each part is, and how a slot's metadata is written and read.
 * The protocol over it is in ring.ts.
 *
 *     control words │ reader words       │ wanted │ slot words      │ slot metadata           │ payload
 *     LATEST …      │ (SEEN, SKIPPED) ×R │ ×P     │ (PINS, SEQ) ×N  │ metaFloats float64 × N  │ N × P pictures, 64-byte aligned
 *
 * P is the number of regions of the request, and `wanted` a 64-bit word for each; without regions P is 1 and there is no
 * such word.
 */
import { CAPTURE_CLOCKS } from '../clock.ts';
import { type Box, type FrameMapping, type FrameMeta, type FrameRequest, frameBytes, type Pace } from '../data.ts';
import { WindhoverError } from '../errors.ts';

/** Index of the first reader word; the control words are below. Even: a reader's two words are one 64-bit word. */
export const READERS_AT = 8;
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
/** Behind the fields, all in pixels: the size of the source and, for each picture, the two boxes of its mapping. */
const SIZE_AT = FIELDS.length;
const MAPPINGS_AT = SIZE_AT + 2;
const FLOATS_PER_MAPPING = 8;

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
  /** In 64-bit words. */
  readonly wantedAt: number;
  readonly slotsAt: number;
  readonly metaAt: number;
  readonly metaFloats: number;
  readonly payloadAt: number;
  readonly pictureBytes: number;
  readonly slotBytes: number;
  readonly totalBytes: number;

  constructor(ring: Omit<RingDescription, 'buffer'>) {
    const { regions = 0 } = ring.request;
    const pictures = Math.max(1, regions);
    this.wantedAt = READERS_AT / 2 + ring.readers;
    this.slotsAt = (this.wantedAt + regions) * 2;
    this.metaAt = alignUp((this.slotsAt + ring.slots * WORDS_PER_SLOT) * 4);
    this.metaFloats = MAPPINGS_AT + pictures * FLOATS_PER_MAPPING;
    this.payloadAt = alignUp(this.metaAt + ring.slots * this.metaFloats * 8);
    // swscale may write a few bytes beyond the last row.
    this.pictureBytes = alignUp(frameBytes(ring.request) + ALIGN);
    this.slotBytes = pictures * this.pictureBytes;
    this.totalBytes = this.payloadAt + ring.slots * this.slotBytes;
  }
}

/** Writes a slot's metadata. @param mappings of its pictures; those after them show nothing */
export function storeMeta(floats: Float64Array, meta: FrameMeta, mappings: readonly FrameMapping[]): void {
  const values: Readonly<Record<string, unknown>> = { ...meta };
  FIELDS.forEach(([name, texts], i) => {
    const value = values[name];
    floats[i] = typeof value === 'string' ? texts.indexOf(value) : typeof value === 'number' ? value : Number.NaN;
  });
  floats[SIZE_AT] = meta.size.w;
  floats[SIZE_AT + 1] = meta.size.h;
  floats.fill(0, MAPPINGS_AT);
  for (const [i, { viewportPx, contentPx }] of mappings.entries()) {
    storeBox(floats, MAPPINGS_AT + i * FLOATS_PER_MAPPING, viewportPx);
    storeBox(floats, MAPPINGS_AT + i * FLOATS_PER_MAPPING + 4, contentPx);
  }
}

export function loadMeta(floats: Float64Array): FrameMeta {
  const meta: Record<string, unknown> = { size: { w: floats[SIZE_AT], h: floats[SIZE_AT + 1] } };
  FIELDS.forEach(([name, texts], i) => {
    const value = floats[i] ?? Number.NaN;
    if (!Number.isNaN(value)) meta[name] = typeof texts === 'string' ? value : texts[value];
  });
  return meta as unknown as FrameMeta;
}

/** Of the pictures that the slot holds. */
export function loadMappings(floats: Float64Array): FrameMapping[] {
  const mappings: FrameMapping[] = [];
  for (let at = MAPPINGS_AT; at < floats.length && floats[at + 2] !== 0; at += FLOATS_PER_MAPPING) {
    mappings.push({ viewportPx: loadBox(floats, at), contentPx: loadBox(floats, at + 4) });
  }
  return mappings;
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
