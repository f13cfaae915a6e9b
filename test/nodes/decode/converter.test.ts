import { describe, expect, test } from 'bun:test';
import { AV_PIX_FMT_RGB24, AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { FFmpegError, Frame } from 'node-av/lib';
import { FrameConverter } from '../../../nodes/decode/converter.ts';
import {
  type Fit,
  type FrameMapping,
  type FrameRequest,
  frameBytes,
  type PixelFormat,
  SCALE_FILTERS,
  type ScaleFilter,
} from '../../../runtime/data.ts';
import type { SharedSlot } from '../../../runtime/node.ts';

type Rgb = readonly [number, number, number];
/** Far apart in every channel, and none of them the grey of its own luma. */
const COLOUR: Rgb = [200, 100, 40];
const OTHER: Rgb = [16, 220, 130];
const GUARD_BYTES = 4096;
const GUARD = 0xa5;

/** @param colourAt of the pixel at x, y */
function pictureOf(w: number, h: number, colourAt: Rgb | ((x: number, y: number) => Rgb) = COLOUR): Frame {
  // Not fromVideoBuffer: its frames point into the given buffer, which may be gone before they are.
  const frame = new Frame();
  frame.alloc();
  frame.width = w;
  frame.height = h;
  frame.format = AV_PIX_FMT_RGB24;
  FFmpegError.throwIfError(frame.getBuffer(), 'allocate the picture');
  const plane = frame.data?.[0];
  const stride = frame.linesize[0];
  if (!plane || stride === undefined) throw new Error('the picture has no plane');
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      plane.set(typeof colourAt === 'function' ? colourAt(x, y) : colourAt, y * stride + x * 3);
    }
  }
  return frame;
}

/** A slot in the middle of guarded memory. */
function guardedSlot(request: FrameRequest, fresh = true): SharedSlot {
  const byteLength = frameBytes(request);
  const buffer = new SharedArrayBuffer(GUARD_BYTES + byteLength + GUARD_BYTES);
  new Uint8Array(buffer).fill(GUARD);
  return { buffer, byteOffset: GUARD_BYTES, byteLength, key: 0, fresh };
}

function samples(request: FrameRequest, slot: SharedSlot): Uint8Array | Float32Array {
  if (!request.format.endsWith('f32')) return new Uint8Array(slot.buffer, slot.byteOffset, slot.byteLength);
  return new Float32Array(slot.buffer, slot.byteOffset, slot.byteLength / 4);
}

/** The samples of one pixel in the order of the format. */
function pixelAt(request: FrameRequest, data: Uint8Array | Float32Array, x: number, y: number): number[] {
  const { width, height, format } = request;
  const at = y * width + x;
  if (format === 'gray8') return [data[at] ?? Number.NaN];
  const planar = format.endsWith('f32');
  return [0, 1, 2].map((c) => data[planar ? c * width * height + at : at * 3 + c] ?? Number.NaN);
}

function expectedSamples({ format, white = 1 }: FrameRequest, [r, g, b]: Rgb): number[] {
  const scale = white === 255 ? 1 : 1 / 255;
  switch (format) {
    case 'rgb24':
      return [r, g, b];
    case 'bgr24':
      return [b, g, r];
    case 'gray8':
      // Luma of BT.601 in video range, as FFmpeg makes grey of RGB; see the tolerance below.
      return [0.299 * r + 0.587 * g + 0.114 * b];
    case 'rgbf32':
      return [r * scale, g * scale, b * scale];
    case 'bgrf32':
      return [b * scale, g * scale, r * scale];
  }
}

/** Every pixel: the colour inside the content, the padding outside of it. Returns what is wrong, first few only. */
function wrongPixels(request: FrameRequest, slot: SharedSlot, { contentPx }: FrameMapping, colour: Rgb): string[] {
  const data = samples(request, slot);
  const inside = expectedSamples(request, colour);
  const outside = inside.map(() => Math.fround(request.pad ?? 0));
  const full = request.format.endsWith('f32') && request.white !== 255 ? 1 : 255;
  const wrong: string[] = [];
  for (let y = 0; y < request.height && wrong.length < 5; y++) {
    for (let x = 0; x < request.width; x++) {
      const isInside =
        x >= contentPx.x && x < contentPx.x + contentPx.w && y >= contentPx.y && y < contentPx.y + contentPx.h;
      const expected = isInside ? inside : outside;
      // Conversions round, a few steps of 255; the padding is exact.
      const tolerance = isInside ? (full * 3) / 255 : 0;
      const got = pixelAt(request, data, x, y);
      if (got.some((value, c) => !(Math.abs(value - (expected[c] ?? Number.NaN)) <= tolerance)))
        wrong.push(`${x},${y} ${isInside ? 'content' : 'padding'}: ${got} instead of ${expected}`);
    }
  }
  return wrong;
}

function touchedGuards(slot: SharedSlot): number {
  const all = new Uint8Array(slot.buffer);
  const end = slot.byteOffset + slot.byteLength;
  return (
    all.subarray(0, slot.byteOffset).filter((byte) => byte !== GUARD).length +
    all.subarray(end).filter((byte) => byte !== GUARD).length
  );
}

const FORMATS: { format: PixelFormat; white?: 1 | 255; pad: number }[] = [
  { format: 'rgb24', pad: 114 },
  { format: 'bgr24', pad: 114 },
  { format: 'gray8', pad: 114 },
  { format: 'rgbf32', white: 1, pad: 114 / 255 },
  { format: 'rgbf32', white: 255, pad: 114 },
  { format: 'bgrf32', white: 1, pad: 0.5 },
  { format: 'bgrf32', white: 255, pad: 114 },
];
const SHAPES: { shape: string; source: [number, number]; slot: [number, number] }[] = [
  { shape: 'landscape into a square', source: [128, 72], slot: [96, 96] },
  { shape: 'portrait into a square', source: [72, 128], slot: [96, 96] },
  { shape: 'portrait into landscape', source: [90, 160], slot: [160, 64] },
  { shape: 'odd sizes', source: [101, 57], slot: [83, 79] },
  { shape: 'a narrow one in a wide slot', source: [37, 211], slot: [203, 61] },
];
const FITS: Fit[] = ['letterbox', 'letterbox-topleft', 'stretch'];
const table = FORMATS.flatMap((format) => SHAPES.flatMap((shape) => FITS.map((fit) => ({ ...format, ...shape, fit }))));

const filtered = FORMATS.flatMap((format) => SCALE_FILTERS.map((filter) => ({ ...format, filter })));

test.each(filtered)('scaled by $filter into $format white $white', ({ format, white, pad, filter }) => {
  for (const { source, slot: size } of SHAPES) {
    const [width, height] = size;
    const request: FrameRequest = { width, height, format, fit: 'letterbox', pad, filter, ...(white ? { white } : {}) };
    const converter = new FrameConverter(request);
    const slot = guardedSlot(request);
    using picture = pictureOf(...source);
    const mapping = converter.convert(picture, slot);
    expect(wrongPixels(request, slot, mapping, COLOUR)).toEqual([]);
    expect(touchedGuards(slot)).toBe(0);
    converter.close();
  }
});

test('the filters take what they say of a picture of single lines', () => {
  const level = (filter: ScaleFilter) => {
    const request: FrameRequest = { width: 40, height: 30, format: 'rgb24', fit: 'stretch', filter };
    const converter = new FrameConverter(request);
    const slot = guardedSlot(request);
    // One line of five is white; the nearest samples are those of columns 0, 5, 10 and 2, 7, 12.
    using picture = pictureOf(200, 150, (x) => (x % 5 === 2 ? [255, 255, 255] : [0, 0, 0]));
    converter.convert(picture, slot);
    converter.close();
    return pixelAt(request, samples(request, slot), 20, 15)[0] ?? Number.NaN;
  };
  expect(level('nearest-cv')).toBe(0);
  expect(level('bilinear-cv')).toBe(255);
  expect(level('area')).toBeCloseTo(255 / 5, -1);
  expect(level('bilinear')).toBeLessThan(128);
  expect(level('bilinear')).toBeGreaterThan(0);
});

describe('every pixel of a slot', () => {
  test.each(table)(
    '$format white $white, $shape, $fit',
    ({ format, white, pad, source, slot: [width, height], fit }) => {
      const request: FrameRequest = { width, height, format, fit, pad, ...(white ? { white } : {}) };
      const converter = new FrameConverter(request);
      const slot = guardedSlot(request);
      using picture = pictureOf(...source);
      const mapping = converter.convert(picture, slot);
      expect(wrongPixels(request, slot, mapping, COLOUR)).toEqual([]);
      expect(touchedGuards(slot)).toBe(0);
      // A second frame into the same slot, no longer fresh: padding stays as it is.
      using next = pictureOf(...source, OTHER);
      converter.convert(next, { ...slot, fresh: false });
      expect(wrongPixels(request, slot, mapping, OTHER)).toEqual([]);
      expect(touchedGuards(slot)).toBe(0);
      converter.close();
    },
  );
});

test('padding is 0 where nothing else is asked for', () => {
  const request: FrameRequest = { width: 32, height: 32, format: 'rgb24', fit: 'letterbox' };
  const slot = guardedSlot(request);
  using picture = pictureOf(64, 16);
  const mapping = new FrameConverter(request).convert(picture, slot);
  expect(wrongPixels(request, slot, mapping, COLOUR)).toEqual([]);
});

test('a source that changes its shape gets its padding drawn anew in slots that were filled before', () => {
  const request: FrameRequest = { width: 64, height: 64, format: 'rgb24', fit: 'letterbox', pad: 9 };
  const converter = new FrameConverter(request);
  const slot = guardedSlot(request);
  using wide = pictureOf(128, 32);
  using tall = pictureOf(32, 128, OTHER);
  converter.convert(wide, slot);
  const mapping = converter.convert(tall, { ...slot, fresh: false });
  expect(mapping.viewportPx).toEqual({ x: 0, y: 0, w: 32, h: 128 });
  expect(wrongPixels(request, slot, mapping, OTHER)).toEqual([]);
});

test('what is at the left above stays at the left above', () => {
  const request: FrameRequest = { width: 40, height: 40, format: 'rgb24', fit: 'letterbox' };
  // The upper left quarter is white.
  using picture = pictureOf(80, 40, (x, y) => (x < 40 && y < 20 ? [255, 255, 255] : [0, 0, 0]));
  const slot = guardedSlot(request);
  const { contentPx } = new FrameConverter(request).convert(picture, slot);
  const data = samples(request, slot);
  const at = (fx: number, fy: number) =>
    pixelAt(request, data, Math.floor(contentPx.x + fx * contentPx.w), Math.floor(contentPx.y + fy * contentPx.h))[0];
  expect([at(0.25, 0.25), at(0.75, 0.25), at(0.25, 0.75), at(0.75, 0.75)]).toEqual([255, 0, 0, 0]);
});

/** A video picture with colours all over. */
function videoPicture(): Frame {
  const frame = new Frame();
  frame.alloc();
  [frame.width, frame.height, frame.format] = [64, 48, AV_PIX_FMT_YUV420P];
  FFmpegError.throwIfError(frame.getBuffer(), 'allocate the picture');
  for (const plane of frame.data ?? []) for (let i = 0; i < plane.length; i++) plane[i] = 16 + ((i * 37) % 220);
  return frame;
}

describe.each(FORMATS)('what a stream states about its colours, $format white $white', ({ format, white }) => {
  const request: FrameRequest = { width: 32, height: 24, format, fit: 'stretch', ...(white ? { white } : {}) };
  const shown = (state: (frame: Frame) => void): Buffer => {
    const slot = guardedSlot(request);
    const converter = new FrameConverter(request);
    const frame = videoPicture();
    state(frame);
    converter.convert(frame, slot);
    converter.close();
    frame.free();
    return Buffer.from(Buffer.from(slot.buffer, slot.byteOffset, slot.byteLength));
  };
  const plain = shown(() => undefined);
  const values = Array.from({ length: 24 }, (_, value) => value);

  test('any matrix, known or not, gives a picture; none changes grey', () => {
    const pictures = values.map((value) => shown((frame) => Object.assign(frame, { colorSpace: value })));
    if (format === 'gray8') expect(pictures.filter((picture) => !picture.equals(plain))).toEqual([]);
    // BT.709 is 1, BT.601 is 6, BT.2020 is 9; 3 is reserved.
    else expect([1, 6, 9, 3].map((value) => pictures[value]?.equals(plain))).toEqual([false, true, false, true]);
  });

  test('primaries and transfer curves, also of HDR, change nothing', () => {
    const stated = values.flatMap((value) => [{ colorPrimaries: value }, { colorTrc: value }]);
    const isOther = stated.filter((fields) => !shown((frame) => Object.assign(frame, fields)).equals(plain));
    expect(isOther).toEqual([]);
  });
});
