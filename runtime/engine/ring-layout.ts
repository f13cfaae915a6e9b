/**
 * How a frame ring lies in its SharedArrayBuffer: where each part is, and how a slot's metadata is written and read. The
 * protocol over it is in ring.ts.
 *
 *     control words │ reader words │ slot words      │ slot metadata       │ payload
 *     LATEST …      │ READ_SEQ ×R  │ (PINS, SEQ) ×N  │ 15 float64 × N      │ N × slotBytes, 64-byte aligned
 */
import {
  CAPTURE_CLOCKS,
  type FrameMapping,
  type FrameMeta,
  type FrameRequest,
  frameBytes,
  type Pace,
} from '../data.ts';

/** Index of the first reader word; the control words are below. */
export const READERS_AT = 8;
export const WORDS_PER_SLOT = 2;
export const META_FLOATS = 16;
/** Control word: slot of the newest frame, -1 while there is none. */
export const LATEST = 0;
const ALIGN = 64;

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
    this.slotsAt = READERS_AT + ring.readers;
    this.metaAt = alignUp((this.slotsAt + ring.slots * WORDS_PER_SLOT) * 4);
    this.payloadAt = alignUp(this.metaAt + ring.slots * META_FLOATS * 8);
    // swscale may write a few bytes beyond the last row.
    this.slotBytes = alignUp(frameBytes(ring.request) + ALIGN);
    this.totalBytes = this.payloadAt + ring.slots * this.slotBytes;
  }
}

/** Writes a slot's metadata from `floats[at]` on. */
export function storeMeta(floats: Float64Array, at: number, meta: FrameMeta, mapping: FrameMapping): void {
  const { viewportPx: view, contentPx: content } = mapping;
  floats[at] = meta.index;
  floats[at + 1] = meta.mediaTimeS;
  floats[at + 2] = meta.captureUnixMs;
  floats[at + 3] = meta.captureMonoMs;
  floats[at + 4] = meta.decodedMonoMs;
  floats[at + 5] = meta.size.w;
  floats[at + 6] = meta.size.h;
  floats[at + 7] = view.x;
  floats[at + 8] = view.y;
  floats[at + 9] = view.w;
  floats[at + 10] = view.h;
  floats[at + 11] = content.x;
  floats[at + 12] = content.y;
  floats[at + 13] = content.w;
  floats[at + 14] = content.h;
  floats[at + 15] = meta.captureClock === undefined ? -1 : CAPTURE_CLOCKS.indexOf(meta.captureClock);
}

export function loadMeta(floats: Float64Array, at: number): FrameMeta {
  const value = (offset: number) => floats[at + offset] ?? 0;
  const captureClock = CAPTURE_CLOCKS[value(15)];
  return {
    index: value(0),
    mediaTimeS: value(1),
    captureUnixMs: value(2),
    captureMonoMs: value(3),
    decodedMonoMs: value(4),
    size: { w: value(5), h: value(6) },
    ...(captureClock === undefined ? {} : { captureClock }),
  };
}

export function loadMapping(floats: Float64Array, at: number): FrameMapping {
  const box = (offset: number) => ({
    x: floats[at + offset] ?? 0,
    y: floats[at + offset + 1] ?? 0,
    w: floats[at + offset + 2] ?? 0,
    h: floats[at + offset + 3] ?? 0,
  });
  return { viewportPx: box(7), contentPx: box(11) };
}

function alignUp(bytes: number): number {
  return Math.ceil(bytes / ALIGN) * ALIGN;
}
