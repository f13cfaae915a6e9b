/**
 * Scales and converts decoded pictures straight into ring slots with libswscale: no picture is copied in between. One
 * converter a consumer; it keeps the scaling context and a Buffer over each plane of each slot.
 */
import {
  AV_LOG_FATAL,
  AV_PIX_FMT_BGR24,
  AV_PIX_FMT_GBRPF32LE,
  AV_PIX_FMT_GRAY8,
  AV_PIX_FMT_RGB24,
  type AVPixelFormat,
  SWS_AREA,
  SWS_BILINEAR,
} from 'node-av/constants';
import { FFmpegError, type Frame, Log, SoftwareScaleContext } from 'node-av/lib';
import type { FrameMapping, FrameRequest, PixelFormat, SharedSlot } from '../../runtime/node.ts';
import { fitFrame } from './fit.ts';
import { Sampler } from './sampler.ts';

/** swscale has no planar RGB floats in R, G, B order: it is given the planes in its own order, G, B, R. */
const PLANES: Partial<Record<PixelFormat, readonly number[]>> = { rgbf32: [1, 2, 0], bgrf32: [1, 0, 2] };
/** What its planes hold, as channels of RGB. */
const SWS_PLANES = [1, 2, 0];
const SWS_FORMAT: Record<PixelFormat, AVPixelFormat> = {
  rgb24: AV_PIX_FMT_RGB24,
  bgr24: AV_PIX_FMT_BGR24,
  gray8: AV_PIX_FMT_GRAY8,
  rgbf32: AV_PIX_FMT_GBRPF32LE,
  bgrf32: AV_PIX_FMT_GBRPF32LE,
};

/** swscale writes in blocks of pixels, so rows of the content spill a little into the padding at their right. */
const SPILL_PIXELS = 16;

interface Target {
  /** Source shape that this target was set up for; padding is drawn again when it changes. */
  mapping: FrameMapping;
  readonly planes: Buffer[];
  /** The whole slot, plane by plane, as samples. */
  readonly samples: (Uint8Array | Float32Array)[];
}

export class FrameConverter {
  readonly #request: FrameRequest;
  readonly #targets = new Map<number, Target>();
  #sws: SoftwareScaleContext | undefined;
  /** Scales in place of swscale. */
  #sampler: Sampler | undefined;
  #shape = '';
  #mapping: FrameMapping | undefined;
  #strides: number[] = [];

  constructor(request: FrameRequest) {
    this.#request = request;
  }

  /** Fills `slot` with the picture. Returns where what went. */
  convert(frame: Frame, slot: SharedSlot): FrameMapping {
    const mapping = this.#mappingFor(frame);
    const target = this.#targetFor(slot, mapping);
    const { data } = frame;
    if (!data || !this.#sws) throw new Error('the decoded frame has no picture data');
    const planes = this.#sampler ? [this.#sampler.picture] : target.planes;
    const rows = this.#sws.scaleSync(data, frame.linesize, 0, frame.height, planes, this.#strides);
    if (rows < 0) throw new Error(`the picture can't be converted: ${FFmpegError.strerror(rows)}`);
    if (this.#sampler) {
      this.#sampler.write(target.samples, PLANES[this.#request.format] && SWS_PLANES, this.#request.white ?? 1);
      return mapping;
    }
    wipeSpill(target.samples, this.#request, mapping);
    if (this.#request.white === 255) scaleToBytes(target.samples, this.#request.width, mapping);
    return mapping;
  }

  close(): void {
    this.#sws?.freeContext();
    this.#sws = undefined;
  }

  /** Sets up the scaling context again when the source changes its size or format, as live cameras may. */
  #mappingFor(frame: Frame): FrameMapping {
    const shape = `${frame.width}x${frame.height}:${frame.format}`;
    if (this.#mapping && shape === this.#shape) return this.#mapping;
    this.#shape = shape;
    const source = { w: frame.width, h: frame.height };
    this.#mapping = fitFrame(source, this.#request);
    const { contentPx } = this.#mapping;
    const { filter = 'bilinear', width, format: wanted } = this.#request;
    this.#sampler = filter.endsWith('-cv') ? new Sampler(source, contentPx, this.#request) : undefined;
    this.#sws?.freeContext();
    // It warns about conversions without vector code, to stderr.
    Log.setLevel(AV_LOG_FATAL);
    this.#sws = new SoftwareScaleContext();
    const format = frame.format as AVPixelFormat;
    const isPlanar = PLANES[wanted] !== undefined;
    // The sampler takes interleaved bytes.
    const to = this.#sampler && isPlanar ? AV_PIX_FMT_RGB24 : SWS_FORMAT[wanted];
    const { w, h } = this.#sampler ? source : contentPx;
    const flags = filter === 'area' ? SWS_AREA : SWS_BILINEAR;
    this.#sws.getContext(source.w, source.h, format, w, h, to, flags);
    const stride = this.#sampler?.stride ?? width * bytesPerSample(wanted);
    this.#strides = isPlanar && !this.#sampler ? [stride, stride, stride] : [stride];
    return this.#mapping;
  }

  #targetFor(slot: SharedSlot, mapping: FrameMapping): Target {
    const known = this.#targets.get(slot.key);
    if (known && !slot.fresh && known.mapping === mapping) return known;
    const target = this.#newTarget(slot, mapping);
    this.#targets.set(slot.key, target);
    return target;
  }

  #newTarget(slot: SharedSlot, mapping: FrameMapping): Target {
    const { width, height, format, pad = 0 } = this.#request;
    const sampleBytes = bytesPerSample(format);
    const planeBytes = width * height * sampleBytes;
    const offset = (mapping.contentPx.y * width + mapping.contentPx.x) * sampleBytes;
    const order = PLANES[format];
    if (!order) {
      const samples = new Uint8Array(slot.buffer, slot.byteOffset, slot.byteLength).fill(pad);
      const plane = Buffer.from(slot.buffer, slot.byteOffset + offset, slot.byteLength - offset);
      return { mapping, planes: [plane], samples: [samples] };
    }
    new Float32Array(slot.buffer, slot.byteOffset, slot.byteLength / 4).fill(pad);
    const at = (plane: number) => slot.byteOffset + plane * planeBytes;
    return {
      mapping,
      planes: order.map((plane) => Buffer.from(slot.buffer, at(plane) + offset, planeBytes - offset)),
      samples: order.map((plane) => new Float32Array(slot.buffer, at(plane), width * height)),
    };
  }
}

function bytesPerSample(format: PixelFormat): number {
  if (format === 'rgb24' || format === 'bgr24') return 3;
  return format === 'gray8' ? 1 : 4;
}

/** Draws the padding at the right of each row again. The last row never spills: it may end where the memory does. */
function wipeSpill(
  planes: readonly (Uint8Array | Float32Array)[],
  { width, format, pad = 0 }: FrameRequest,
  { contentPx: { x, y, w, h } }: FrameMapping,
): void {
  const perPixel = format === 'rgb24' || format === 'bgr24' ? 3 : 1;
  // Up to where the next row begins, and no further.
  const spill = Math.min(width - w, SPILL_PIXELS);
  if (spill === 0) return;
  for (const plane of planes) {
    for (let row = y; row < y + h - 1; row++) {
      const from = row * width + x + w;
      plane.fill(pad, from * perPixel, (from + spill) * perPixel);
    }
  }
}

/** swscale's floats have white at 1; models of the YOLOX family want it at 255. Only the content is touched. */
function scaleToBytes(
  planes: readonly (Uint8Array | Float32Array)[],
  width: number,
  { contentPx }: FrameMapping,
): void {
  for (const plane of planes) {
    for (let y = contentPx.y; y < contentPx.y + contentPx.h; y++) {
      const from = y * width + contentPx.x;
      const to = from + contentPx.w;
      for (let i = from; i < to; i++) plane[i] = (plane[i] ?? 0) * 255;
    }
  }
}
