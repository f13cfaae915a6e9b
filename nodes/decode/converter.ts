/**
 * Turns decoded pictures into what a consumer asked for, with libswscale: scaled, its colours by the matrix and range that
 * the stream states, upright, inside the padding of a ring slot. One converter a consumer.
 */
import {
  AV_LOG_FATAL,
  AV_PIX_FMT_BGR24,
  AV_PIX_FMT_GBRP,
  AV_PIX_FMT_GBRPF32LE,
  AV_PIX_FMT_GRAY8,
  AV_PIX_FMT_RGB24,
  AVCHROMA_LOC_CENTER,
  AVCOL_PRI_UNSPECIFIED,
  AVCOL_SPC_BT470BG,
  AVCOL_SPC_BT709,
  AVCOL_SPC_BT2020_NCL,
  AVCOL_SPC_FCC,
  AVCOL_SPC_SMPTE170M,
  AVCOL_SPC_SMPTE240M,
  AVCOL_SPC_UNSPECIFIED,
  AVCOL_TRC_UNSPECIFIED,
  type AVColorSpace,
  type AVPixelFormat,
} from 'node-av/constants';
import { FFmpegError, Frame, Log, SoftwareScaleContext } from 'node-av/lib';
import type { Box, FrameMapping, FrameRequest, PixelFormat, SharedSlot, Size } from '../../runtime/node.ts';
import { Cropper } from './cropper.ts';
import { fitFrame } from './fit.ts';
import { isSameOrientation, type Orientation, orientationOf, shownSize } from './orientation.ts';
import { type Placing, type Plane, place, type Samples } from './placing.ts';
import { regionOf } from './region.ts';
import { Sampler } from './sampler.ts';

/** swscale has no planar RGB floats in R, G, B order; its own is G, B, R. Which of its planes each of ours is. */
const PLANES: Partial<Record<PixelFormat, readonly number[]>> = { rgbf32: [2, 0, 1], bgrf32: [1, 0, 2] };
const SWS_FORMAT: Record<PixelFormat, AVPixelFormat> = {
  rgb24: AV_PIX_FMT_RGB24,
  bgr24: AV_PIX_FMT_BGR24,
  gray8: AV_PIX_FMT_GRAY8,
  rgbf32: AV_PIX_FMT_GBRPF32LE,
  bgrf32: AV_PIX_FMT_GBRPF32LE,
};

/** Those that swscale knows. */
const MATRICES: readonly AVColorSpace[] = [
  AVCOL_SPC_BT709,
  AVCOL_SPC_FCC,
  AVCOL_SPC_BT470BG,
  AVCOL_SPC_SMPTE170M,
  AVCOL_SPC_SMPTE240M,
  AVCOL_SPC_BT2020_NCL,
];

/** Shapes for which a converter is kept set up: the whole picture, and parts of some sizes. */
const MOST_SETUPS = 6;

/** What the set-up depends on. */
interface Shape {
  /** Size of what is converted, as stored and as shown. */
  readonly stored: Size;
  readonly shown: Size;
  readonly format: number;
  readonly orientation: Orientation;
}

/** What is set up for pictures of one shape. */
interface Setup {
  readonly shape: Shape;
  /** Of a picture without what lies around it. */
  readonly mapping: FrameMapping;
  readonly placing: Placing;
  readonly steps: readonly Step[];
  /** Planes of what the last step gives, in our order. */
  readonly planes: readonly Plane[];
  /** Scales in place of swscale. */
  readonly sampler: Sampler | undefined;
}

/** One conversion by swscale. */
interface Step {
  readonly sws: SoftwareScaleContext;
  readonly to: Frame;
}

export class FrameConverter {
  readonly #request: FrameRequest;
  /** Of each slot: its samples plane by plane, and for what its padding was drawn. */
  readonly #slots = new Map<number, { readonly content: Box; readonly planes: Samples[] }>();
  /** The one used last comes first. */
  readonly #setups: Setup[] = [];
  readonly #cropper = new Cropper();

  constructor(request: FrameRequest) {
    this.#request = request;
  }

  /**
   * Fills `slot` with the picture, or with the part of it that is asked for. Returns where what went.
   * @param regionNorm in [0, 1] of the shown picture; the part is the nearest one that the samples allow
   */
  convert(frame: Frame, slot: SharedSlot, regionNorm?: Box): FrameMapping {
    const orientation = orientationOf(frame);
    const shown = shownSize(frame, orientation);
    const region = regionNorm ? regionOf(regionNorm, { w: frame.width, h: frame.height }, shown, orientation) : null;
    if (region === null) return this.#fill(frame, slot, shown, orientation);
    const { w, h } = region.viewportPx;
    const mapping = this.#fill(this.#cropper.crop(frame, region.storedPx), slot, { w, h }, orientation);
    return { ...mapping, viewportPx: region.viewportPx };
  }

  #fill(frame: Frame, slot: SharedSlot, shown: Size, orientation: Orientation): FrameMapping {
    const setup = this.#setupFor(frame, shown, orientation);
    const { mapping, placing, steps, planes, sampler } = setup;
    const { colorSpace } = frame;
    keepMatrix(frame, this.#request.format);
    let from = frame;
    for (const { sws, to } of steps) {
      const code = sws.scaleFrameSync(to, from);
      if (code < 0) throw new Error(`the picture can't be converted: ${FFmpegError.strerror(code)}`);
      from = to;
    }
    frame.colorSpace = colorSpace;
    const slotPlanes = this.#planesOf(slot, mapping.contentPx);
    const [whole] = planes;
    const scaled = sampler && whole ? sampler.sample(whole) : planes;
    for (const [i, plane] of scaled.entries()) place(plane, slotPlanes[i] ?? new Uint8Array(), placing);
    return mapping;
  }

  close(): void {
    for (const setup of this.#setups.splice(0)) free(setup);
    this.#cropper.close();
  }

  /** Set up again when the source changes its size, format or orientation, as live cameras may. */
  #setupFor(frame: Frame, shown: Size, orientation: Orientation): Setup {
    const shape: Shape = { stored: { w: frame.width, h: frame.height }, shown, format: frame.format, orientation };
    const at = this.#setups.findIndex((setup) => isSameShape(setup.shape, shape));
    const [setup = this.#newSetup(frame, shape)] = at < 0 ? [] : this.#setups.splice(at, 1);
    this.#setups.unshift(setup);
    for (const unused of this.#setups.splice(MOST_SETUPS)) free(unused);
    return setup;
  }

  #newSetup(frame: Frame, shape: Shape): Setup {
    const { shown, orientation } = shape;
    const { width, format, filter = 'bilinear', white = 1 } = this.#request;
    const mapping = fitFrame(shown, this.#request);
    const { w, h } = mapping.contentPx;
    const stored = orientation.isTurned ? { w: h, h: w } : { w, h };
    const whole = shape.stored;
    const sampler = filter.endsWith('-cv') ? new Sampler(whole, stored, this.#request) : undefined;
    // swscale's floats have white at 1; models of the YOLOX family want it at 255.
    const scale = PLANES[format] && !sampler ? white : 1;
    const placing = { content: mapping.contentPx, slotWidth: width, orientation, scale };
    // A sampler takes the whole picture, for which swscale's quick way is good enough.
    const steps = sampler
      ? [newStep('bilinear', whole, PLANES[format] ? AV_PIX_FMT_RGB24 : SWS_FORMAT[format])]
      : scalingSteps(filter, stored, format);
    const scaled = steps.at(-1)?.to ?? frame;
    const planes = ((sampler ? undefined : PLANES[format]) ?? [0]).map((plane) => planeOf(scaled, plane, format));
    return { shape, mapping, placing, steps, planes, sampler };
  }

  #planesOf(slot: SharedSlot, content: Box): Samples[] {
    const known = this.#slots.get(slot.key);
    if (known && !slot.fresh && isSameBox(known.content, content)) return known.planes;
    const { width, height, format, pad = 0 } = this.#request;
    const { buffer, byteOffset, byteLength } = slot;
    const area = width * height;
    const planes: Samples[] = PLANES[format]
      ? [0, 1, 2].map((plane) => new Float32Array(buffer, byteOffset + plane * area * 4, area))
      : [new Uint8Array(buffer, byteOffset, byteLength)];
    if (content.w < width || content.h < height) for (const plane of planes) plane.fill(pad);
    this.#slots.set(slot.key, { content, planes });
    return planes;
  }
}

function isSameShape(a: Shape, b: Shape): boolean {
  return (
    a.stored.w === b.stored.w &&
    a.stored.h === b.stored.h &&
    a.format === b.format &&
    a.shown.w === b.shown.w &&
    a.shown.h === b.shown.h &&
    isSameOrientation(a.orientation, b.orientation)
  );
}

function isSameBox(a: Box, b: Box): boolean {
  return a.x === b.x && a.y === b.y && a.w === b.w && a.h === b.h;
}

function free({ steps }: Setup): void {
  for (const { sws, to } of steps) {
    sws.freeContext();
    to.free();
  }
}

/** Interpolates samples of colour also where the size stays as it is. */
const EXACT = '+full_chroma_int+full_chroma_inp+accurate_rnd';

/** Exact into planes of colours swscale is twice as quick as into interleaved ones, and these are made of them at once. */
function scalingSteps(filter: string, size: Size, format: PixelFormat): Step[] {
  const last = newStep(filter, size, SWS_FORMAT[format]);
  return format === 'rgb24' || format === 'bgr24'
    ? [newStep(`${filter}${EXACT}`, size, AV_PIX_FMT_GBRP), last]
    : [last];
}

/** It takes matrix and range of the colours from each frame. */
function newStep(flags: string, size: Size, format: AVPixelFormat): Step {
  // It warns about conversions without vector code, to stderr.
  Log.setLevel(AV_LOG_FATAL);
  const sws = new SoftwareScaleContext();
  sws.allocContext();
  sws.setOption('sws_flags', flags);
  return { sws, to: newFrame(size, format) };
}

function newFrame({ w, h }: Size, format: AVPixelFormat): Frame {
  const frame = new Frame();
  frame.alloc();
  [frame.width, frame.height, frame.format] = [w, h, format];
  FFmpegError.throwIfError(frame.getBuffer(), 'allocate a picture');
  return frame;
}

/**
 * What is left of a picture's colours is matrix and range. swscale would map primaries and transfer curves, too, at 50 ms a
 * picture of HDR; it refuses what it does not know; and the matrix says nothing about grey, but takes time. Samples of
 * colour lie in the middle of their pixels, whatever is stated: so do browsers and OpenCV have it, and models learned it.
 */
function keepMatrix(frame: Frame, format: PixelFormat): void {
  frame.colorPrimaries = AVCOL_PRI_UNSPECIFIED;
  frame.colorTrc = AVCOL_TRC_UNSPECIFIED;
  frame.chromaLocation = AVCHROMA_LOC_CENTER;
  if (format === 'gray8' || !MATRICES.includes(frame.colorSpace)) frame.colorSpace = AVCOL_SPC_UNSPECIFIED;
}

function planeOf(frame: Frame, number: number, format: PixelFormat): Plane {
  const bytes = frame.data?.[number];
  const strideBytes = frame.linesize[number] ?? 0;
  if (bytes === undefined) throw new Error('the picture has no data');
  if (frame.format !== AV_PIX_FMT_GBRPF32LE) {
    return { samples: bytes, stride: strideBytes, samplesPerPixel: format === 'gray8' ? 1 : 3 };
  }
  const samples = new Float32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / 4));
  return { samples, stride: strideBytes / 4, samplesPerPixel: 1 };
}
