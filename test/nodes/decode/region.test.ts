import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { FFmpegError, Frame } from 'node-av/lib';
import { FrameConverter } from '../../../nodes/decode/converter.ts';
import { regionOf } from '../../../nodes/decode/region.ts';
import { type FrameRequest, frameBytes } from '../../../runtime/data.ts';

const orientation = fc.record({ isTurned: fc.boolean(), flipsColumns: fc.boolean(), flipsRows: fc.boolean() });

test('a region lies in the picture, near the wanted one, and its size does not depend on its place', () => {
  const side = fc.integer({ min: 64, max: 4096 });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(side, side, share, share, share, share, orientation, (w, h, sx, sy, sw, sh, turned) => {
      const stored = { w, h };
      const shown = turned.isTurned ? { w: h, h: w } : stored;
      const wanted = { x: sx * (1 - sw), y: sy * (1 - sh), w: sw, h: sh };
      const region = regionOf(wanted, stored, shown, turned);
      if (region === null) return;
      const { storedPx: cut, viewportPx: view } = region;
      expect(cut.x >= 0 && cut.y >= 0 && cut.x + cut.w <= w && cut.y + cut.h <= h).toBe(true);
      expect([cut.x % 4, cut.y % 4]).toEqual([0, 0]);
      expect(view.w * view.h).toBeCloseTo(cut.w * cut.h, 3);
      // Half a step of the grid at each edge, and one where the picture's side is no multiple of it; or the least size.
      const tolerance = (wish: number) => (wish < 16 ? 20 : 8);
      expect(Math.abs(view.x - wanted.x * shown.w)).toBeLessThanOrEqual(tolerance(wanted.w * shown.w));
      expect(Math.abs(view.y - wanted.y * shown.h)).toBeLessThanOrEqual(tolerance(wanted.h * shown.h));
      const moved = regionOf({ ...wanted, x: 0, y: 0 }, stored, shown, turned);
      expect([moved?.storedPx.w, moved?.storedPx.h]).toEqual([cut.w, cut.h]);
    }),
  );
});

test('a part of the picture is converted as it is there, in the same slot as whole pictures before and after', () => {
  const request: FrameRequest = { width: 64, height: 48, format: 'gray8', fit: 'letterbox', pad: 7 };
  // As bright as its place across, and with a darker half below.
  const frame = greyPicture(256, 128, (x, y) => 16 + (y < 64 ? 100 : 0) + Math.floor(x / 4));
  const converter = new FrameConverter(request);
  const slot = { buffer: new SharedArrayBuffer(frameBytes(request)), byteOffset: 0, byteLength: 64 * 48, key: 0 };
  const data = new Uint8Array(slot.buffer);
  const part = () => {
    const mapping = converter.convert(frame, { ...slot, fresh: false }, { x: 0.5, y: 0.25, w: 0.25, h: 0.375 });
    expect(mapping).toEqual({ viewportPx: { x: 128, y: 32, w: 64, h: 48 }, contentPx: { x: 0, y: 0, w: 64, h: 48 } });
    // Native resolution: each sample is one of the picture. swscale makes full range of grey.
    const level = (value: number) => ((value - 16) * 255) / 219;
    for (const [x, y] of [
      [0, 0],
      [5, 31],
      [63, 32],
      [40, 47],
    ] as const) {
      const luma = 16 + (y + 32 < 64 ? 100 : 0) + Math.floor((x + 128) / 4);
      expect(Math.abs((data[y * 64 + x] ?? 0) - level(luma))).toBeLessThanOrEqual(1.5);
    }
  };
  const whole = () => {
    const { viewportPx, contentPx } = converter.convert(frame, { ...slot, fresh: false });
    expect([viewportPx, contentPx]).toEqual([
      { x: 0, y: 0, w: 256, h: 128 },
      { x: 0, y: 8, w: 64, h: 32 },
    ]);
    expect([data[0], data[7 * 64 + 63], data[40 * 64]]).toEqual([7, 7, 7]);
  };
  for (const step of [whole, part, whole, part, part]) step();
  converter.close();
});

test('many parts of many sizes, one after the other', () => {
  const request: FrameRequest = { width: 32, height: 32, format: 'rgbf32', fit: 'letterbox' };
  const frame = greyPicture(256, 128, (x) => 16 + Math.floor(x / 2));
  const converter = new FrameConverter(request);
  const byteLength = frameBytes(request);
  const slot = { buffer: new SharedArrayBuffer(byteLength), byteOffset: 0, byteLength, key: 0, fresh: false };
  for (let i = 0; i < 40; i++) {
    const w = 0.2 + (i % 10) * 0.05;
    const { viewportPx } = converter.convert(frame, slot, { x: (i % 7) * 0.05, y: 0, w, h: 0.5 });
    expect(Math.abs(viewportPx.w - w * 256)).toBeLessThanOrEqual(2);
    const middle = new Float32Array(slot.buffer)[16 * 32 + 16] ?? 0;
    const luma = (viewportPx.x + viewportPx.w / 2) / 2;
    expect(Math.abs(middle * 219 - luma)).toBeLessThanOrEqual(4);
  }
  converter.close();
});

function greyPicture(w: number, h: number, luma: (x: number, y: number) => number): Frame {
  const frame = new Frame();
  frame.alloc();
  [frame.width, frame.height, frame.format] = [w, h, AV_PIX_FMT_YUV420P];
  FFmpegError.throwIfError(frame.getBuffer(), 'allocate the picture');
  const [plane, u, v] = frame.data ?? [];
  const stride = frame.linesize[0] ?? 0;
  if (!plane || !u || !v) throw new Error('the picture has no planes');
  for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) plane[y * stride + x] = luma(x, y);
  u.fill(128);
  v.fill(128);
  return frame;
}
